using Luma.Neural.Layers;

namespace Luma.Neural.Blocks;

/// <summary>
/// A residual bottleneck whose 3x3 convolution works in groups: 1x1, 3x3, 1x1, each with batch normalisation, and the input (or its
/// projection, where the shape changes) added before the last activation. Xie et al., "Aggregated Residual Transformations for
/// Deep Neural Networks" (2017), figure 3c; with <c>bottleneckRatio</c> and squeeze-and-excitation it is the block of Radosavovic
/// et al., "Designing Network Design Spaces" (2020), section 3.1.
/// </summary>
/// <remarks>
/// <para>
/// Input <c>(N, C_in, H, W)</c>, output <c>(N, C_out, ceil(H / stride), ceil(W / stride))</c>. The children's names are
/// torchvision's: <c>proj</c>, <c>f</c> with <c>a</c>, <c>b</c>, <c>se</c> and <c>c</c>, and <c>activation</c>.
/// </para>
/// <para>
/// "Dive into Deep Learning" (section 8.6.5) calls the number of channels in each group <c>groups</c>; here it bears its own name.
/// </para>
/// </remarks>
public sealed class ResNeXtBlock : Block
{
    private readonly ConvNormActivation? projection;
    private readonly Sequence transform;
    private readonly ReLU activation;

    /// <summary>Makes the block.</summary>
    /// <param name="inChannels">The number of channels of the input.</param>
    /// <param name="outChannels">The number of channels of the output.</param>
    /// <param name="groupWidth">How many channels of the bottleneck make a group; it divides their number.</param>
    /// <param name="bottleneckRatio">The width of the bottleneck as a share of <paramref name="outChannels"/>.</param>
    /// <param name="stride">The step of the 3x3 convolution, and of the projection.</param>
    /// <param name="squeezeChannels">The narrow layer of squeeze-and-excitation after the 3x3 convolution; null for none.</param>
    /// <param name="convBias">Whether the convolutions add a bias before the norm.</param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// A number is below 1, or <paramref name="groupWidth"/> does not divide the bottleneck.
    /// </exception>
    public ResNeXtBlock(
        long inChannels, long outChannels, long groupWidth, double bottleneckRatio = 1, long stride = 1, long? squeezeChannels = null,
        bool convBias = false) : base(nameof(ResNeXtBlock))
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(groupWidth, 1);
        var width = (long)Math.Round(outChannels * bottleneckRatio);
        if (width % groupWidth != 0)
            throw new ArgumentOutOfRangeException(nameof(groupWidth), groupWidth, $"Must divide the {width} channels of the bottleneck.");

        if (inChannels != outChannels || stride != 1)
            projection = Register("proj", Convolve(inChannels, outChannels, 1, stride, groups: 1, activates: false));

        transform = new Sequence
        {
            { "a", Convolve(inChannels, width, 1, 1, groups: 1, activates: true) },
            { "b", Convolve(width, width, 3, stride, groups: width / groupWidth, activates: true) },
        };
        if (squeezeChannels is { } squeeze) transform.Add("se", new SqueezeExcitation(width, squeeze));
        transform.Add("c", Convolve(width, outChannels, 1, 1, groups: 1, activates: false));
        Register("f", transform);
        activation = Register("activation", new ReLU(inPlace: true));
        (InChannels, OutChannels, GroupWidth, BottleneckChannels, Stride) = (inChannels, outChannels, groupWidth, width, stride);

        ConvNormActivation Convolve(long from, long to, long kernelSize, long step, long groups, bool activates) => new(
            from, to, kernelSize, step, groups: groups, bias: convBias, norm: new BatchNorm2D(to),
            activation: activates ? new ReLU(inPlace: true) : null);
    }

    /// <summary>The number of channels of the input.</summary>
    public long InChannels { get; }

    /// <summary>The number of channels of the output.</summary>
    public long OutChannels { get; }

    /// <summary>How many channels of the bottleneck make a group.</summary>
    public long GroupWidth { get; }

    /// <summary>The number of channels between the 1x1 convolutions.</summary>
    public long BottleneckChannels { get; }

    /// <summary>The step of the 3x3 convolution, and of the projection.</summary>
    public long Stride { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{GetName()}({InChannels} -> {OutChannels})";

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x)
    {
        var shortcut = projection is null ? x : projection.call(x);
        return activation.call(Ops.Add(transform.call(x), shortcut, inPlace: true));
    }
}
