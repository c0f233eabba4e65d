namespace Luma.Neural;

/// <summary>Shares embeddings out among the heads of an attention, and joins them again.</summary>
public static class AttentionHeads
{
    /// <summary>Shares queries, keys and values out among the heads.</summary>
    /// <param name="projected"><c>(..., T, 3 * E)</c>: the queries, the keys and the values, one behind the other.</param>
    /// <param name="heads">The number of heads, which divides E.</param>
    /// <returns>Queries, keys and values, each <c>(N, heads, T, E / heads)</c>, N being the product of the leading dimensions.</returns>
    public static (Tensor Query, Tensor Key, Tensor Value) Split(Tensor projected, long heads)
    {
        var shape = projected.shape;
        var split = Ops.Permute(Ops.Reshape(projected, -1, shape[^2], 3, heads, shape[^1] / 3 / heads), 2, 0, 3, 1, 4);
        return (Ops.Select(split, 0, 0), Ops.Select(split, 0, 1), Ops.Select(split, 0, 2));
    }

    /// <summary>Joins what the heads give.</summary>
    /// <param name="heads"><c>(N, heads, T, E / heads)</c></param>
    /// <returns><c>(N, T, E)</c></returns>
    public static Tensor Join(Tensor heads) =>
        Ops.Reshape(Ops.Permute(heads, 0, 2, 1, 3), heads.size(0), heads.size(2), heads.size(1) * heads.size(3));
}
