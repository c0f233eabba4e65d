using Luma.Neural.Layers;

namespace Luma.Neural.Blocks;

/// <summary>How all convolutions of a network are made: with batch normalisation or without, with biases or without.</summary>
/// <remarks>
/// The defaults are those of the Inception networks' authors (TensorFlow's <c>inception_arg_scope</c>): batch normalisation with an
/// epsilon of 0.001 and a decay of 0.9997, and no bias before it.
/// </remarks>
public sealed record ConvStyle
{
    /// <summary>Whether each convolution is followed by batch normalisation.</summary>
    public bool Norm { get; init; } = true;

    /// <summary>Whether each convolution adds a bias.</summary>
    public bool Bias { get; init; }

    /// <summary>What the normalisation adds to the variance before its root is taken.</summary>
    public double Eps { get; init; } = 1e-3;

    /// <summary>The share of a new batch in the running statistics: 1 less the decay.</summary>
    public double Momentum { get; init; } = 3e-4;

    /// <summary>Whether a convolution without activation, such as a residual block's last, is normalised and biased like the others.</summary>
    /// <remarks>By default it has a bias alone: the authors' <c>inception_resnet_v2.py</c> gives it <c>normalizer_fn=None</c>.</remarks>
    public bool NormLinear { get; init; }

    /// <summary>A convolution with its normalisation, if any, and ReLU.</summary>
    /// <param name="inChannels">The number of channels of the input.</param>
    /// <param name="outChannels">The number of channels of the output.</param>
    /// <param name="kernelSize">The size of the window.</param>
    /// <param name="stride">The step of the window.</param>
    /// <param name="padding">The padding; by default what keeps the size, which needs a stride of 1.</param>
    /// <returns>The block: <c>(N, C_in, H, W)</c> to <c>(N, C_out, H_out, W_out)</c>.</returns>
    public ConvBlock2D Conv(long inChannels, long outChannels, PerAxis kernelSize, long stride = 1, Pad? padding = null) => new(
        inChannels, outChannels, kernelSize, stride, padding ?? Pad.Same, bias: Bias, norm: Norm ? BatchNorm(outChannels) : null);

    /// <summary>A 1x1 convolution without activation.</summary>
    /// <param name="inChannels">The number of channels of the input.</param>
    /// <param name="outChannels">The number of channels of the output.</param>
    /// <returns>The convolution, and its normalisation, if any: <c>conv</c> and <c>bn</c>.</returns>
    public Sequence Linear(long inChannels, long outChannels)
    {
        var normed = Norm && NormLinear;
        var linear = new Sequence { { "conv", new Convolution2D(inChannels, outChannels, 1, bias: Bias || !normed) } };
        if (normed) linear.Add("bn", BatchNorm(outChannels));
        return linear;
    }

    /// <summary>The normalisation by itself.</summary>
    /// <param name="channels">The number of channels.</param>
    /// <returns>The layer.</returns>
    public BatchNorm2D BatchNorm(long channels) => new(channels, Eps, Momentum);
}
