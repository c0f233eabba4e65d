using System.Globalization;
using System.Text;

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
    /// <summary>The module's names that keep the values they have: those of a head for other classes than the state dict's.</summary>
    public IReadOnlyList<string> Fresh { get; init; } = [];

    /// <summary>Whether every name found its counterpart and every shape fits.</summary>
    public bool IsComplete => Missing.Count == 0 && Unexpected.Count == 0 && Mismatched.Count == 0;

    /// <summary>What is wrong, a line each; or how many tensors were loaded, and which are fresh.</summary>
    public override string ToString()
    {
        if (IsComplete) return $"{Loaded.Count} tensors loaded{(Fresh.Count > 0 ? $", {Fresh.Count} fresh: {string.Join(", ", Fresh)}" : "")}";

        var text = new StringBuilder();
        Append("missing", Missing);
        Append("unexpected", Unexpected);
        Append("mismatched", Mismatched);
        return text.ToString();

        void Append<T>(string what, IReadOnlyList<T> items)
        {
            if (items.Count == 0) return;
            if (text.Length > 0) text.Append('\n');
            text.Append(CultureInfo.InvariantCulture, $"{items.Count} {what}: ").AppendJoin(", ", items);
        }
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
