using Luma.Neural.Blocks;
using Luma.Neural.Layers;

namespace Luma.Zoo.Models;

/// <summary>
/// Tan and Le, "EfficientNetV2: Smaller Models and Faster Training" (2021), table 4: an <see cref="EfficientNet"/> whose first stages are
/// made of <see cref="FusedMBConv"/>. M and L are as in the authors' code (google's automl, efficientnetv2).
/// </summary>
/// <remarks>
/// Input <c>(N, 3, H, W)</c>, output logits <c>(N, 1000)</c>. Norms have an epsilon of 0.001 and PyTorch's momentum of 0.1. The size of the
/// input, names, layout, dropout, stochastic depth and initialisation are torchvision's.
/// </remarks>
public abstract class EfficientNetV2 : EfficientNet
{
    private protected EfficientNetV2(
        string name, long stemChannels, EfficientNetStage[] stages, long numClasses, long inChannels, double dropout, double stochasticDepth)
        : base(
            name, stemChannels, stages, lastChannels: 1280, numClasses, inChannels, dropout, stochasticDepth,
            channels => new BatchNorm2D(channels, eps: 1e-3))
    {
    }

    internal static new ModelFamily Family { get; } = new("EfficientNetV2",
    [
        Entry("efficientnet_v2_s", 21_458_488, 384, (n, c) => new EfficientNetV2_S(n, c), "Tan and Le 2021: 40 blocks, the first 10 fused"),
        Entry("efficientnet_v2_m", 54_139_356, 480, (n, c) => new EfficientNetV2_M(n, c), "Tan and Le 2021: 57 blocks, the first 13 fused"),
        Entry("efficientnet_v2_l", 118_515_272, 480, (n, c) => new EfficientNetV2_L(n, c), "Tan and Le 2021: 79 blocks, the first 18 fused"),
    ]);
}

/// <summary>EfficientNetV2-S (Tan and Le 2021, table 4): 21,458,488 parameters. Input <c>(N, 3, 384, 384)</c>.</summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
/// <param name="dropout">The probability of dropout before the last layer.</param>
/// <param name="stochasticDepth">What the probability that a branch is left out in training grows to, from 0, with the depth.</param>
public sealed class EfficientNetV2_S(long numClasses = 1000, long inChannels = 3, double dropout = 0.2, double stochasticDepth = 0.2)
    : EfficientNetV2(nameof(EfficientNetV2_S), stemChannels: 24,
    [
        new(1, 3, 1, 24, 2, IsFused: true),
        new(4, 3, 2, 48, 4, IsFused: true),
        new(4, 3, 2, 64, 4, IsFused: true),
        new(4, 3, 2, 128, 6),
        new(6, 3, 1, 160, 9),
        new(6, 3, 2, 256, 15),
    ], numClasses, inChannels, dropout, stochasticDepth);

/// <summary>EfficientNetV2-M (Tan and Le 2021, the authors' code): 54,139,356 parameters. Input <c>(N, 3, 480, 480)</c>.</summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
/// <param name="dropout">The probability of dropout before the last layer.</param>
/// <param name="stochasticDepth">What the probability that a branch is left out in training grows to, from 0, with the depth.</param>
public sealed class EfficientNetV2_M(long numClasses = 1000, long inChannels = 3, double dropout = 0.3, double stochasticDepth = 0.2)
    : EfficientNetV2(nameof(EfficientNetV2_M), stemChannels: 24,
    [
        new(1, 3, 1, 24, 3, IsFused: true),
        new(4, 3, 2, 48, 5, IsFused: true),
        new(4, 3, 2, 80, 5, IsFused: true),
        new(4, 3, 2, 160, 7),
        new(6, 3, 1, 176, 14),
        new(6, 3, 2, 304, 18),
        new(6, 3, 1, 512, 5),
    ], numClasses, inChannels, dropout, stochasticDepth);

/// <summary>EfficientNetV2-L (Tan and Le 2021, the authors' code): 118,515,272 parameters. Input <c>(N, 3, 480, 480)</c>.</summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
/// <param name="dropout">The probability of dropout before the last layer.</param>
/// <param name="stochasticDepth">What the probability that a branch is left out in training grows to, from 0, with the depth.</param>
public sealed class EfficientNetV2_L(long numClasses = 1000, long inChannels = 3, double dropout = 0.4, double stochasticDepth = 0.2)
    : EfficientNetV2(nameof(EfficientNetV2_L), stemChannels: 32,
    [
        new(1, 3, 1, 32, 4, IsFused: true),
        new(4, 3, 2, 64, 7, IsFused: true),
        new(4, 3, 2, 96, 7, IsFused: true),
        new(4, 3, 2, 192, 10),
        new(6, 3, 1, 224, 19),
        new(6, 3, 2, 384, 25),
        new(6, 3, 1, 640, 7),
    ], numClasses, inChannels, dropout, stochasticDepth);
