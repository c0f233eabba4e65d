namespace Luma.Neural.Blocks;

/// <summary>Shares embeddings out among the heads of an attention, and joins them again.</summary>
public static class AttentionHeads
{
    /// <summary>Shares queries, keys and values out among the heads.</summary>
    /// <param name="projected"><c>(..., T, 3 * E)</c>: the queries, the keys and the values, one behind the other.</param>
    /// <param name="heads">The number of heads, which divides E.</param>
    /// <returns>Queries, keys and values, each <c>(..., heads, T, E / heads)</c>.</returns>
    public static (Tensor Query, Tensor Key, Tensor Value) Split(Tensor projected, long heads)
    {
        // (..., T, 3, heads, E / heads) to (3, ..., heads, T, E / heads)
        var shared = Ops.Unflatten(projected, -1, 3, heads, -1);
        var rank = (int)shared.Dimensions;
        var leading = Enumerable.Range(0, rank - 4).Select(dimension => (long)dimension);
        var split = Ops.Permute(shared, [rank - 3, .. leading, rank - 2, rank - 4, rank - 1]);
        return (Ops.Select(split, 0, 0), Ops.Select(split, 0, 1), Ops.Select(split, 0, 2));
    }

    /// <summary>Joins what the heads give.</summary>
    /// <param name="heads"><c>(..., heads, T, E / heads)</c></param>
    /// <returns><c>(..., T, E)</c></returns>
    public static Tensor Join(Tensor heads)
    {
        var rank = (int)heads.Dimensions;
        var leading = Enumerable.Range(0, rank - 3).Select(dimension => (long)dimension);
        return Ops.Flatten(Ops.Permute(heads, [.. leading, rank - 2, rank - 3, rank - 1]), -2, -1);
    }
}
