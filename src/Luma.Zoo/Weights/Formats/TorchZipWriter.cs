using System.Globalization;

namespace Luma.Zoo.Weights.Formats;

/// <summary>
/// Writes PyTorch's zip format as <c>torch.save</c> does. Tensors that overlap in memory go into one record and stay shared.
/// </summary>
internal static class TorchZipWriter
{
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
        if (weights.Versions.Count > 0) WriteVersions(pickle, weights.Versions);
        return pickle.Finish();
    }

    // The dictionary's attribute _metadata, a dictionary for each module.
    private static void WriteVersions(PickleWriter pickle, IReadOnlyDictionary<string, long> versions)
    {
        pickle.Write(Opcode.EmptyDict);
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
        pickle.Write(Opcode.Build);
    }

    // Which record each tensor is in: one for all whose bytes overlap, found by going along the addresses of each type.
    private static (List<Record> Records, Dictionary<TensorEntry, (int Key, long Offset, long Count)> Places) Group(StateDict weights)
    {
        Dictionary<TensorEntry, Record> recordOf = [];
        var filled = weights.Entries.Where(entry => entry.Count > 0);
        foreach (var type in filled.GroupBy(entry => (entry.DType, entry.View.Storage.IsBigEndian)))
        {
            Record? current = null;
            foreach (var (entry, address) in type.Select(entry => (entry, Address(entry.View))).OrderBy(pair => pair.Item2))
            {
                var end = address + (entry.View.Reach * entry.View.Type.Size);
                if (current is null || address >= current.Address + current.Bytes
                    || (address - current.Address) % entry.View.Type.Size != 0)
                    current = new Record(entry.View, address);
                current.Bytes = Math.Max(current.Bytes, end - current.Address);
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
            var offset = entry.Count == 0 ? 0 : (Address(entry.View) - record.Address) / size;
            places.Add(entry, (record.Key, offset, record.Bytes / size));
        }
        return (records, places);
    }

    private static unsafe long Address(TensorView view)
    {
        using var bytes = view.Storage.Source.Pin(view.Locate(), 0);
        return (long)bytes.Start;
    }

    private sealed class Record(TensorView view, long address)
    {
        public TensorView View { get; } = view;

        public long Address { get; } = address;

        public long Offset => Bytes == 0 ? 0 : View.Locate();

        public long Bytes { get; set; }

        public int Key { get; set; } = -1;
    }
}
