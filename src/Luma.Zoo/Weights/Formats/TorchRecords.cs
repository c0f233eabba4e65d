using System.Globalization;

namespace Luma.Zoo.Weights.Formats;

/// <summary>
/// The records of a PyTorch archive in which tensors lie. Tensors that overlap in memory go into one record and stay shared.
/// </summary>
internal sealed class TorchRecords
{
    private readonly List<Record> records = [];
    private readonly Dictionary<TensorEntry, (int Key, long Offset, long Count)> places = [];

    /// <summary>Deals tensors out to records.</summary>
    /// <param name="weights">The tensors.</param>
    // Which record each tensor is in: one for all whose bytes overlap, found by going along the places of each type in each source.
    public TorchRecords(StateDict weights)
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
    }

    /// <summary>Writes the records, named by numbers.</summary>
    /// <param name="archive">The archive.</param>
    /// <param name="folder">The folder in it, with a slash behind.</param>
    /// <param name="output">The file that the archive is written to.</param>
    public void Write(ZipWriter archive, string folder, WeightOutput output)
    {
        output.Total += records.Sum(record => record.Bytes);
        for (var key = 0; key < records.Count; key++)
        {
            var record = records[key];
            archive.Add(
                string.Create(CultureInfo.InvariantCulture, $"{folder}{key}"), record.Bytes,
                checksum => output.WriteBytes(record.View, record.Offset, record.Bytes, checksum));
        }
    }

    /// <summary>Writes a tensor into a pickle, as one that lies in its record.</summary>
    /// <param name="pickle">The pickle.</param>
    /// <param name="entry">The tensor.</param>
    public void WriteTensor(PickleWriter pickle, TensorEntry entry)
    {
        var (key, offset, count) = places[entry];
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
