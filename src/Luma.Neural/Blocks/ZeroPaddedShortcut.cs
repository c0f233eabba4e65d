namespace Luma.Neural.Blocks;

/// <summary>
/// A shortcut without parameters, option A of He et al. (2015), section 4.1: the input at every stride-th row and column, with channels
/// of zeros behind its own, or around them.
/// </summary>
/// <remarks>Input <c>(N, C_in, H, W)</c>, output <c>(N, C_out, ceil(H / stride), ceil(W / stride))</c>.</remarks>
public sealed class ZeroPaddedShortcut : Block
{
    /// <summary>Makes the shortcut.</summary>
    /// <param name="inChannels">The number of channels of the input.</param>
    /// <param name="outChannels">The number of channels of the output, no less than of the input.</param>
    /// <param name="stride">The step in both directions.</param>
    /// <param name="isAround">Whether half of the zeros, rounded down, go in front of the input's channels.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is below its least value.</exception>
    public ZeroPaddedShortcut(long inChannels, long outChannels, long stride, bool isAround = false) : base(nameof(ZeroPaddedShortcut))
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(inChannels, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(outChannels, inChannels);
        ArgumentOutOfRangeException.ThrowIfLessThan(stride, 1);
        (InChannels, OutChannels, Stride) = (inChannels, outChannels, stride);
        ZerosInFront = isAround ? (outChannels - inChannels) / 2 : 0;
    }

    /// <summary>The number of channels of the input.</summary>
    public long InChannels { get; }

    /// <summary>The number of channels of the output.</summary>
    public long OutChannels { get; }

    /// <summary>The step in both directions.</summary>
    public long Stride { get; }

    /// <summary>How many of the channels of zeros stand in front of the input's.</summary>
    public long ZerosInFront { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{GetName()}({InChannels} -> {OutChannels})";

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x)
    {
        x = Ops.Slice(x, dimension: 2, step: Stride);
        x = Ops.Slice(x, dimension: 3, step: Stride);
        return Ops.ZeroPad(x, dimension: 1, before: ZerosInFront, after: OutChannels - InChannels - ZerosInFront);
    }
}
