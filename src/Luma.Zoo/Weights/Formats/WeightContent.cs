namespace Luma.Zoo.Weights.Formats;

/// <summary>What a file says of a network.</summary>
/// <param name="Entries">Its tensors, in order.</param>
/// <param name="Versions">The versions of its modules by name; empty where the file has none.</param>
internal sealed record WeightContent(List<TensorEntry> Entries, IReadOnlyDictionary<string, long> Versions)
{
    /// <summary>What the file says beside its tensors.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    /// <summary>The tensors that are there but not read, with the reasons.</summary>
    public IReadOnlyDictionary<string, string> Unread { get; init; } = new Dictionary<string, string>();

    /// <summary>The bytes of the weights themselves, where they are a part of the file; null where they are the file.</summary>
    public ByteSource? Body { get; init; }

    /// <summary>What was taken of the file, and what was left.</summary>
    public WeightSelection Selection { get; init; } = WeightSelection.Whole;

    /// <summary>The same tensors in the same order under other names, or without those that get none; versions and metadata go along.</summary>
    /// <param name="rename">The new name for a name, or null. Modules' names are renamed as the beginnings of tensors' names.</param>
    /// <returns>The tensors; null where two would get the same name.</returns>
    public WeightContent? Rename(Func<string, string?> rename)
    {
        List<TensorEntry> renamed = [];
        HashSet<string> names = [];
        foreach (var entry in Entries)
        {
            if (rename(entry.Name) is not { } name) continue;
            if (!names.Add(name)) return null;
            renamed.Add(new TensorEntry(name, entry.View));
        }

        Dictionary<string, long> versions = [];
        foreach (var (module, version) in Versions)
        {
            if (rename($"{module}.") is { } name) versions[name.TrimEnd('.')] = version;
        }
        return this with { Entries = renamed, Versions = versions };
    }
}

/// <summary>A set of weights in a file: tensors by name.</summary>
/// <param name="Path">Where in the file it stands: keys with dots between them; empty for the file's own tensors.</param>
/// <param name="Read">Gives what it holds.</param>
internal sealed record WeightSet(string Path, Func<WeightContent> Read);
