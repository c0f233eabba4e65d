namespace Luma.Zoo.Weights.Formats;

/// <summary>A model folder in one file: a ZIP archive of <c>model.json</c> and <c>model.safetensors</c>, at its top or in one folder.</summary>
internal static class ModelArchive
{
    /// <summary>The names of the two entries, which are those of the files in a folder.</summary>
    public const string ManifestName = "model.json", WeightsName = "model.safetensors";

    private const long MostManifestBytes = 16 << 20;

    /// <summary>Reads the weights of a model's archive.</summary>
    /// <param name="source">The archive.</param>
    /// <param name="budget">Pays for what is made.</param>
    /// <returns>Its weights; null where it is another archive.</returns>
    /// <exception cref="WeightFileException">The archive or its weights are damaged.</exception>
    public static IReadOnlyList<WeightSet>? Read(ByteSource source, ReadBudget budget)
    {
        var archive = new ZipDirectory(source, new ReadBudget(source.Length));
        if (FolderIn(archive) is not { } folder) return null;

        // What an entry is unpacked to lives as long as the tensors that lie in it.
        var record = archive.Open(folder + WeightsName);
        var weights = record.Source.Part(record.Offset, record.Length);
        return [.. SafetensorsReader.Read(weights, budget).Select(set => set with { Read = () => set.Read() with { Body = weights } })];
    }

    /// <summary>Reads what a model's archive says of the model.</summary>
    /// <param name="source">The archive.</param>
    /// <returns>The text of its <c>model.json</c>; null where it is another archive, or none.</returns>
    /// <exception cref="WeightFileException">The archive is damaged.</exception>
    public static byte[]? ReadManifest(ByteSource source)
    {
        try
        {
            if (!IsArchive(source)) return null;
            var archive = new ZipDirectory(source, new ReadBudget(source.Length));
            if (FolderIn(archive) is not { } folder) return null;

            if (archive.SizeOf(folder + ManifestName) > MostManifestBytes)
                throw new WeightFileException(source.Name, $"its {ManifestName} is larger than {MostManifestBytes} bytes");
            using var record = archive.Open(folder + ManifestName);
            using var bytes = record.Source.Pin(record.Offset, record.Length);
            return bytes.Span.ToArray();
        }
        catch (MalformedDataException error)
        {
            throw new WeightFileException(source.Name, error.Message, null, error);
        }
    }

    private static bool IsArchive(ByteSource source)
    {
        if (source.Length < 4) return false;
        using var head = source.Pin(0, 4);
        return head.Span.SequenceEqual("PK\x03\x04"u8);
    }

    // The nearer the top, the better: "", then "name/".
    private static string? FolderIn(ZipDirectory archive) => archive.Names
        .Where(name => name == ManifestName || name.EndsWith($"/{ManifestName}", StringComparison.Ordinal))
        .Select(name => name[..^ManifestName.Length])
        .Where(folder => folder.Count(letter => letter == '/') <= 1 && archive.Names.Contains(folder + WeightsName))
        .Order(StringComparer.Ordinal)
        .FirstOrDefault();
}
