using System.Globalization;

namespace Luma.Zoo.Weights;

/// <summary>What loading a state dict into a module did, or would have done.</summary>
/// <param name="Loaded">The module's names whose values were taken.</param>
/// <param name="Missing">The module's names that the state dict lacks.</param>
/// <param name="Unexpected">The state dict's names that the module lacks.</param>
/// <param name="Mismatched">The tensors that do not fit.</param>
public sealed record LoadReport(
    IReadOnlyList<string> Loaded,
    IReadOnlyList<string> Missing,
    IReadOnlyList<string> Unexpected,
    IReadOnlyList<Mismatch> Mismatched)
{
    private const int MostNames = 5;

    /// <summary>The module's names that keep the values they have: those of a head for other classes than the state dict's.</summary>
    public IReadOnlyList<string> Fresh { get; init; } = [];

    /// <summary>What was taken of the file, and what was left.</summary>
    public WeightSelection Selection { get; init; } = WeightSelection.Whole;

    /// <summary>The number of classes that was taken from the weights, where none was asked for and it is not the network's own; null elsewhere.</summary>
    public long? ClassesOfWeights { get; init; }

    /// <summary>What is to be known about the network that no tensor tells, and that had to be guessed; sentences for people.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>The SHA-256 of the bytes that were read, where they were to be identified; null elsewhere.</summary>
    internal string? WeightsSha256 { get; init; }

    /// <summary>Whether nothing but first sizes differ, as those of heads for other classes do.</summary>
    internal bool IsForOtherClasses { get; init; }

    /// <summary>A tensor of complex numbers that the module has no place for; null where there is none.</summary>
    internal string? UnexpectedComplex { get; init; }

    /// <summary>The tensors of the file that are not read, with the reasons.</summary>
    internal IReadOnlyDictionary<string, string> Unread { get; init; } = new Dictionary<string, string>();

    /// <summary>Whether every name found its counterpart and every shape fits.</summary>
    public bool IsComplete => Missing.Count == 0 && Unexpected.Count == 0 && Mismatched.Count == 0;

    /// <summary>What is wrong, a line each, with the first few names and the likely cause; or how many tensors were loaded, and which are fresh.</summary>
    public override string ToString()
    {
        if (IsComplete) return $"{Loaded.Count} tensors loaded{(Fresh.Count > 0 ? $", {Fresh.Count} fresh: {string.Join(", ", Fresh)}" : "")}";

        List<string> lines = [];
        Add("missing", Missing);
        Add("unexpected", Unexpected);
        Add("mismatched", Mismatched);
        if (Cause() is { } cause) lines.Add(cause);
        return string.Join('\n', lines);

        void Add<T>(string what, IReadOnlyList<T> items)
        {
            if (items.Count == 0) return;
            var more = items.Count > MostNames ? $" and {items.Count - MostNames} more" : "";
            lines.Add(string.Create(CultureInfo.InvariantCulture, $"{items.Count} {what}: {string.Join(", ", items.Take(MostNames).Select(item => item is "" ? "''" : $"{item}"))}{more}"));
        }
    }

    // The likely cause, and what helps.
    private string? Cause()
    {
        if (Missing.FirstOrDefault(Unread.ContainsKey) is { } unread) return $"'{unread}' is in the file, but it is {Unread[unread]}";
        if (UnexpectedComplex is { } complex) return $"'{complex}' has complex numbers, which no network here takes";
        if (Loaded.Count == 0 && Mismatched.Count == 0)
            return "None of the names is the network's: the weights are another network's, or stand under a key that --key (in C#: Key) names";
        if (Selection.OtherKeys.Count > 0 && Missing.Count > 0)
            return $"The file has other weights too; --key (in C#: Key) takes them: {WeightSelection.List(Selection.OtherKeys)}";
        if (IsForOtherClasses)
            return "The weights are for another number of classes: leave the number away to take the file's, or ask for fresh heads to train them";
        return null;
    }
}

/// <summary>A tensor that does not fit the parameter or buffer of its name.</summary>
/// <param name="Name">The module's name for it.</param>
/// <param name="Expected">The module's type and shape.</param>
/// <param name="Actual">The state dict's type and shape.</param>
public sealed record Mismatch(string Name, string Expected, string Actual)
{
    /// <summary>The name and what was expected and what came.</summary>
    public override string ToString() => $"{Name}: expected {Expected}, got {Actual}";
}

/// <summary>A state dict and a module that do not belong together. The module is as it was.</summary>
/// <param name="source">Where the state dict came from.</param>
/// <param name="module">The module.</param>
/// <param name="report">What does not match.</param>
public sealed class WeightMismatchException(string source, string module, LoadReport report)
    : Exception($"{source} does not fit {module}.\n{report}")
{
    /// <summary>All that does not match. Nothing was loaded.</summary>
    public LoadReport Report { get; } = report;
}
