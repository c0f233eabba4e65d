namespace Luma.Zoo.Weights.Formats;

/// <summary>Finds the weights in what a pickle has made.</summary>
internal static class Checkpoint
{
    private const int MaxDepth = 3;

    private static readonly string[] Names = ["state_dict", "model_state_dict", "model", "net"];

    // PyTorch keeps two facts of a module at most; a dictionary of many is not searched for each of many names.
    private const int MaxModuleFacts = 8;

    /// <summary>The tensors of a checkpoint: its own, or those under one of the usual names. With them the modules' versions.</summary>
    /// <param name="root">What the pickle has made.</param>
    /// <param name="file">The file.</param>
    /// <exception cref="WeightFileException">There are no tensors by name.</exception>
    public static WeightContent Read(object? root, string file)
    {
        if (root is not PickledDict weights)
            throw new WeightFileException(file, $"the file holds {Describe(root)}, not a dictionary of tensors");

        for (var depth = 0; depth < MaxDepth && Nested(weights) is { } nested; depth++) weights = nested;

        List<string> order = [];
        Dictionary<string, TensorView> tensors = [];
        foreach (var (key, value) in weights.Pairs)
        {
            if (value is not TensorView view) continue;
            if (key is not string name) throw new WeightFileException(file, $"a tensor is kept under {Describe(key)}, not under a name");
            if (!tensors.ContainsKey(name)) order.Add(name);
            tensors[name] = view;
        }
        if (order.Count == 0 && weights.Pairs.Count > 0)
        {
            var keys = weights.Pairs.Take(10).Select(pair => pair.Key is string name ? $"'{Printable.Of(name)}'" : Describe(pair.Key));
            throw new WeightFileException(file, $"the file holds no tensors by name; it has {string.Join(", ", keys)}");
        }
        return new([.. order.Select(name => new TensorEntry(name, tensors[name]))], Versions(weights));
    }

    private static Dictionary<string, long> Versions(PickledDict weights)
    {
        Dictionary<string, long> versions = [];
        if ((weights.State as PickledDict)?.Find("_metadata") is not PickledDict modules) return versions;
        foreach (var (key, value) in modules.Pairs)
        {
            if (key is string name && value is PickledDict { Pairs.Count: <= MaxModuleFacts } facts && facts.Find("version") is long version)
                versions[name] = version;
        }
        return versions;
    }

    private static PickledDict? Nested(PickledDict dict) =>
        Names.Select(dict.Find).OfType<PickledDict>().FirstOrDefault(candidate => candidate.Pairs.Count > 0);

    private static string Describe(object? value) => value switch
    {
        null => "nothing",
        TensorView => "a bare tensor",
        PickledList => "a list",
        object?[] => "a tuple",
        string => "text",
        PickledThing thing => thing.Kind,
        PickledGlobal global => global.Name,
        PickledStorage => "a bare storage",
        PickledDict => "a dictionary",
        _ => "a number",
    };
}
