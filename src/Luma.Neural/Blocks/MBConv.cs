using Luma.Neural.Layers;

namespace Luma.Neural.Blocks;

/// <summary>
/// An inverted residual with a squeeze and excitation: a 1x1 convolution that widens, one of each channel by itself, the scaling of
/// the channels, and a 1x1 convolution that narrows, without an activation. Howard et al., "Searching for MobileNetV3" (2019),
/// figure 4; Tan and Le, "EfficientNet" (2019), section 4.
/// </summary>
/// <remarks>
/// Input <c>(N, C_in, H, W)</c>, output <c>(N, C_out, ceil(H / stride), ceil(W / stride))</c>. The input is added where the stride is 1
/// and the channels stay as many. The child's name is torchvision's: <c>block</c>, and <c>stochastic_depth</c> where there is one.
/// </remarks>
public sealed class MBConv : InvertedResidual
{
    /// <summary>Makes the block.</summary>
    /// <param name="inChannels">The number of channels of the input.</param>
    /// <param name="hiddenChannels">The number of channels between; where it is that of the input, nothing widens.</param>
    /// <param name="outChannels">The number of channels of the output.</param>
    /// <param name="kernelSize">The size of the depthwise convolution's window.</param>
    /// <param name="stride">The step of the depthwise convolution.</param>
    /// <param name="dilation">The distance between the elements of its window; more than 1 takes the place of the stride.</param>
    /// <param name="norm">Makes the norm for a number of channels; by default <see cref="BatchNorm2D"/>.</param>
    /// <param name="activation">Makes the activations; by default an in-place <see cref="ReLU"/>.</param>
    /// <param name="squeezeExcitation">Makes what scales a number of channels; by default nothing does.</param>
    /// <param name="stochasticDepth">The probability that the branch is left out in training; null for no such layer.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is below 1, or the probability does not lie between 0 and 1.</exception>
    public MBConv(
        long inChannels, long hiddenChannels, long outChannels, long kernelSize = 3, long stride = 1, long dilation = 1,
        Func<long, Layer>? norm = null, Func<Layer>? activation = null, Func<long, SqueezeExcitation>? squeezeExcitation = null,
        double? stochasticDepth = null)
        : base(
            nameof(MBConv), "block",
            Branch(
                inChannels, hiddenChannels, outChannels, kernelSize, stride, dilation, norm ?? (channels => new BatchNorm2D(channels)),
                activation ?? (() => new ReLU(inPlace: true)), squeezeExcitation),
            addsInput: stride == 1 && inChannels == outChannels, stochasticDepth) =>
        (InChannels, OutChannels) = (inChannels, outChannels);

    /// <summary>The number of channels of the input.</summary>
    public long InChannels { get; }

    /// <summary>The number of channels of the output.</summary>
    public long OutChannels { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{GetName()}({InChannels} -> {OutChannels})";

    private static Sequence Branch(
        long inChannels, long hiddenChannels, long outChannels, long kernelSize, long stride, long dilation, Func<long, Layer> norm,
        Func<Layer> activation, Func<long, SqueezeExcitation>? squeezeExcitation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(inChannels, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(hiddenChannels, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(outChannels, 1);

        var branch = new Sequence();
        if (hiddenChannels != inChannels)
            branch.Add(new ConvNormActivation(inChannels, hiddenChannels, 1, norm: norm(hiddenChannels), activation: activation()));

        branch.Add(new ConvNormActivation(
            hiddenChannels, hiddenChannels, kernelSize, dilation > 1 ? 1 : stride, dilation: dilation, groups: hiddenChannels,
            norm: norm(hiddenChannels), activation: activation()));
        if (squeezeExcitation is not null) branch.Add(squeezeExcitation(hiddenChannels));
        branch.Add(new ConvNormActivation(hiddenChannels, outChannels, 1, norm: norm(outChannels)));
        return branch;
    }
}
