using Luma.Neural;
using Luma.Neural.Blocks;
using Luma.Neural.Layers;

namespace Luma.Zoo.Models;

/// <summary>
/// The plan of an <see cref="InceptionNet"/>: its parts, each given the style of its convolutions. They are made in the order in which
/// they stand in the network, for weights are drawn from the first layer to the last.
/// </summary>
public sealed record InceptionPlan
{
    /// <summary>Makes the stem, for a number of input channels.</summary>
    public required Func<long, ConvStyle, NeuralModule> Stem { get; init; }

    /// <summary>How many blocks of type A there are, and what makes one.</summary>
    public required (int Count, Func<ConvStyle, NeuralModule> Make) A { get; init; }

    /// <summary>Makes what halves the size behind the blocks of type A.</summary>
    public required Func<ConvStyle, NeuralModule> ReductionA { get; init; }

    /// <summary>How many blocks of type B there are, and what makes one.</summary>
    public required (int Count, Func<ConvStyle, NeuralModule> Make) B { get; init; }

    /// <summary>Makes what halves the size behind the blocks of type B.</summary>
    public required Func<ConvStyle, NeuralModule> ReductionB { get; init; }

    /// <summary>How many blocks of type C there are, and what makes one.</summary>
    public required (int Count, Func<ConvStyle, NeuralModule> Make) C { get; init; }

    /// <summary>The number of channels that the last block gives.</summary>
    public required long Features { get; init; }

    /// <summary>How the convolutions are made: by default with batch normalisation and without biases before it.</summary>
    public ConvStyle Style { get; init; } = new();

    /// <summary>The probability that a feature is dropped before the classifier: the paper's figures keep 0.8.</summary>
    public double Dropout { get; init; } = 0.2;

    // The Luma neural package's network of the same name.
    internal InceptionPlan? Luma { get; init; }
}

/// <summary>
/// Inception-v4 and the Inception-ResNets: Szegedy et al., "Inception-v4, Inception-ResNet and the Impact of Residual Connections on
/// Learning" (2016), figures 9 and 15. A stem, blocks of three types with a reduction between, and a classifier.
/// </summary>
/// <remarks>
/// <para>
/// Input <c>(N, C, H, W)</c> of at least 75x75, 299x299 in the paper, output logits <c>(N, classes)</c>. Batch normalisation and its
/// constants are those of <see cref="ConvStyle"/>. What the residual blocks add is scaled by 0.17, 0.10 and 0.20.
/// </para>
/// <para>
/// Windows of 1x7 and 7x1, and of 1x3 and 3x1, follow one another as in the paper's figures; the authors' code has some the other way
/// round, which changes no figure. The earlier Inceptions are <see cref="GoogLeNet"/>, <see cref="FactorizedInception"/> and
/// <see cref="InceptionV3"/>.
/// </para>
/// </remarks>
public class InceptionNet : Sequence
{
    private static readonly InceptionPlan
        V4 = new()
        {
            Stem = (channels, style) => new IncepBlock.V4_Stem(channels, style),
            A = (4, style => new IncepBlock.V4_TypeA(style: style)),
            ReductionA = style => new IncepBlock.V4_ReduxA(style: style),
            B = (7, style => new IncepBlock.V4_TypeB(style: style)),
            ReductionB = style => new IncepBlock.V4_ReduxB(style: style),
            C = (3, style => new IncepBlock.V4_TypeC(style: style)),
            Features = 1536,
        },
        ResNetV1 = new()
        {
            Stem = (channels, style) => new IncepResBlock.V1_Stem(channels, style),
            A = (5, style => new IncepResBlock.V1_TypeA(style: style)),
            ReductionA = style => new IncepBlock.V4_ReduxA(256, k: 192, l: 192, m: 256, n: 384, style),
            B = (10, style => new IncepResBlock.V1_TypeB(style: style)),
            ReductionB = style => new IncepResBlock.V1_Redux(style: style),
            C = (5, style => new IncepResBlock.V1_TypeC(style: style)),
            Features = 1792,
        },
        ResNetV2 = new()
        {
            Stem = (channels, style) => new IncepBlock.V4_Stem(channels, style),
            A = (5, style => new IncepResBlock.V2_TypeA(style: style)),
            ReductionA = style => new IncepBlock.V4_ReduxA(384, k: 256, l: 256, m: 384, n: 384, style),
            B = (10, style => new IncepResBlock.V2_TypeB(1152, style: style)),
            ReductionB = style => new IncepResBlock.V2_Redux(1152, style),
            C = (5, style => new IncepResBlock.V2_TypeC(2144, style: style)),
            Features = 2144,
        };

    /// <summary>The plans of the published networks by their ids.</summary>
    public static IReadOnlyDictionary<string, InceptionPlan> Plans { get; } = new Dictionary<string, InceptionPlan>
    {
        ["inceptionnet_v4"] = V4 with
        {
            Luma = V4 with
            {
                Stem = LumaParts.V4_Stem,
                Style = new ConvStyle { Bias = true },
                Dropout = 0.4,
            },
        },
        ["inceptionresnet_v1"] = ResNetV1 with
        {
            Luma = ResNetV1 with
            {
                B = ResNetV1.B with { Make = LumaParts.V1_TypeB },
                C = ResNetV1.C with { Make = LumaParts.V1_TypeC },
                Style = LumaParts.Style,
                Dropout = 0.4,
            },
        },
        ["inceptionresnet_v2"] = ResNetV2 with
        {
            Luma = ResNetV2 with
            {
                Stem = LumaParts.V4_Stem,
                A = ResNetV2.A with { Make = LumaParts.V2_TypeA },
                ReductionA = style => LumaParts.Widened(ResNetV2.ReductionA(style), by: 128),
                B = ResNetV2.B with { Make = style => new IncepResBlock.V2_TypeB(1280, style: style) },
                ReductionB = style => new IncepResBlock.V2_Redux(1280, style),
                C = ResNetV2.C with { Make = LumaParts.V2_TypeC },
                Features = 2272,
                Style = LumaParts.Style,
                Dropout = 0.4,
            },
        },
    }.AsReadOnly();

    /// <summary>Makes a network from a plan: a published one, or your own.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="options">What else may be chosen: <see cref="ModelOptions.Dropout"/>.</param>
    /// <exception cref="ArgumentException">An option is not the network's.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public InceptionNet(InceptionPlan plan, ModelOptions? options = null) : this(nameof(InceptionNet), plan, options)
    {
    }

    private protected InceptionNet(string name, InceptionPlan plan, ModelOptions? options) : base(name)
    {
        ArgumentNullException.ThrowIfNull(plan);
        PlanGuard.Probability(plan.Dropout);
        string[] has = plan.Luma is null ? [nameof(ModelOptions.Dropout)] : [nameof(ModelOptions.Dropout), nameof(ModelOptions.Config)];
        options = ModelOptions.For(options, name, has);
        if (options.Config == ModelConfig.Luma) plan = plan.Luma!;

        ArgumentNullException.ThrowIfNull(plan.Style, "plan.Style");
        PlanGuard.AtLeast(1, plan.A.Count);
        PlanGuard.AtLeast(1, plan.B.Count);
        PlanGuard.AtLeast(1, plan.C.Count);
        PlanGuard.AtLeast(1, plan.Features);
        Add("stem", plan.Stem(options.InChannels ?? 3, plan.Style));
        Add("inception_a", Repeat(plan.A));
        Add("reduction_a", plan.ReductionA(plan.Style));
        Add("inception_b", Repeat(plan.B));
        Add("reduction_b", plan.ReductionB(plan.Style));
        Add("inception_c", Repeat(plan.C));
        Add("avgpool", new GlobalAvgPooling2D());
        Add("flatten", new Flatten());
        Add("dropout", new Dropout(options.Dropout ?? plan.Dropout));
        Add("fc", new Dense(plan.Features, options.NumClasses ?? 1000));

        Sequence Repeat((int Count, Func<ConvStyle, NeuralModule> Make) blocks) =>
            new(Enumerable.Range(0, blocks.Count).Select(_ => blocks.Make(plan.Style)));
    }

    internal static ModelFamily Family { get; } = new("Inception",
    [
        InceptionNet_V1.Variant,
        InceptionNet_V2.Variant,
        InceptionNet_V3.Variant,
        Variant(
            "inceptionnet_v4", 42_679_816, "Szegedy et al. 2016, figure 9: a deeper, more regular Inception",
            options => new InceptionNet_V4(options)),
    ]);

    internal static ModelFamily ResidualFamily { get; } = new("Inception-ResNet",
    [
        Variant(
            "inceptionresnet_v1", 22_756_328, "Szegedy et al. 2016, figure 15: residual Inception at the cost of Inception-v3",
            options => new InceptionResNet_V1(options)),
        Variant(
            "inceptionresnet_v2", 32_433_928, "Szegedy et al. 2016, figure 15: residual Inception at the cost of Inception-v4",
            options => new InceptionResNet_V2(options)),
    ]);

    private static ModelVariant Variant(string id, long parameters, string description, Func<ModelOptions, InceptionNet> build) =>
        new(id, parameters, (3, 299, 299), build) { Description = description, HasLumaConfig = true };
}

/// <summary>Inception-v4 (Szegedy et al. 2016, figure 9): 42,679,816 parameters. Input <c>(N, 3, 299, 299)</c>.</summary>
/// <param name="options">What may be chosen: see <see cref="InceptionNet"/>.</param>
public sealed class InceptionNet_V4(ModelOptions? options = null)
    : InceptionNet(nameof(InceptionNet_V4), Plans["inceptionnet_v4"], options);

/// <summary>Inception-ResNet-v1 (Szegedy et al. 2016, figures 10 to 15): 22,756,328 parameters. Input <c>(N, 3, 299, 299)</c>.</summary>
/// <param name="options">What may be chosen: see <see cref="InceptionNet"/>.</param>
public sealed class InceptionResNet_V1(ModelOptions? options = null)
    : InceptionNet(nameof(InceptionResNet_V1), Plans["inceptionresnet_v1"], options);

/// <summary>
/// Inception-ResNet-v2 as its paper has it (Szegedy et al. 2016, figures 3 and 15 to 19): 32,433,928 parameters. The network that the
/// authors published as <c>inception_resnet_v2</c> is another, with 10, 20 and 10 blocks, another stem and other widths. Input
/// <c>(N, 3, 299, 299)</c>.
/// </summary>
/// <remarks>
/// The reductions of table 1 and figure 18 give 1,152 and 2,144 channels; where figures 17 and 19 print 1,154 and 2,048, the sums would not
/// add up.
/// </remarks>
/// <param name="options">What may be chosen: see <see cref="InceptionNet"/>.</param>
public sealed class InceptionResNet_V2(ModelOptions? options = null)
    : InceptionNet(nameof(InceptionResNet_V2), Plans["inceptionresnet_v2"], options);
