namespace Luma.Zoo;

/// <summary>No network of the catalogue has this id.</summary>
public sealed class UnknownModelException : ArgumentException
{
    /// <summary>Makes one.</summary>
    /// <param name="id">The id that was asked for.</param>
    /// <param name="nearest">The ids that look most like it.</param>
    public UnknownModelException(string id, IReadOnlyList<string> nearest)
        : this(id, nearest, mayBeFolder: false)
    {
    }

    /// <summary>Makes one.</summary>
    /// <param name="id">The id that was asked for.</param>
    /// <param name="nearest">The ids that look most like it.</param>
    /// <param name="mayBeFolder">Whether a model folder might have been meant, and is not there.</param>
    internal UnknownModelException(string id, IReadOnlyList<string> nearest, bool mayBeFolder)
        : base(Describe(id, nearest, mayBeFolder)) => (Id, Nearest) = (id, nearest);

    /// <summary>The id that was asked for.</summary>
    public string Id { get; }

    /// <summary>The ids that look most like it, the nearest first.</summary>
    public IReadOnlyList<string> Nearest { get; }

    private static string Describe(string id, IReadOnlyList<string> nearest, bool mayBeFolder) => nearest.Count > 0
        ? $"There is no network '{id}'; did you mean {string.Join(", ", nearest)}?"
        : $"There is no network '{id}'{(mayBeFolder ? ", and no model folder of that name here" : "")}; 'luma list' shows all{(mayBeFolder ? " networks" : "")}.";
}
