namespace Luma.Zoo;

/// <summary>No network of the catalogue has this id.</summary>
/// <param name="id">The id that was asked for.</param>
/// <param name="nearest">The ids that look most like it.</param>
public sealed class UnknownModelException(string id, IReadOnlyList<string> nearest) : ArgumentException(Describe(id, nearest))
{
    /// <summary>The id that was asked for.</summary>
    public string Id { get; } = id;

    /// <summary>The ids that look most like it, the nearest first.</summary>
    public IReadOnlyList<string> Nearest { get; } = nearest;

    private static string Describe(string id, IReadOnlyList<string> nearest) => nearest.Count == 0
        ? $"There is no network '{id}'; 'luma list' shows all."
        : $"There is no network '{id}'; did you mean {string.Join(", ", nearest)}?";
}
