using System.Text.RegularExpressions;

namespace Luma.Zoo.Weights.Formats;

/// <summary>Chooses the weights among the sets that a file has.</summary>
internal static partial class WeightSelector
{
    // In the order in which they count: timm's two first.
    private static readonly string[] Usual = ["state_dict", "model", "model_state_dict", "net"];

    // Of more sets than anybody keeps, those with the most tensors are tried.
    private const int MostTried = 64;

    private static readonly string[] UsualAverages = ["state_dict_ema", "model_ema"];

    /// <summary>Chooses.</summary>
    /// <param name="sets">The sets.</param>
    /// <param name="file">The file.</param>
    /// <param name="key">Which one the user wants, or null.</param>
    /// <param name="fits">Whether tensors fit the network that they are for; null where that is not known.</param>
    /// <returns>What was chosen, with what is to be said of it.</returns>
    /// <exception cref="WeightFileException">There is no such set, or it cannot be told which is meant.</exception>
    public static WeightContent Choose(IReadOnlyList<WeightSet> sets, string file, string? key, Func<WeightContent, bool>? fits)
    {
        if (key is not null) return Fitted(Named(sets, file, key), fits);

        var usual = Default(sets);
        if (usual is not null && (fits is null || sets.Count == 1)) return AmongOthers(Fitted(Content(usual), fits), sets);
        if (usual is not null && NamePrefixes.Fit(Content(usual), fits!) is { } content) return AmongOthers(content, sets);

        if (fits is not null)
        {
            var fitting = Largest(sets).Select(set => NamePrefixes.Fit(Content(set), fits)).OfType<WeightContent>().ToList();
            if (fitting.Count > 0 && fitting.TrueForAll(other => IsSame(other, fitting[0]))) return AmongOthers(fitting[0], sets);
            if (fitting.Count > 1) throw Ambiguous(file, fitting.Select(other => other.Selection.Key));
        }
        return usual is not null ? AmongOthers(Content(usual), sets) : throw Ambiguous(file, sets.Select(set => set.Path));
    }

    private static IEnumerable<WeightSet> Largest(IReadOnlyList<WeightSet> sets) =>
        sets.Count <= MostTried ? sets : sets.OrderByDescending(set => set.Read().Entries.Count).Take(MostTried);

    private static WeightContent Fitted(WeightContent content, Func<WeightContent, bool>? fits) =>
        fits is null ? content : NamePrefixes.Fit(content, fits) ?? content;

    private static WeightContent Content(WeightSet set) => NamePrefixes.Clean(set.Read() with { Selection = new() { Key = set.Path } });

    private static WeightContent AmongOthers(WeightContent content, IReadOnlyList<WeightSet> sets)
    {
        var others = sets.Where(set => set.Path != content.Selection.Key).Select(set => set.Path.Length == 0 ? "the file's own" : set.Path);
        return content with { Selection = content.Selection with { OtherKeys = [.. others] } };
    }

    private static WeightContent Named(IReadOnlyList<WeightSet> sets, string file, string key)
    {
        if (sets.FirstOrDefault(set => set.Path == key) is { } exact) return Content(exact);

        // The rest of the key is the beginning of the names.
        var outer = sets.Where(set => set.Path.Length == 0 || key.StartsWith($"{set.Path}.", StringComparison.Ordinal));
        foreach (var set in outer.OrderByDescending(set => set.Path.Length))
        {
            var prefix = $"{(set.Path.Length == 0 ? key : key[(set.Path.Length + 1)..])}.";
            // The names as they stand in the file, and as they are shown.
            foreach (var content in (WeightContent[])[set.Read() with { Selection = new() { Key = set.Path } }, Content(set)])
            {
                if (content.Entries.Exists(entry => entry.Name.StartsWith(prefix, StringComparison.Ordinal)))
                    return NamePrefixes.Clean(NamePrefixes.Under(content, prefix));
            }
        }
        var known = sets.Where(set => set.Path.Length > 0).Select(set => set.Path).ToList();
        throw new WeightFileException(
            file, $"there are no weights under '{Printable.Of(key)}'" + (known.Count > 0 ? $": the file has {WeightSelection.List(known)}" : ""));
    }

    private static WeightSet? Default(IReadOnlyList<WeightSet> sets)
    {
        if (sets.Count == 1) return sets[0];

        var averaged = sets.Where(set => IsAveraged(set.Path)).OrderBy(set => Array.IndexOf(UsualAverages, set.Path) switch { < 0 => 2, var place => place }).FirstOrDefault();
        // Some keep only their counters under such a key.
        if (averaged is not null && averaged.Read().Entries.Count * 2 > sets.Max(set => set.Read().Entries.Count)) return averaged;

        return Usual.Select(name =>
                sets.FirstOrDefault(set => set.Path == name) ?? sets.FirstOrDefault(set => set.Path.StartsWith($"{name}.", StringComparison.Ordinal)))
            .FirstOrDefault(set => set is not null)
            ?? sets.FirstOrDefault(set => set.Path.Length == 0);
    }

    private static bool IsAveraged(string path) => path.Split('.').Any(part => Average().IsMatch(part));

    private static bool IsSame(WeightContent a, WeightContent b) =>
        a.Entries.Count == b.Entries.Count
        && a.Entries.Zip(b.Entries).All(pair => pair.First.Name == pair.Second.Name && pair.First.View.IsSameAs(pair.Second.View));

    private static WeightFileException Ambiguous(string file, IEnumerable<string> keys) => new(
        file, $"the file has several sets of weights, {WeightSelection.List([.. keys.Select(key => key.Length == 0 ? "its own" : key)])}: say which with --key (in C#: Key)");

    // Averages of the weights over the steps of training; in self-distillation the teacher is one.
    [GeneratedRegex(@"(^|_)(ema|swa|averaged|avg)(_|$)|^teacher$", RegexOptions.IgnoreCase)]
    private static partial Regex Average();
}
