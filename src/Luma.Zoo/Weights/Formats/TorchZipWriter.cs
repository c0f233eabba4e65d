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
        var records = new TorchRecords(weights);
        var archive = new ZipWriter(output.Stream);
        archive.Add(Folder + "data.pkl", Pickle(weights, records).Span);
        archive.Add(Folder + "byteorder", "little"u8);
        records.Write(archive, Folder + "data/", output);
        archive.Add(Folder + "version", "3\n"u8);
        archive.Finish();
    }

    private static ReadOnlyMemory<byte> Pickle(StateDict weights, TorchRecords records)
    {
        var pickle = new PickleWriter();
        pickle.WriteOrderedDict();
        pickle.Write(Opcode.Mark);
        foreach (var entry in weights.Entries)
        {
            pickle.Write(entry.Name);
            records.WriteTensor(pickle, entry);
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
}
