namespace Luma.Zoo.Training.Data;

/// <summary>
/// The order of Python's <c>sorted</c>: by code points. .NET's ordinal order is by halves of them, which puts characters above U+FFFF before
/// some below.
/// </summary>
internal sealed class CodePointOrder : IComparer<string>
{
    /// <inheritdoc/>
    public int Compare(string? x, string? y)
    {
        if (x is null || y is null) return Comparer<object>.Default.Compare(x, y);
        var equal = x.AsSpan().CommonPrefixLength(y);
        if (equal == x.Length || equal == y.Length) return x.Length.CompareTo(y.Length);

        var (one, other) = (x[equal], y[equal]);
        return char.IsSurrogate(one) == char.IsSurrogate(other) ? one.CompareTo(other) : char.IsSurrogate(one) ? 1 : -1;
    }
}
