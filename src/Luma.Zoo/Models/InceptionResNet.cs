using Luma.Neural.Blocks;

namespace Luma.Zoo.Models;

/// <summary>
/// Inception with residual connections (Szegedy et al., "Inception-v4, Inception-ResNet and the Impact of Residual Connections on Learning"
/// (2016), figure 15): 5, 10 and 5 blocks of the three types, what they add scaled by 0.17, 0.10 and 0.20.
/// </summary>
/// <remarks>
/// Input <c>(N, C, H, W)</c>, 299x299 in the paper, of at least 75x75, output logits <c>(N, classes)</c>. The network that the authors
/// published as <c>inception_resnet_v2</c> is another: 10, 20 and 10 blocks, another stem and other widths.
/// </remarks>
public static class InceptionResNet
{
    internal static ModelFamily Family { get; } = new("Inception-ResNet", [InceptionResNet_V1.Variant, InceptionResNet_V2.Variant]);
}

/// <summary>Inception-ResNet-v1 (Szegedy et al. 2016, figures 10 to 15): 22,756,328 parameters. Input <c>(N, 3, 299, 299)</c>.</summary>
public sealed class InceptionResNet_V1 : InceptionNet
{
    /// <summary>Makes the network and draws its weights.</summary>
    /// <param name="numClasses">The number of classes.</param>
    /// <param name="inChannels">The number of channels of the input.</param>
    /// <param name="convBias">Whether each convolution has a bias, though batch normalisation follows.</param>
    /// <param name="dropout">The probability that a feature is dropped: 0.2 in figure 15 ("keep 0.8").</param>
    public InceptionResNet_V1(long numClasses = 1000, long inChannels = 3, bool convBias = false, double dropout = 0.2)
        : base(nameof(InceptionResNet_V1), PartsOf(new() { Bias = convBias }, inChannels), numClasses, dropout)
    {
    }

    private InceptionResNet_V1(Parts parts, long numClasses, double dropout) : base(nameof(InceptionResNet_V1), parts, numClasses, dropout)
    {
    }

    internal static ModelVariant Variant { get; } = new(
        "inceptionresnet_v1", 22_756_328, (3, 299, 299), o => o.Config == ModelConfig.Luma
            ? new InceptionResNet_V1(LumaPartsOf(LumaParts.Style, o.InChannels ?? 3), o.NumClasses ?? 1000, dropout: 0.4)
            : new InceptionResNet_V1(o.NumClasses ?? 1000, o.InChannels ?? 3))
    {
        Description = "Szegedy et al. 2016, figure 15: residual Inception at the cost of Inception-v3",
        HasLumaConfig = true,
    };

    private static Parts PartsOf(ConvStyle style, long inChannels) => new(
        new IncepResBlock.V1_Stem(inChannels, style),
        Repeat(5, () => new IncepResBlock.V1_TypeA(style: style)),
        new IncepBlock.V4_ReduxA(256, k: 192, l: 192, m: 256, n: 384, style),
        Repeat(10, () => new IncepResBlock.V1_TypeB(style: style)),
        new IncepResBlock.V1_Redux(style: style),
        Repeat(5, () => new IncepResBlock.V1_TypeC(style: style)),
        Features: 1792);

    private static Parts LumaPartsOf(ConvStyle style, long inChannels) => new(
        new IncepResBlock.V1_Stem(inChannels, style),
        Repeat(5, () => new IncepResBlock.V1_TypeA(style: style)),
        new IncepBlock.V4_ReduxA(256, k: 192, l: 192, m: 256, n: 384, style),
        Repeat(10, () => LumaParts.V1_TypeB(style)),
        new IncepResBlock.V1_Redux(style: style),
        Repeat(5, () => LumaParts.V1_TypeC(style)),
        Features: 1792);
}

/// <summary>Inception-ResNet-v2 (Szegedy et al. 2016, figures 3 and 15 to 19): 32,433,928 parameters. Input <c>(N, 3, 299, 299)</c>.</summary>
/// <remarks>
/// The reductions of table 1 and figure 18 give 1,152 and 2,144 channels; where figures 17 and 19 print 1,154 and 2,048, the sums would not
/// add up.
/// </remarks>
public sealed class InceptionResNet_V2 : InceptionNet
{
    /// <summary>Makes the network and draws its weights.</summary>
    /// <param name="numClasses">The number of classes.</param>
    /// <param name="inChannels">The number of channels of the input.</param>
    /// <param name="convBias">Whether each convolution has a bias, though batch normalisation follows.</param>
    /// <param name="dropout">The probability that a feature is dropped: 0.2 in figure 15 ("keep 0.8").</param>
    public InceptionResNet_V2(long numClasses = 1000, long inChannels = 3, bool convBias = false, double dropout = 0.2)
        : base(nameof(InceptionResNet_V2), PartsOf(new() { Bias = convBias }, inChannels), numClasses, dropout)
    {
    }

    private InceptionResNet_V2(Parts parts, long numClasses, double dropout) : base(nameof(InceptionResNet_V2), parts, numClasses, dropout)
    {
    }

    internal static ModelVariant Variant { get; } = new(
        "inceptionresnet_v2", 32_433_928, (3, 299, 299), o => o.Config == ModelConfig.Luma
            ? new InceptionResNet_V2(LumaPartsOf(LumaParts.Style, o.InChannels ?? 3), o.NumClasses ?? 1000, dropout: 0.4)
            : new InceptionResNet_V2(o.NumClasses ?? 1000, o.InChannels ?? 3))
    {
        Description = "Szegedy et al. 2016, figure 15: residual Inception at the cost of Inception-v4",
        HasLumaConfig = true,
    };

    private static Parts PartsOf(ConvStyle style, long inChannels) => new(
        new IncepBlock.V4_Stem(inChannels, style),
        Repeat(5, () => new IncepResBlock.V2_TypeA(style: style)),
        new IncepBlock.V4_ReduxA(384, k: 256, l: 256, m: 384, n: 384, style),
        Repeat(10, () => new IncepResBlock.V2_TypeB(1152, style: style)),
        new IncepResBlock.V2_Redux(1152, style),
        Repeat(5, () => new IncepResBlock.V2_TypeC(2144, style: style)),
        Features: 2144);

    private static Parts LumaPartsOf(ConvStyle style, long inChannels) => new(
        new IncepBlock.V4_Stem(inChannels, style, LumaParts.RowConvolution),
        Repeat(5, () => LumaParts.V2_TypeA(style)),
        LumaParts.Widened(new IncepBlock.V4_ReduxA(384, k: 256, l: 256, m: 384, n: 384, style), by: 128),
        Repeat(10, () => new IncepResBlock.V2_TypeB(1280, style: style)),
        new IncepResBlock.V2_Redux(1280, style),
        Repeat(5, () => LumaParts.V2_TypeC(style)),
        Features: 2272);
}
