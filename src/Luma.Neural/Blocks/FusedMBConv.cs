using Luma.Neural.Layers;

namespace Luma.Neural.Blocks;

/// <summary>
/// An inverted residual whose widening and depthwise convolutions are one ordinary convolution, faster where channels are few. Tan and
/// Le, "EfficientNetV2: Smaller Models and Faster Training" (2021), section 3.2 and figure 2, without squeeze and excitation.
/// </summary>
/// <remarks>
/// Input <c>(N, C_in, H, W)</c>, output <c>(N, C_out, ceil(H / stride), ceil(W / stride))</c>. The input is added where the stride is 1
/// and the channels stay as many. The children's names are torchvision's: <c>block</c> and <c>stochastic_depth</c>.
/// </remarks>
public sealed class FusedMBConv : InvertedResidual
{
    /// <summary>Makes the block.</summary>
    /// <param name="inChannels">The number of channels of the input.</param>
    /// <param name="hiddenChannels">
    /// The number of channels between; where it is that of the input, one convolution with an activation is all.
    /// </param>
    /// <param name="outChannels">The number of channels of the output.</param>
    /// <param name="kernelSize">The size of the first convolution's window.</param>
    /// <param name="stride">The step of the first convolution.</param>
    /// <param name="norm">Makes the norm for a number of channels; by default <see cref="BatchNorm2D"/>.</param>
    /// <param name="stochasticDepth">The probability that the branch is left out in training; null for no such layer.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is below 1, or the probability does not lie between 0 and 1.</exception>
    // SiLU and no other: it ends a branch of one convolution, whose output is added to, and needs only its input for the gradient.
    public FusedMBConv(
        long inChannels, long hiddenChannels, long outChannels, long kernelSize = 3, long stride = 1, Func<long, Layer>? norm = null,
        double? stochasticDepth = null)
        : base(
            nameof(FusedMBConv), "block",
            Branch(inChannels, hiddenChannels, outChannels, kernelSize, stride, norm ?? (channels => new BatchNorm2D(channels))),
            addsInput: stride == 1 && inChannels == outChannels, stochasticDepth) =>
        (InChannels, OutChannels) = (inChannels, outChannels);

    /// <summary>The number of channels of the input.</summary>
    public long InChannels { get; }

    /// <summary>The number of channels of the output.</summary>
    public long OutChannels { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{GetName()}({InChannels} -> {OutChannels})";

    private static Sequence Branch(
        long inChannels, long hiddenChannels, long outChannels, long kernelSize, long stride, Func<long, Layer> norm)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(inChannels, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(hiddenChannels, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(outChannels, 1);

        var widens = hiddenChannels != inChannels;
        var first = widens ? hiddenChannels : outChannels;
        var branch = new Sequence
        {
            new ConvNormActivation(inChannels, first, kernelSize, stride, norm: norm(first), activation: new SiLU(inPlace: true)),
        };
        if (widens) branch.Add(new ConvNormActivation(hiddenChannels, outChannels, 1, norm: norm(outChannels)));
        return branch;
    }
}
