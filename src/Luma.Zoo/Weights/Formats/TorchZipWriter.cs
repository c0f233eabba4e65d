using System.Globalization;

namespace Luma.Zoo.Weights.Formats;

/// <summary>
/// Writes PyTorch's zip format as <c>torch.save</c> does. Tensors that overlap in memory go into one record and stay shared.
/// </summary>
internal static class TorchZipWriter
{
    /// <summary>The attribute of a state dict under which its metadata stand, beside PyTorch's own <c>_metadata</c>: Python keeps it.</summary>
    public const string MetadataAttribute = "_luma_metadata";

    private const string Folder = "archive/";

    public static void Write(StateDict weights, WeightOutput output)
    {
        var (records, places) = Group(weights);
        output.Total = records.Sum(record => record.Bytes);

        var archive = new ZipWriter(output.Stream);
        archive.Add(Folder + "data.pkl", Pickle(weights, places).Span);
        archive.Add(Folder + "byteorder", "little"u8);
        for (var key = 0; key < records.Count; key++)
        {
            var record = records[key];
            archive.Add(
                string.Create(CultureInfo.InvariantCulture, $"{Folder}data/{key}"), record.Bytes,
                checksum => output.WriteBytes(record.View, record.Offset, record.Bytes, checksum));
        }
        archive.Add(Folder + "version", "3\n"u8);
        archive.Finish();
    }

    private static ReadOnlyMemory<byte> Pickle(StateDict weights, Dictionary<TensorEntry, (int Key, long Offset, long Count)> places)
    {
        var pickle = new PickleWriter();
        pickle.WriteOrderedDict();
        pickle.Write(Opcode.Mark);
        foreach (var entry in weights.Entries)
        {
            var (key, offset, count) = places[entry];
            pickle.Write(entry.Name);
            pickle.WriteGlobal("torch._utils", "_rebuild_tensor_v2");
            pickle.Write(Opcode.Mark);

            pickle.Write(Opcode.Mark);
            pickle.Write("storage");
            pickle.WriteGlobal("torch", entry.View.Type.Storage);
            pickle.Write(key.ToString(CultureInfo.InvariantCulture));
            pickle.Write("cpu");
            pickle.Write(count);
            pickle.Write(Opcode.Tuple);
            pickle.Write(Opcode.BinPersId);

            pickle.Write(offset);
            pickle.Write(entry.Shape);
            pickle.Write(entry.View.Strides);
            pickle.Write(Opcode.NewFalse);
            pickle.WriteOrderedDict();
            pickle.Write(Opcode.Tuple);
            pickle.Write(Opcode.Reduce);
        }
        pickle.Write(Opcode.SetItems);
        if (weights.Versions.Count > 0 || weights.Metadata.Count > 0)
        {
            pickle.Write(Opcode.EmptyDict);
            if (weights.Versions.Count > 0) WriteVersions(pickle, weights.Versions);
            if (weights.Metadata.Count > 0) WriteMetadata(pickle, weights.Metadata);
            pickle.Write(Opcode.Build);
        }
        return pickle.Finish();
    }

    private static void WriteMetadata(PickleWriter pickle, IReadOnlyDictionary<string, string> metadata)
    {
        pickle.Write(MetadataAttribute);
        pickle.Write(Opcode.EmptyDict);
        pickle.Write(Opcode.Mark);
        foreach (var (key, value) in metadata)
        {
            pickle.Write(key);
            pickle.Write(value);
        }
        pickle.Write(Opcode.SetItems);
        pickle.Write(Opcode.SetItem);
    }

    // A dictionary for each module.
    private static void WriteVersions(PickleWriter pickle, IReadOnlyDictionary<string, long> versions)
    {
        pickle.Write("_metadata");
        pickle.WriteOrderedDict();
        pickle.Write(Opcode.Mark);
        foreach (var (module, version) in versions)
        {
            pickle.Write(module);
            pickle.Write(Opcode.EmptyDict);
            pickle.Write("version");
            pickle.Write(version);
            pickle.Write(Opcode.SetItem);
        }
        pickle.Write(Opcode.SetItems);
        pickle.Write(Opcode.SetItem);
    }

    // Which record each tensor is in: one for all whose bytes overlap, found by going along the places of each type in each source.
    private static (List<Record> Records, Dictionary<TensorEntry, (int Key, long Offset, long Count)> Places) Group(StateDict weights)
    {
        Dictionary<TensorEntry, Record> recordOf = [];
        var filled = weights.Entries.Where(entry => entry.Count > 0);
        foreach (var type in filled.GroupBy(entry => (entry.DType, entry.View.Storage.IsBigEndian, entry.View.Storage.Source.Place.Owner)))
        {
            Record? current = null;
            foreach (var (entry, place) in type.Select(entry => (entry, Place(entry.View))).OrderBy(pair => pair.Item2))
            {
                var end = place + (entry.View.Reach * entry.View.Type.Size);
                if (current is null || place >= current.Place + current.Bytes || (place - current.Place) % entry.View.Type.Size != 0)
                    current = new Record(entry.View, place);
                current.Bytes = Math.Max(current.Bytes, end - current.Place);
                recordOf.Add(entry, current);
            }
        }

        List<Record> records = [];
        Dictionary<TensorEntry, (int, long, long)> places = [];
        foreach (var entry in weights.Entries)
        {
            var record = recordOf.GetValueOrDefault(entry) ?? new Record(entry.View, 0);
            if (record.Key < 0)
            {
                record.Key = records.Count;
                records.Add(record);
            }
            var size = entry.View.Type.Size;
            var offset = entry.Count == 0 ? 0 : (Place(entry.View) - record.Place) / size;
            places.Add(entry, (record.Key, offset, record.Bytes / size));
        }
        return (records, places);
    }

    private static long Place(TensorView view) => view.Storage.Source.Place.Start + view.Locate();

    private sealed class Record(TensorView view, long place)
    {
        public TensorView View { get; } = view;

        public long Place { get; } = place;

        public long Offset => Bytes == 0 ? 0 : View.Locate();

        public long Bytes { get; set; }

        public int Key { get; set; } = -1;
    }
}
