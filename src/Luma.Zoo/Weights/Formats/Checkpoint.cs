namespace Luma.Zoo.Weights.Formats;

/// <summary>The sets of weights in what a pickle has made: every dictionary of tensors by name that is reached through names.</summary>
internal static class Checkpoint
{
    private const int MaxDepth = 4;

    // PyTorch keeps two facts of a module at most; a dictionary of many is not searched for each of many names.
    private const int MaxModuleFacts = 8;

    // What training leaves beside the weights has tensors too.
    private static readonly string[] NoWeights = ["optim", "lr_", "scheduler", "scaler", "rng", "amp", "callbacks", "loops"];

    /// <summary>Finds the sets of weights.</summary>
    /// <param name="root">What the pickle has made.</param>
    /// <param name="file">The file.</param>
    /// <param name="budget">Pays for the walk.</param>
    /// <returns>The sets, from the outermost on; one that is empty where the file is an empty dictionary.</returns>
    /// <exception cref="WeightFileException">There are no tensors by name.</exception>
    public static IReadOnlyList<WeightSet> Find(object? root, string file, ReadBudget budget)
    {
        if (root is not PickledDict outermost)
        {
            var hint = root is PickledThing ? ": its weights are inside of what is not read; save them with dict(model.state_dict())" : "";
            throw new WeightFileException(file, $"the file holds {Describe(root)}, not a dictionary of tensors{hint}");
        }

        List<WeightSet> found = [];
        HashSet<PickledDict> seen = [];
        Queue<(PickledDict Dict, string Path, int Depth)> open = new([(outermost, "", 0)]);
        while (open.TryDequeue(out var next))
        {
            if (!seen.Add(next.Dict)) continue;
            budget.Walk(1 + next.Dict.Pairs.Count);
            if (next.Dict.Pairs.Any(pair => pair is (string, TensorView or UnreadTensor)) || IsTensorsByOtherKeys(next.Dict, next.Depth))
                found.Add(new(next.Path, () => Read(next.Dict, file, budget)));
            if (next.Depth == MaxDepth) continue;
            foreach (var (key, value) in next.Dict.Pairs)
            {
                if (value is not PickledDict inner || key is not string name || inner.Pairs.Count == 0) continue;
                if (Array.Exists(NoWeights, start => name.StartsWith(start, StringComparison.OrdinalIgnoreCase))) continue;
                budget.Walk(next.Path.Length + name.Length);
                budget.Take(2L * (next.Path.Length + name.Length));
                open.Enqueue((inner, next.Path.Length == 0 ? name : $"{next.Path}.{name}", next.Depth + 1));
            }
        }

        if (found.Count > 0) return found;
        if (outermost.Pairs.Count == 0) return [new("", () => new([], new Dictionary<string, long>()))];

        var keys = outermost.Pairs.Take(10).Select(pair => pair.Key is string name ? $"'{Printable.Of(name)}'" : Describe(pair.Key));
        throw new WeightFileException(file, $"the file holds no tensors by name; it has {string.Join(", ", keys)}");
    }

    // Only the outermost: optimisers keep tensors under numbers.
    private static bool IsTensorsByOtherKeys(PickledDict dict, int depth) => depth == 0 && dict.Pairs.Any(pair => pair.Value is TensorView);

    private static WeightContent Read(PickledDict weights, string file, ReadBudget budget)
    {
        List<string> order = [];
        Dictionary<string, object> tensors = [];
        foreach (var (key, value) in weights.Pairs)
        {
            if (value is not (TensorView or UnreadTensor)) continue;
            if (key is not string name) throw new WeightFileException(file, $"a tensor is kept under {Describe(key)}, not under a name");
            budget.Walk(name.Length);
            if (!tensors.ContainsKey(name)) order.Add(name);
            tensors[name] = value;
        }

        var entries = order.Where(name => tensors[name] is TensorView).Select(name => new TensorEntry(name, (TensorView)tensors[name])).ToList();
        var unread = order.Where(name => tensors[name] is UnreadTensor).ToDictionary(name => name, name => ((UnreadTensor)tensors[name]).Reason);
        if (entries.Count == 0 && unread.Count > 0)
            throw new WeightFileException(file, $"'{Printable.Of(unread.Keys.First())}' is {unread.Values.First()}");
        return new(entries, Versions(weights, budget)) { Unread = unread, Metadata = Metadata(weights, budget) };
    }

    private static Dictionary<string, long> Versions(PickledDict weights, ReadBudget budget)
    {
        Dictionary<string, long> versions = [];
        if ((weights.State as PickledDict)?.Find("_metadata", budget) is not PickledDict modules) return versions;
        budget.Walk(modules.Pairs.Count);
        foreach (var (key, value) in modules.Pairs)
        {
            if (key is not string name || value is not PickledDict { Pairs.Count: <= MaxModuleFacts } facts) continue;
            budget.Walk(name.Length);
            if (facts.Find("version", budget) is long version) versions[name] = version;
        }
        return versions;
    }

    private static Dictionary<string, string> Metadata(PickledDict weights, ReadBudget budget)
    {
        Dictionary<string, string> metadata = [];
        if ((weights.State as PickledDict)?.Find(TorchZipWriter.MetadataAttribute, budget) is not PickledDict pairs) return metadata;
        budget.Walk(pairs.Pairs.Count);
        foreach (var (key, value) in pairs.Pairs)
        {
            if (key is not string name || value is not string text) continue;
            budget.Walk(name.Length);
            metadata[name] = text;
        }
        return metadata;
    }

    private static string Describe(object? value) => value switch
    {
        null => "nothing",
        TensorView or UnreadTensor => "a bare tensor",
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
