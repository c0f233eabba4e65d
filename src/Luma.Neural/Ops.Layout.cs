namespace Luma.Neural;

public abstract partial record Operation
{
    /// <summary>The elements moved along dimensions; what leaves at one end comes back at the other.</summary>
    /// <param name="Shifts">By how much, for each of the dimensions.</param>
    /// <param name="Dimensions">The dimensions.</param>
    public sealed record Roll(IReadOnlyList<long> Shifts, IReadOnlyList<long> Dimensions) : Operation;

    /// <summary>Slices of a tensor at places that another tensor names: inputs are the tensor and the places.</summary>
    /// <param name="Dimension">The dimension along which the slices lie.</param>
    public sealed record IndexSelect(long Dimension) : Operation;

    /// <summary>The vectors along a dimension, brought to length 1.</summary>
    /// <param name="Dimension">The dimension.</param>
    public sealed record Normalize(long Dimension) : Operation;

    /// <summary>The elements, none above a number.</summary>
    /// <param name="High">The number.</param>
    public sealed record AtMost(double High) : Operation;

    /// <summary>e to the power of each element.</summary>
    public sealed record Exp : Operation;

    /// <summary>What <see cref="Ops.ShiftMask"/> gives; the input lends its type and device only.</summary>
    /// <param name="Height">The height of the feature maps.</param>
    /// <param name="Width">Their width.</param>
    /// <param name="Window">The side of a window.</param>
    /// <param name="ShiftHeight">By how much the rows have been moved up.</param>
    /// <param name="ShiftWidth">By how much the columns have been moved to the left.</param>
    public sealed record ShiftMask(long Height, long Width, long Window, long ShiftHeight, long ShiftWidth) : Operation;
}

public static partial class Ops
{
    /// <summary>Moves the elements along dimensions; what leaves at one end comes back at the other.</summary>
    /// <param name="input">Any tensor.</param>
    /// <param name="shifts">By how much, for each of the dimensions; a negative number moves towards the start.</param>
    /// <param name="dimensions">The dimensions.</param>
    /// <returns>The moved elements.</returns>
    public static Tensor Roll(Tensor input, long[] shifts, long[] dimensions)
    {
        var output = input.roll(shifts, dimensions);
        Observation.Current?.Ran(new Operation.Roll(shifts, dimensions), [input], [output]);
        return output;
    }

    /// <summary>Takes the slices of a tensor at named places.</summary>
    /// <param name="input">Any tensor.</param>
    /// <param name="dimension">The dimension along which the slices lie.</param>
    /// <param name="index">The places: 64-bit integers of one dimension.</param>
    /// <returns>One slice for each place.</returns>
    public static Tensor IndexSelect(Tensor input, long dimension, Tensor index)
    {
        var output = input.index_select(dimension, index);
        Observation.Current?.Ran(new Operation.IndexSelect(dimension), [input, index], [output]);
        return output;
    }

    /// <summary>Divides the vectors along a dimension by their length, or by 1e-12 where they are shorter.</summary>
    /// <param name="input">Any tensor.</param>
    /// <param name="dimension">The dimension.</param>
    /// <returns>The vectors of length 1.</returns>
    public static Tensor Normalize(Tensor input, long dimension = -1)
    {
        var output = nn.functional.normalize(input, dim: dimension);
        Observation.Current?.Ran(new Operation.Normalize(dimension), [input], [output]);
        return output;
    }

    /// <summary>Lowers the elements above a number to it.</summary>
    /// <param name="input">Any tensor.</param>
    /// <param name="high">The number.</param>
    /// <returns>The elements.</returns>
    public static Tensor AtMost(Tensor input, double high)
    {
        using var scalar = high.ToScalar();
        var output = input.clamp_max(scalar);
        Observation.Current?.Ran(new Operation.AtMost(high), [input], [output]);
        return output;
    }

    /// <summary>Takes e to the power of each element.</summary>
    /// <param name="input">Any tensor.</param>
    /// <returns>The powers.</returns>
    public static Tensor Exp(Tensor input)
    {
        var output = input.exp();
        Observation.Current?.Ran(new Operation.Exp(), [input], [output]);
        return output;
    }

    /// <summary>
    /// The mask for attention in the windows of feature maps that have been rolled: -100 between two pixels that were no neighbours
    /// before, 0 elsewhere. Liu et al., "Swin Transformer: Hierarchical Vision Transformer using Shifted Windows" (2021),
    /// section 3.2 and figure 4.
    /// </summary>
    /// <param name="like">A tensor of the type and on the device that the mask is to have.</param>
    /// <param name="height">The height of the feature maps, a multiple of the window's.</param>
    /// <param name="width">Their width, a multiple of the window's.</param>
    /// <param name="window">The side of a window.</param>
    /// <param name="shiftHeight">By how much the rows have been moved up.</param>
    /// <param name="shiftWidth">By how much the columns have been moved to the left.</param>
    /// <returns><c>(windows, 1, window^2, window^2)</c></returns>
    public static Tensor ShiftMask(Tensor like, long height, long width, long window, long shiftHeight, long shiftWidth)
    {
        using var scope = NewDisposeScope();
        // Each pixel's region: those of one region were neighbours, or as near as the window is wide.
        var regions = Regions(height, shiftHeight).mul(3).unsqueeze(1).add(Regions(width, shiftWidth));
        regions = regions.view(height / window, window, width / window, window).permute(0, 2, 1, 3).reshape(-1, 1, window * window);
        var mask = regions.unsqueeze(2).ne(regions.unsqueeze(3)).to(like.dtype).mul(-100).MoveToOuterDisposeScope();
        Observation.Current?.Ran(new Operation.ShiftMask(height, width, window, shiftHeight, shiftWidth), [like], [mask]);
        return mask;

        // 0 in all windows but the last, there 1, and 2 where the start has come round to the end.
        Tensor Regions(long size, long shift)
        {
            var places = arange(size, device: like.device);
            return places.ge(size - window).to(int64).add(places.ge(size - shift));
        }
    }
}
