using Luma.Neural;
using Luma.Neural.Blocks;
using Luma.Neural.Layers;

namespace Luma.Zoo.Models;

/// <summary>
/// Tan and Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks" (2019): the network of table 1, made of
/// <see cref="MBConv"/>, scaled in width, depth and size of the input at once (section 3.3).
/// </summary>
/// <remarks>
/// <para>
/// Input <c>(N, 3, H, W)</c>, output logits <c>(N, 1000)</c>. Each variant's factors, dropout and size are its authors' (TensorFlow's tpu
/// models, efficientnet), but for B2, which torchvision's weights take at 288x288.
/// </para>
/// <para>
/// As torchvision has them: names, layout, a stochastic depth that grows from 0 towards 0.2, norms with an epsilon of 1e-5 and
/// a momentum of 0.1 (B5 to B7: 0.001 and 0.01, which are the authors'), convolutions drawn from a normal distribution by the number of
/// outputs (He et al. 2015, section 2.2) and the last layer uniformly within 1 / sqrt(classes).
/// </para>
/// </remarks>
public abstract partial class EfficientNet : Sequence
{
    /// <summary>Table 1, stages 2 to 8.</summary>
    private static readonly EfficientNetStage[] Baseline =
    [
        new(1, 3, 1, 16, 1), new(6, 3, 2, 24, 2), new(6, 5, 2, 40, 2), new(6, 3, 2, 80, 3),
        new(6, 5, 1, 112, 3), new(6, 5, 2, 192, 4), new(6, 3, 1, 320, 1),
    ];

    private protected EfficientNet(
        string name, double width, double depth, long numClasses, long inChannels, double dropout, double stochasticDepth,
        Func<long, Layer>? norm = null)
        : this(
            name, Channels.MakeDivisible(32 * width), [.. Baseline.Select(stage => stage.Scale(width, depth))], null, numClasses,
            inChannels, dropout, stochasticDepth, norm ?? (channels => new BatchNorm2D(channels)))
    {
    }

    private protected EfficientNet(
        string name, long stemChannels, EfficientNetStage[] stages, long? lastChannels, long numClasses, long inChannels, double dropout,
        double stochasticDepth, Func<long, Layer> norm) : base(name)
    {
        var channels = stemChannels;
        var features = new Sequence { Conv(inChannels, channels, 3, stride: 2) };
        var (place, total) = (0, stages.Sum(stage => stage.Depth));
        foreach (var stage in stages)
        {
            var blocks = new Sequence();
            for (var i = 0; i < stage.Depth; i++, place++)
            {
                blocks.Add(stage.Block(channels, isFirst: i == 0, stochasticDepth * place / total, norm));
                channels = stage.Channels;
            }
            features.Add(blocks);
        }
        var last = lastChannels ?? 4 * channels;
        features.Add(Conv(channels, last, 1));

        Add("features", features);
        Add("avgpool", new AdaptiveAvgPooling2D(1));
        Add("flatten", new Flatten());
        Add("classifier", new Sequence { new Dropout(dropout, inPlace: true), new Dense(last, numClasses) });
        WeightDrawing.Draw(this, WeightDrawing.KaimingByOutputs, dense =>
        {
            var bound = 1 / Math.Sqrt(numClasses);
            Initializers.Uniform(dense.Weight, -bound, bound);
        });

        ConvNormActivation Conv(long inChannels, long outChannels, long kernelSize, long stride = 1) =>
            new(inChannels, outChannels, kernelSize, stride, norm: norm(outChannels), activation: new SiLU(inPlace: true));
    }

    internal static ModelFamily Family { get; } = new("EfficientNet",
    [
        Entry("efficientnet_b0", 5_288_548, 224, (n, c) => new EfficientNet_B0(n, c), "Tan and Le 2019, table 1: the baseline"),
        Entry("efficientnet_b1", 7_794_184, 240, (n, c) => new EfficientNet_B1(n, c), "Tan and Le 2019: the baseline 1.1 times as deep"),
        Entry("efficientnet_b2", 9_109_994, 288, (n, c) => new EfficientNet_B2(n, c), "Tan and Le 2019: the baseline 1.2 times as deep and 1.1 times as wide"),
        Entry("efficientnet_b3", 12_233_232, 300, (n, c) => new EfficientNet_B3(n, c), "Tan and Le 2019: the baseline 1.4 times as deep and 1.2 times as wide"),
        Entry("efficientnet_b4", 19_341_616, 380, (n, c) => new EfficientNet_B4(n, c), "Tan and Le 2019: the baseline 1.8 times as deep and 1.4 times as wide"),
        Entry("efficientnet_b5", 30_389_784, 456, (n, c) => new EfficientNet_B5(n, c), "Tan and Le 2019: the baseline 2.2 times as deep and 1.6 times as wide"),
        Entry("efficientnet_b6", 43_040_704, 528, (n, c) => new EfficientNet_B6(n, c), "Tan and Le 2019: the baseline 2.6 times as deep and 1.8 times as wide"),
        Entry("efficientnet_b7", 66_347_960, 600, (n, c) => new EfficientNet_B7(n, c), "Tan and Le 2019: the baseline 3.1 times as deep and 2 times as wide"),
    ]);

    private protected static BatchNorm2D Papers(long channels) => new(channels, eps: 1e-3, momentum: 0.01);

    private protected static ModelVariant Entry(string id, long parameters, int size, Func<long, long, EfficientNet> build, string description) =>
        new(id, parameters, (3, size, size), o => build(o.NumClasses ?? 1000, o.InChannels ?? 3))
        {
            Description = description,
            AdaptWeights = (weights, network) => FromTimm(weights, (EfficientNet)network),
        };
}

/// <summary>A stage: blocks of one kind and width.</summary>
/// <param name="Expansion">How many times as wide the blocks are inside.</param>
/// <param name="KernelSize">The size of the windows.</param>
/// <param name="Stride">The first block's stride; the others' is 1.</param>
/// <param name="Channels">The number of channels of the output.</param>
/// <param name="Depth">The number of blocks.</param>
/// <param name="IsFused">Whether they are <see cref="FusedMBConv"/>.</param>
internal readonly record struct EfficientNetStage(long Expansion, long KernelSize, long Stride, long Channels, int Depth, bool IsFused = false)
{
    /// <summary>Section 3.3: more channels, rounded, and more blocks, rounded up.</summary>
    public EfficientNetStage Scale(double width, double depth) => this with
    {
        Channels = Neural.Blocks.Channels.MakeDivisible(Channels * width),
        Depth = (int)Math.Ceiling(Depth * depth),
    };

    /// <summary>Makes one of the stage's blocks.</summary>
    public InvertedResidual Block(long inChannels, bool isFirst, double stochasticDepth, Func<long, Layer> norm)
    {
        var (hidden, stride) = (inChannels * Expansion, isFirst ? Stride : 1);
        if (IsFused) return new FusedMBConv(inChannels, hidden, Channels, KernelSize, stride, norm, stochasticDepth);

        // The squeezed width is a quarter of the block's input, not of its inside.
        return new MBConv(
            inChannels, hidden, Channels, KernelSize, stride, norm: norm, activation: () => new SiLU(inPlace: true),
            squeezeExcitation: width => new SqueezeExcitation(width, Math.Max(1, inChannels / 4), new SiLU(inPlace: true)),
            stochasticDepth: stochasticDepth);
    }
}

/// <summary>EfficientNet-B0 (Tan and Le 2019): 5,288,548 parameters. Input <c>(N, 3, 224, 224)</c>.</summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
/// <param name="dropout">The probability of dropout before the last layer.</param>
/// <param name="stochasticDepth">What the probability that a branch is left out in training grows to, from 0, with the depth.</param>
public sealed class EfficientNet_B0(long numClasses = 1000, long inChannels = 3, double dropout = 0.2, double stochasticDepth = 0.2)
    : EfficientNet(nameof(EfficientNet_B0), width: 1, depth: 1, numClasses, inChannels, dropout, stochasticDepth);

/// <summary>EfficientNet-B1 (Tan and Le 2019): 7,794,184 parameters. Input <c>(N, 3, 240, 240)</c>.</summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
/// <param name="dropout">The probability of dropout before the last layer.</param>
/// <param name="stochasticDepth">What the probability that a branch is left out in training grows to, from 0, with the depth.</param>
public sealed class EfficientNet_B1(long numClasses = 1000, long inChannels = 3, double dropout = 0.2, double stochasticDepth = 0.2)
    : EfficientNet(nameof(EfficientNet_B1), width: 1, depth: 1.1, numClasses, inChannels, dropout, stochasticDepth);

/// <summary>EfficientNet-B2 (Tan and Le 2019): 9,109,994 parameters. Input <c>(N, 3, 288, 288)</c>.</summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
/// <param name="dropout">The probability of dropout before the last layer.</param>
/// <param name="stochasticDepth">What the probability that a branch is left out in training grows to, from 0, with the depth.</param>
public sealed class EfficientNet_B2(long numClasses = 1000, long inChannels = 3, double dropout = 0.3, double stochasticDepth = 0.2)
    : EfficientNet(nameof(EfficientNet_B2), width: 1.1, depth: 1.2, numClasses, inChannels, dropout, stochasticDepth);

/// <summary>EfficientNet-B3 (Tan and Le 2019): 12,233,232 parameters. Input <c>(N, 3, 300, 300)</c>.</summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
/// <param name="dropout">The probability of dropout before the last layer.</param>
/// <param name="stochasticDepth">What the probability that a branch is left out in training grows to, from 0, with the depth.</param>
public sealed class EfficientNet_B3(long numClasses = 1000, long inChannels = 3, double dropout = 0.3, double stochasticDepth = 0.2)
    : EfficientNet(nameof(EfficientNet_B3), width: 1.2, depth: 1.4, numClasses, inChannels, dropout, stochasticDepth);

/// <summary>EfficientNet-B4 (Tan and Le 2019): 19,341,616 parameters. Input <c>(N, 3, 380, 380)</c>.</summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
/// <param name="dropout">The probability of dropout before the last layer.</param>
/// <param name="stochasticDepth">What the probability that a branch is left out in training grows to, from 0, with the depth.</param>
public sealed class EfficientNet_B4(long numClasses = 1000, long inChannels = 3, double dropout = 0.4, double stochasticDepth = 0.2)
    : EfficientNet(nameof(EfficientNet_B4), width: 1.4, depth: 1.8, numClasses, inChannels, dropout, stochasticDepth);

/// <summary>EfficientNet-B5 (Tan and Le 2019): 30,389,784 parameters. Input <c>(N, 3, 456, 456)</c>.</summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
/// <param name="dropout">The probability of dropout before the last layer.</param>
/// <param name="stochasticDepth">What the probability that a branch is left out in training grows to, from 0, with the depth.</param>
public sealed class EfficientNet_B5(long numClasses = 1000, long inChannels = 3, double dropout = 0.4, double stochasticDepth = 0.2)
    : EfficientNet(nameof(EfficientNet_B5), width: 1.6, depth: 2.2, numClasses, inChannels, dropout, stochasticDepth, Papers);

/// <summary>EfficientNet-B6 (Tan and Le 2019): 43,040,704 parameters. Input <c>(N, 3, 528, 528)</c>.</summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
/// <param name="dropout">The probability of dropout before the last layer.</param>
/// <param name="stochasticDepth">What the probability that a branch is left out in training grows to, from 0, with the depth.</param>
public sealed class EfficientNet_B6(long numClasses = 1000, long inChannels = 3, double dropout = 0.5, double stochasticDepth = 0.2)
    : EfficientNet(nameof(EfficientNet_B6), width: 1.8, depth: 2.6, numClasses, inChannels, dropout, stochasticDepth, Papers);

/// <summary>EfficientNet-B7 (Tan and Le 2019): 66,347,960 parameters. Input <c>(N, 3, 600, 600)</c>.</summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
/// <param name="dropout">The probability of dropout before the last layer.</param>
/// <param name="stochasticDepth">What the probability that a branch is left out in training grows to, from 0, with the depth.</param>
public sealed class EfficientNet_B7(long numClasses = 1000, long inChannels = 3, double dropout = 0.5, double stochasticDepth = 0.2)
    : EfficientNet(nameof(EfficientNet_B7), width: 2, depth: 3.1, numClasses, inChannels, dropout, stochasticDepth, Papers);
