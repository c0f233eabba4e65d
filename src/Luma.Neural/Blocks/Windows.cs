namespace Luma.Neural.Blocks;

/// <summary>Cuts feature maps into square groups of pixels for attention within each, and puts them together again.</summary>
public static class Windows
{
    /// <summary>Cuts feature maps into windows of neighbours.</summary>
    /// <param name="input"><c>(N, H, W, C)</c>, H and W multiples of <paramref name="size"/>.</param>
    /// <param name="size">The side of a window.</param>
    /// <returns><c>(N, windows, size^2, C)</c></returns>
    public static Tensor Partition(Tensor input, long size)
    {
        // (N, rows, size, columns, size, C) to (N, rows, columns, size, size, C)
        var x = Ops.Unflatten(Ops.Unflatten(input, 2, -1, size), 1, -1, size);
        return Together(Ops.Permute(x, 0, 1, 3, 2, 4, 5));
    }

    /// <summary>Puts together what <see cref="Partition"/> has cut.</summary>
    /// <param name="windows"><c>(N, windows, size^2, C)</c></param>
    /// <param name="size">The side of a window.</param>
    /// <param name="height">The height of the feature maps.</param>
    /// <param name="width">Their width.</param>
    /// <returns><c>(N, height, width, C)</c></returns>
    public static Tensor Merge(Tensor windows, long size, long height, long width)
    {
        var x = Ops.Unflatten(Ops.Unflatten(windows, 2, size, size), 1, height / size, width / size);
        return Together(Ops.Permute(x, 0, 1, 3, 2, 4, 5));
    }

    /// <summary>
    /// Cuts feature maps into grids: pixels that lie H / size and W / size apart. Tu et al., "MaxViT: Multi-Axis Vision
    /// Transformer" (2022), section 3.2 and figure 3.
    /// </summary>
    /// <param name="input"><c>(N, H, W, C)</c>, H and W multiples of <paramref name="size"/>.</param>
    /// <param name="size">The side of a grid.</param>
    /// <returns><c>(N, grids, size^2, C)</c></returns>
    public static Tensor PartitionGrid(Tensor input, long size)
    {
        // (N, size, rows, size, columns, C) to (N, rows, columns, size, size, C)
        var x = Ops.Unflatten(Ops.Unflatten(input, 2, size, -1), 1, size, -1);
        return Together(Ops.Permute(x, 0, 2, 4, 1, 3, 5));
    }

    /// <summary>Puts together what <see cref="PartitionGrid"/> has cut.</summary>
    /// <param name="grids"><c>(N, grids, size^2, C)</c></param>
    /// <param name="size">The side of a grid.</param>
    /// <param name="height">The height of the feature maps.</param>
    /// <param name="width">Their width.</param>
    /// <returns><c>(N, height, width, C)</c></returns>
    public static Tensor MergeGrid(Tensor grids, long size, long height, long width)
    {
        var x = Ops.Unflatten(Ops.Unflatten(grids, 2, size, size), 1, height / size, width / size);
        return Together(Ops.Permute(x, 0, 3, 1, 4, 2, 5));
    }

    /// <summary>
    /// For each pair of a window's pixels, the row of a table of position biases: one row for every distance between two of them.
    /// </summary>
    /// <param name="size">The side of a window.</param>
    /// <returns><c>(size^2, size^2)</c> of 64-bit integers below (2 * size - 1)^2.</returns>
    public static Tensor RelativePositions(long size)
    {
        using var scope = NewDisposeScope();
        // The distance from one pixel to another on one axis, made positive.
        var places = ScalarArithmetic.Range(0, size);
        var distances = places.unsqueeze(1).sub(places).Plus(size - 1);
        var (rows, columns) = (distances.view(size, 1, size, 1), distances.view(1, size, 1, size));
        return rows.Times((2 * size) - 1).Plus(columns).reshape(size * size, size * size).MoveToOuterDisposeScope();
    }

    /// <summary>Reads what is added to the attention weights from a table.</summary>
    /// <param name="table">A row for each relative position and a column for each head: <c>((2 * size - 1)^2, heads)</c></param>
    /// <param name="positions">What <see cref="RelativePositions"/> gave, in any shape.</param>
    /// <param name="size">The side of a window.</param>
    /// <returns><c>(1, heads, size^2, size^2)</c></returns>
    public static Tensor PositionBias(Tensor table, Tensor positions, long size)
    {
        var bias = Ops.IndexSelect(Ops.Permute(table, 1, 0), 1, Ops.Flatten(positions, 0));
        return Ops.Reshape(bias, 1, table.size(1), size * size, size * size);
    }

    // (N, a, b, c, d, C) to (N, a * b, c * d, C)
    private static Tensor Together(Tensor x) => Ops.Flatten(Ops.Flatten(x, 3, 4), 1, 2);
}
