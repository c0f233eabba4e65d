namespace Luma.Zoo.Weights.Formats;

/// <summary>What wrappers, frameworks and training scripts put before the names of a network's tensors, and how it comes off again.</summary>
internal static class NamePrefixes
{
    private const int MostPrefixes = 64, DeepestPrefix = 3;

    // What torch.optim.swa_utils.AveragedModel counts.
    private const string AveragedCounter = "n_averaged";

    // Modules that only wrap another, and whose names nobody gives to one of their own: taken out wherever they are.
    private static readonly string[] Wrappers = ["_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module", "_forward_module"];

    // DataParallel and AveragedModel wrap the whole network, under a name that is taken out only from the front.
    private const string Parallel = "module";

    /// <summary>Takes off what PyTorch's own wrappers put before the names, where all have it.</summary>
    /// <param name="content">The tensors.</param>
    /// <returns>The tensors under a network's own names.</returns>
    public static WeightContent Clean(WeightContent content)
    {
        var cleaned = content;
        var isAveraged = cleaned.Entries.Count > 1
            && cleaned.Entries.All(entry => entry.Name == AveragedCounter || entry.Name.StartsWith($"{Parallel}.", StringComparison.Ordinal));
        if (isAveraged && cleaned.Entries.Exists(entry => entry.Name == AveragedCounter))
        {
            cleaned = LeaveOut(cleaned, name => name == AveragedCounter);
        }

        if (cleaned.Entries.Exists(entry => HasWrapper(entry.Name)) && cleaned.Rename(WithoutWrappers) is { } unwrapped)
        {
            var first = content.Entries.First(entry => HasWrapper(entry.Name)).Name;
            cleaned = unwrapped with { Selection = Dropped(unwrapped, $"{first.Split('.').First(Wrappers.Contains)}.") };
        }
        // All at once: a name may be nothing else.
        if (cleaned.Entries.Count > 0 && cleaned.Entries.Min(entry => Wrappings(entry.Name)) is > 0 and var wrappings)
            cleaned = Drop(cleaned, string.Concat(Enumerable.Repeat($"{Parallel}.", wrappings)));

        var unread = cleaned.Unread.Keys.ToList();
        return unread.Count == 0 ? cleaned : cleaned with { Selection = cleaned.Selection with { LeftOut = [.. cleaned.Selection.LeftOut, .. unread] } };
    }

    /// <summary>Takes off what has to come off for the rest to fit a network.</summary>
    /// <param name="content">The tensors.</param>
    /// <param name="fits">Whether tensors fit.</param>
    /// <returns>Tensors that fit: themselves, or those under the only prefix that does; null where nothing fits, or several do.</returns>
    public static WeightContent? Fit(WeightContent content, Func<WeightContent, bool> fits)
    {
        if (fits(content)) return content;

        var fitting = Prefixes(content).Select(prefix => Under(content, prefix)).Where(fits).Take(2).ToList();
        return fitting.Count == 1 ? fitting[0] : null;
    }

    /// <summary>The tensors whose names begin with a prefix, without it. The others are left out.</summary>
    /// <param name="content">The tensors.</param>
    /// <param name="prefix">The prefix, with its dot.</param>
    public static WeightContent Under(WeightContent content, string prefix) =>
        Drop(LeaveOut(content, name => !name.StartsWith(prefix, StringComparison.Ordinal)), prefix);

    private static WeightContent Drop(WeightContent content, string prefix)
    {
        // A module of the prefix's name is the network itself.
        var shorter = content.Rename(name => name.StartsWith(prefix, StringComparison.Ordinal) ? name[prefix.Length..] : null)!;
        return shorter with { Selection = Dropped(shorter, prefix) };
    }

    private static WeightContent LeaveOut(WeightContent content, Func<string, bool> isLeftOut)
    {
        var left = content.Entries.Where(entry => isLeftOut(entry.Name)).Select(entry => entry.Name).ToList();
        return left.Count == 0 ? content : content with
        {
            Entries = [.. content.Entries.Where(entry => !isLeftOut(entry.Name))],
            Selection = content.Selection with { LeftOut = [.. content.Selection.LeftOut, .. left] },
        };
    }

    private static WeightSelection Dropped(WeightContent content, string prefix) =>
        content.Selection with { DroppedPrefix = content.Selection.DroppedPrefix + prefix };

    // How often the whole network is wrapped.
    private static int Wrappings(ReadOnlySpan<char> name)
    {
        var count = 0;
        for (; name.StartsWith($"{Parallel}.", StringComparison.Ordinal); count++) name = name[(Parallel.Length + 1)..];
        return count;
    }

    private static bool HasWrapper(string name) => name.Contains("_mod", StringComparison.Ordinal) && name.Split('.').Any(Wrappers.Contains);

    private static string WithoutWrappers(string name) => HasWrapper(name) ? string.Join('.', name.Split('.').Where(part => !Wrappers.Contains(part))) : name;

    // The beginnings of names up to their first dots, those that most names have first.
    private static IEnumerable<string> Prefixes(WeightContent content)
    {
        Dictionary<string, int> counts = [];
        foreach (var entry in content.Entries)
        {
            var end = -1;
            for (var depth = 0; depth < DeepestPrefix && (end = entry.Name.IndexOf('.', end + 1)) >= 0; depth++)
            {
                var prefix = entry.Name[..(end + 1)];
                if (counts.Count < MostPrefixes || counts.ContainsKey(prefix)) counts[prefix] = counts.GetValueOrDefault(prefix) + 1;
            }
        }
        return counts.OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key.Length).Select(pair => pair.Key);
    }
}
