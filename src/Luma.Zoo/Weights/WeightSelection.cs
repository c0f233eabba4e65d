using Luma.Zoo.Weights.Formats;

namespace Luma.Zoo.Weights;

/// <summary>What was taken of a weight file, and what was left: a checkpoint holds more than weights, and often under longer names.</summary>
public sealed record WeightSelection
{
    private const int MostNames = 3;

    /// <summary>All there is, under the names that it has.</summary>
    public static WeightSelection Whole { get; } = new();

    /// <summary>The key under which the weights stand in the file, such as <c>model_ema</c>; empty where the file is the weights.</summary>
    public string Key { get; init; } = "";

    /// <summary>The keys of further sets of weights in the file, which were not taken.</summary>
    public IReadOnlyList<string> OtherKeys { get; init; } = [];

    /// <summary>What was dropped from the beginning of the names, such as <c>module.</c>; empty where nothing was.</summary>
    public string DroppedPrefix { get; init; } = "";

    /// <summary>The tensors that were left out: those beside the prefix, the counter of averaged weights, and those of types that libtorch lacks.</summary>
    public IReadOnlyList<string> LeftOut { get; init; } = [];

    /// <summary>Whether everything was taken as it is, so that there is nothing to say.</summary>
    public bool IsWhole => Key.Length == 0 && OtherKeys.Count == 0 && DroppedPrefix.Length == 0 && LeftOut.Count == 0;

    /// <summary>What was taken and what was left, in one line; empty where everything was taken as it is.</summary>
    public override string ToString()
    {
        List<string> parts = [];
        if (Key.Length > 0 || OtherKeys.Count > 0)
        {
            var others = OtherKeys.Count > 0 ? $" (--key takes another: {List(OtherKeys)})" : "";
            parts.Add($"took the weights under '{Printable.Of(Key)}'{others}");
        }
        if (DroppedPrefix.Length > 0) parts.Add($"dropped '{Printable.Of(DroppedPrefix)}' from the names");
        if (LeftOut.Count > 0) parts.Add($"left out {List(LeftOut)}");
        return string.Join("; ", parts);
    }

    internal static string List(IReadOnlyList<string> names) =>
        string.Join(", ", names.Take(MostNames).Select(Printable.Of)) + (names.Count > MostNames ? $" and {names.Count - MostNames} more" : "");
}
