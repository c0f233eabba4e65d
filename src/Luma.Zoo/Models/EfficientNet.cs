using Luma.Neural;
using Luma.Neural.Blocks;
using Luma.Neural.Layers;
using Luma.Zoo.Weights.KeyMaps;

namespace Luma.Zoo.Models;

/// <summary>A stage of an <see cref="EfficientNet"/>: blocks of one kind and width.</summary>
/// <param name="Expansion">How many times as wide the blocks are inside.</param>
/// <param name="KernelSize">The size of the windows.</param>
/// <param name="Stride">The first block's stride; the others' is 1.</param>
/// <param name="Channels">The number of channels of the output.</param>
/// <param name="Blocks">The number of blocks.</param>
/// <param name="IsFused">Whether they are <see cref="FusedMBConv"/>, and not <see cref="MBConv"/>.</param>
public sealed record EfficientNetStage(
    int Expansion, int KernelSize, int Stride, int Channels, int Blocks, bool IsFused = false);

/// <summary>The plan of an <see cref="EfficientNet"/>.</summary>
/// <param name="Stem">The number of channels of the first convolution.</param>
/// <param name="Stages">The stages.</param>
/// <param name="Dropout">The probability of dropout before the last layer.</param>
public sealed record EfficientNetPlan(int Stem, IReadOnlyList<EfficientNetStage> Stages, double Dropout = 0.2)
{
    /// <summary>The number of channels of the last convolution; by default four times those of the last stage.</summary>
    public int? LastChannels { get; init; }

    /// <summary>What the probability that a branch is left out in training grows to, from 0, with the depth.</summary>
    public double StochasticDepth { get; init; } = 0.2;

    /// <summary>The norms' epsilon: PyTorch's by default.</summary>
    public double NormEpsilon { get; init; } = 1e-5;

    /// <summary>The norms' momentum: PyTorch's by default.</summary>
    public double NormMomentum { get; init; } = 0.1;

    // Tan and Le 2019, table 1, stages 2 to 8.
    private static EfficientNetStage[] Baseline { get; } =
    [
        // expansion, window, stride, channels, blocks
        new(1, 3, 1, 16, 1),
        new(6, 3, 2, 24, 2),
        new(6, 5, 2, 40, 2),
        new(6, 3, 2, 80, 3),
        new(6, 5, 1, 112, 3),
        new(6, 5, 2, 192, 4),
        new(6, 3, 1, 320, 1),
    ];

    /// <summary>
    /// The network of table 1, scaled: Tan and Le 2019, section 3.3. There are more channels, rounded, and more blocks, rounded up.
    /// </summary>
    /// <param name="width">The factor on the channels.</param>
    /// <param name="depth">The factor on the blocks.</param>
    /// <param name="dropout">The probability of dropout before the last layer.</param>
    /// <returns>The plan.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A factor is not positive.</exception>
    public static EfficientNetPlan Scaled(double width, double depth, double dropout = 0.2)
    {
        PlanGuard.Positive(width);
        PlanGuard.Positive(depth);
        return new(Scale(32), [.. Baseline.Select(ScaleStage)], dropout);

        EfficientNetStage ScaleStage(EfficientNetStage stage) =>
            stage with { Channels = Scale(stage.Channels), Blocks = (int)Math.Ceiling(stage.Blocks * depth) };

        int Scale(int channels) => (int)Channels.MakeDivisible(channels * width);
    }
}

/// <summary>
/// Tan and Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks" (2019): the network of table 1, made of
/// <see cref="MBConv"/>, scaled in width, depth and size of the input at once (section 3.3). Version 2 is Tan and Le, "EfficientNetV2:
/// Smaller Models and Faster Training" (2021), table 4, whose first stages are made of <see cref="FusedMBConv"/>.
/// </summary>
/// <remarks>
/// <para>
/// Input <c>(N, 3, H, W)</c>, output logits <c>(N, 1000)</c>. The factors, dropout and size of each network are its authors' (TensorFlow's
/// tpu models, efficientnet), except that torchvision's weights of B2 take 288x288. M and L of version 2 are as in the authors' code
/// (google's automl, efficientnetv2), and the sizes and dropout of version 2 are torchvision's.
/// </para>
/// <para>
/// As torchvision has them: names, layout, a stochastic depth that grows from 0 towards 0.2, norms with an epsilon of 1e-5 and
/// a momentum of 0.1 (B5 to B7: 0.001 and 0.01, which are the authors'; version 2: 0.001 and 0.1), convolutions drawn from a normal
/// distribution by the number of outputs (He et al. 2015, section 2.2) and the last layer uniformly within 1 / sqrt(classes).
/// </para>
/// </remarks>
public sealed class EfficientNet : Sequence
{
    /// <summary>The plans of the published networks by their ids.</summary>
    public static IReadOnlyDictionary<string, EfficientNetPlan> Plans { get; } = new Dictionary<string, EfficientNetPlan>
    {
        // width, depth, dropout
        ["efficientnet_b0"] = EfficientNetPlan.Scaled(1, 1, 0.2),
        ["efficientnet_b1"] = EfficientNetPlan.Scaled(1, 1.1, 0.2),
        ["efficientnet_b2"] = EfficientNetPlan.Scaled(1.1, 1.2, 0.3),
        ["efficientnet_b3"] = EfficientNetPlan.Scaled(1.2, 1.4, 0.3),
        ["efficientnet_b4"] = EfficientNetPlan.Scaled(1.4, 1.8, 0.4),
        ["efficientnet_b5"] = EfficientNetPlan.Scaled(1.6, 2.2, 0.4) with { NormEpsilon = 1e-3, NormMomentum = 0.01 },
        ["efficientnet_b6"] = EfficientNetPlan.Scaled(1.8, 2.6, 0.5) with { NormEpsilon = 1e-3, NormMomentum = 0.01 },
        ["efficientnet_b7"] = EfficientNetPlan.Scaled(2, 3.1, 0.5) with { NormEpsilon = 1e-3, NormMomentum = 0.01 },

        ["efficientnet_v2_s"] = V2(24, 0.2,
        [
            // expansion, window, stride, channels, blocks
            new(1, 3, 1, 24, 2, IsFused: true),
            new(4, 3, 2, 48, 4, IsFused: true),
            new(4, 3, 2, 64, 4, IsFused: true),
            new(4, 3, 2, 128, 6),
            new(6, 3, 1, 160, 9),
            new(6, 3, 2, 256, 15),
        ]),
        ["efficientnet_v2_m"] = V2(24, 0.3,
        [
            new(1, 3, 1, 24, 3, IsFused: true),
            new(4, 3, 2, 48, 5, IsFused: true),
            new(4, 3, 2, 80, 5, IsFused: true),
            new(4, 3, 2, 160, 7),
            new(6, 3, 1, 176, 14),
            new(6, 3, 2, 304, 18),
            new(6, 3, 1, 512, 5),
        ]),
        ["efficientnet_v2_l"] = V2(32, 0.4,
        [
            new(1, 3, 1, 32, 4, IsFused: true),
            new(4, 3, 2, 64, 7, IsFused: true),
            new(4, 3, 2, 96, 7, IsFused: true),
            new(4, 3, 2, 192, 10),
            new(6, 3, 1, 224, 19),
            new(6, 3, 2, 384, 25),
            new(6, 3, 1, 640, 7),
        ]),
    }.AsReadOnly();

    /// <summary>Makes a network from a plan: a published one, or your own.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="options">
    /// What else may be chosen: <see cref="ModelOptions.Dropout"/> and <see cref="ModelOptions.StochasticDepth"/>.
    /// </param>
    /// <exception cref="ArgumentException">The plan has no stages, or an option is not the network's.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is below 1, or a probability does not lie between 0 and 1.</exception>
    public EfficientNet(EfficientNetPlan plan, ModelOptions? options = null) : base(nameof(EfficientNet))
    {
        ArgumentNullException.ThrowIfNull(plan);
        PlanGuard.Probability(plan.Dropout);
        options = ModelOptions.For(options, nameof(EfficientNet), nameof(ModelOptions.Dropout), nameof(ModelOptions.StochasticDepth));
        plan = plan with { StochasticDepth = options.StochasticDepth ?? plan.StochasticDepth };
        PlanGuard.AtLeast(1, plan.Stem);
        PlanGuard.Rows(plan.Stages, stage => [stage.Expansion, stage.KernelSize, stage.Stride, stage.Channels, stage.Blocks]);
        PlanGuard.Odd(plan.Stages.Select(stage => stage.KernelSize), "plan.Stages");
        PlanGuard.Probability(plan.StochasticDepth);

        var (before, numClasses) = (plan.Stages[^1].Channels, options.NumClasses ?? 1000);
        var last = plan.LastChannels ?? 4L * before;
        var features = new Sequence { Conv(plan, options.InChannels ?? 3, plan.Stem, 3, stride: 2) };
        for (var stage = 0; stage < plan.Stages.Count; stage++) features.Add(Stage(plan, stage));
        features.Add(Conv(plan, before, last, 1));

        Add("features", features);
        Add("avgpool", new GlobalAvgPooling2D());
        Add("flatten", new Flatten());
        Add("classifier", new Sequence { new Dropout(options.Dropout ?? plan.Dropout, inPlace: true), new Dense(last, numClasses) });

        var bound = 1 / Math.Sqrt(numClasses);
        WeightDrawing.Draw(this, WeightDrawing.KaimingByOutputs, dense => Initializers.Uniform(dense.Weight, -bound, bound));
    }

    internal static ModelFamily Family { get; } = new("EfficientNet",
    [
        Variant("efficientnet_b0", 5_288_548, 224, "Tan and Le 2019, table 1: the baseline"),
        Variant("efficientnet_b1", 7_794_184, 240, "Tan and Le 2019: the baseline 1.1 times as deep"),
        Variant("efficientnet_b2", 9_109_994, 288, "Tan and Le 2019: the baseline 1.2 times as deep and 1.1 times as wide"),
        Variant("efficientnet_b3", 12_233_232, 300, "Tan and Le 2019: the baseline 1.4 times as deep and 1.2 times as wide"),
        Variant("efficientnet_b4", 19_341_616, 380, "Tan and Le 2019: the baseline 1.8 times as deep and 1.4 times as wide"),
        Variant("efficientnet_b5", 30_389_784, 456, "Tan and Le 2019: the baseline 2.2 times as deep and 1.6 times as wide"),
        Variant("efficientnet_b6", 43_040_704, 528, "Tan and Le 2019: the baseline 2.6 times as deep and 1.8 times as wide"),
        Variant("efficientnet_b7", 66_347_960, 600, "Tan and Le 2019: the baseline 3.1 times as deep and 2 times as wide"),
    ]);

    internal static ModelFamily V2Family { get; } = new("EfficientNetV2",
    [
        Variant("efficientnet_v2_s", 21_458_488, 384, "Tan and Le 2021: 40 blocks, the first 10 fused"),
        Variant("efficientnet_v2_m", 54_139_356, 480, "Tan and Le 2021: 57 blocks, the first 13 fused"),
        Variant("efficientnet_v2_l", 118_515_272, 480, "Tan and Le 2021: 79 blocks, the first 18 fused"),
    ]);

    private static EfficientNetPlan V2(int stem, double dropout, EfficientNetStage[] stages) =>
        new(stem, stages, dropout) { LastChannels = 1280, NormEpsilon = 1e-3 };

    private static BatchNorm2D Norm(EfficientNetPlan plan, long channels) => new(channels, plan.NormEpsilon, plan.NormMomentum);

    private static ConvNormActivation Conv(EfficientNetPlan plan, long inChannels, long outChannels, long kernelSize, long stride = 1) =>
        new(inChannels, outChannels, kernelSize, stride, norm: Norm(plan, outChannels), activation: new SiLU(inPlace: true));

    private static Sequence Stage(EfficientNetPlan plan, int stage)
    {
        var row = plan.Stages[stage];
        var before = stage == 0 ? plan.Stem : plan.Stages[stage - 1].Channels;
        var (first, total) = (plan.Stages.Take(stage).Sum(earlier => earlier.Blocks), plan.Stages.Sum(each => each.Blocks));
        return [.. Enumerable.Range(0, row.Blocks).Select(Unit)];

        InvertedResidual Unit(int place)
        {
            long inChannels = place == 0 ? before : row.Channels, stride = place == 0 ? row.Stride : 1;
            var (hidden, stochasticDepth) = (inChannels * row.Expansion, plan.StochasticDepth * (first + place) / total);
            if (row.IsFused) return new FusedMBConv(inChannels, hidden, row.Channels, row.KernelSize, stride, WithNorm, stochasticDepth);

            // The squeezed width is a quarter of the block's input, not of its inside.
            return new MBConv(
                inChannels, hidden, row.Channels, row.KernelSize, stride, norm: WithNorm, activation: () => new SiLU(inPlace: true),
                squeezeExcitation: width => new SqueezeExcitation(width, Math.Max(1, inChannels / 4), new SiLU(inPlace: true)),
                stochasticDepth: stochasticDepth);
        }

        BatchNorm2D WithNorm(long channels) => Norm(plan, channels);
    }

    private static ModelVariant Variant(string id, long parameters, int size, string description) =>
        new(id, parameters, (3, size, size), options => new EfficientNet(Plans[id], options))
        {
            Description = description,
            KeyMap = new EfficientNetKeyMap(),
        };
}
