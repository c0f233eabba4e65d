using Luma.Neural.Layers;

namespace Luma.Neural.Blocks;

/// <summary>
/// A 3x3 convolution of each channel by itself, then a 1x1 convolution across the channels, each with batch normalisation and an
/// activation. Howard et al., "MobileNets" (2017), section 3.1 and figure 3.
/// </summary>
/// <remarks>
/// Input <c>(N, C_in, H, W)</c>, output <c>(N, C_out, ceil(H / stride), ceil(W / stride))</c>. The children's names are
/// <c>depthwise</c> and <c>pointwise</c>.
/// </remarks>
public sealed class DepthwiseSeparableBlock : Sequence
{
    /// <summary>Makes the block.</summary>
    /// <param name="inChannels">The number of channels of the input.</param>
    /// <param name="outChannels">The number of channels of the output.</param>
    /// <param name="stride">The step of the depthwise convolution.</param>
    /// <param name="norm">Makes the norm for a number of channels; by default <see cref="BatchNorm2D"/>.</param>
    /// <param name="activation">Makes the activations; by default an in-place <see cref="ReLU"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is below 1.</exception>
    public DepthwiseSeparableBlock(
        long inChannels, long outChannels, long stride = 1, Func<long, Layer>? norm = null, Func<Layer>? activation = null)
        : base(nameof(DepthwiseSeparableBlock))
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(inChannels, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(outChannels, 1);
        norm ??= channels => new BatchNorm2D(channels);
        activation ??= () => new ReLU(inPlace: true);
        Add("depthwise", new ConvNormActivation(
            inChannels, inChannels, 3, stride, groups: inChannels, norm: norm(inChannels), activation: activation()));
        Add("pointwise", new ConvNormActivation(
            inChannels, outChannels, 1, norm: norm(outChannels), activation: activation()));
        (InChannels, OutChannels) = (inChannels, outChannels);
    }

    /// <summary>The number of channels of the input.</summary>
    public long InChannels { get; }

    /// <summary>The number of channels of the output.</summary>
    public long OutChannels { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{GetName()}({InChannels} -> {OutChannels})";
}
