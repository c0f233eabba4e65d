using Luma.Neural;
using Luma.Neural.Blocks;

namespace Luma.Zoo.Models;

/// <summary>Inception-v4 (Szegedy et al. 2016, figure 9): 42,679,816 parameters. Input <c>(N, 3, 299, 299)</c>.</summary>
/// <remarks>
/// Windows of 1x7 and 7x1, and of 1x3 and 3x1, follow one another as in the paper's figures; the authors' code has some the other way
/// round, which changes no figure.
/// </remarks>
public sealed class InceptionNet_V4 : InceptionNet
{
    /// <summary>Makes the network and draws its weights.</summary>
    /// <param name="numClasses">The number of classes.</param>
    /// <param name="inChannels">The number of channels of the input.</param>
    /// <param name="convBias">Whether each convolution has a bias, though batch normalisation follows.</param>
    /// <param name="dropout">The probability that a feature is dropped: 0.2 in figure 9 ("keep 0.8").</param>
    public InceptionNet_V4(long numClasses = 1000, long inChannels = 3, bool convBias = false, double dropout = 0.2)
        : this(new() { Bias = convBias }, last: null, numClasses, inChannels, dropout)
    {
    }

    private InceptionNet_V4(ConvStyle style, Func<ConvStyle, NeuralModule>? last, long numClasses, long inChannels, double dropout)
        : base(
            nameof(InceptionNet_V4),
            new(
                new IncepBlock.V4_Stem(inChannels, style, last),
                Repeat(4, () => new IncepBlock.V4_TypeA(style: style)),
                new IncepBlock.V4_ReduxA(style: style),
                Repeat(7, () => new IncepBlock.V4_TypeB(style: style)),
                new IncepBlock.V4_ReduxB(style: style),
                Repeat(3, () => new IncepBlock.V4_TypeC(style: style)),
                Features: 1536),
            numClasses, dropout)
    {
    }

    internal static ModelVariant Variant { get; } = new(
        "inceptionnet_v4", 42_679_816, (3, 299, 299), o => o.Config == ModelConfig.Luma
            ? new InceptionNet_V4(new() { Bias = true }, LumaParts.RowConvolution, o.NumClasses ?? 1000, o.InChannels ?? 3, dropout: 0.4)
            : new InceptionNet_V4(o.NumClasses ?? 1000, o.InChannels ?? 3))
    {
        Description = "Szegedy et al. 2016, figure 9: a deeper, more regular Inception",
        HasLumaConfig = true,
    };
}
