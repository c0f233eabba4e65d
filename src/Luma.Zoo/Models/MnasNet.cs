using Luma.Neural;
using Luma.Neural.Blocks;
using Luma.Neural.Layers;

namespace Luma.Zoo.Models;

/// <summary>A stack of blocks of a <see cref="MnasNet"/>.</summary>
/// <param name="Expansion">How many times as wide the blocks are inside.</param>
/// <param name="KernelSize">The size of the depthwise convolutions' windows.</param>
/// <param name="Stride">The first block's stride; the others' is 1.</param>
/// <param name="Channels">The number of channels of the output, at width 1.</param>
/// <param name="Blocks">The number of blocks.</param>
public sealed record MnasNetRow(int Expansion, int KernelSize, int Stride, int Channels, int Blocks);

/// <summary>The plan of a <see cref="MnasNet"/>.</summary>
/// <param name="Width">The share of the channels, alpha; the last convolution has 1,280 at every width.</param>
public sealed record MnasNetPlan(double Width = 1)
{
    /// <summary>The stacks: those of the authors' B1 by default.</summary>
    public IReadOnlyList<MnasNetRow> Stacks { get; init; } =
    [
        // expansion, window, stride, channels, blocks
        new(3, 3, 2, 24, 3),
        new(3, 5, 2, 40, 3),
        new(6, 5, 2, 80, 3),
        new(6, 3, 1, 96, 2),
        new(6, 5, 2, 192, 4),
        new(6, 3, 1, 320, 1),
    ];

    /// <summary>The probability of dropout before the last layer.</summary>
    public double Dropout { get; init; } = 0.2;
}

/// <summary>
/// Tan et al., "MnasNet: Platform-Aware Neural Architecture Search for Mobile" (2019): the variant without squeeze and excitation that
/// the authors' code (TensorFlow's tpu models, mnasnet) calls B1. 4,383,312 parameters at width 1.
/// </summary>
/// <remarks>
/// Input <c>(N, 3, H, W)</c>, made for 224x224; output logits <c>(N, 1000)</c>. Norms have the momentum of 1 - 0.9997 of the authors' code
/// and PyTorch's epsilon of 1e-5. Convolutions are drawn from a normal distribution by the number of outputs (He et al. 2015, section
/// 2.2), the last layer uniformly by the number of outputs, with a gain of 1. Names, layout, dropout and initialisation are torchvision's.
/// </remarks>
public sealed class MnasNet : Sequence
{
    private const double Momentum = 1 - 0.9997;

    /// <summary>The plans of the published networks by their ids.</summary>
    public static IReadOnlyDictionary<string, MnasNetPlan> Plans { get; } = new Dictionary<string, MnasNetPlan>
    {
        // width
        ["mnasnet0_5"] = new(0.5),
        ["mnasnet0_75"] = new(0.75),
        ["mnasnet1_0"] = new(1),
        ["mnasnet1_3"] = new(1.3),
    }.AsReadOnly();

    /// <summary>Makes a network from a plan: a published one, or your own.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="options">What else may be chosen: <see cref="ModelOptions.Dropout"/>.</param>
    /// <exception cref="ArgumentException">The plan has no stacks, or an option is not the network's.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// A number is below 1, the width is not positive, or a probability does not lie between 0 and 1.
    /// </exception>
    public MnasNet(MnasNetPlan plan, ModelOptions? options = null) : base(nameof(MnasNet))
    {
        ArgumentNullException.ThrowIfNull(plan);
        PlanGuard.Probability(plan.Dropout);
        options = ModelOptions.For(options, nameof(MnasNet), nameof(ModelOptions.Dropout));
        PlanGuard.Positive(plan.Width);
        PlanGuard.Rows(plan.Stacks, stack => [stack.Expansion, stack.KernelSize, stack.Stride, stack.Channels, stack.Blocks]);
        PlanGuard.Odd(plan.Stacks.Select(stack => stack.KernelSize), "plan.Stacks");

        // torchvision's first had other widths of the stem.
        StateVersion = 2;
        const long Last = 1280;
        var stem = Scale(32);
        Sequence layers =
        [
            .. Conv(options.InChannels ?? 3, stem, 3, stride: 2),
            .. Conv(stem, stem, 3, groups: stem),
            .. Linear(stem, Width(-1)),
        ];
        for (var stack = 0; stack < plan.Stacks.Count; stack++) layers.Add(Stack(stack));
        foreach (var layer in Conv(Width(plan.Stacks.Count - 1), Last, 1)) layers.Add(layer);

        Add("layers", layers);
        Add("avgpool", new GlobalAvgPooling2D());
        Add("flatten", new Flatten());
        Add("classifier", new Sequence
        {
            new Dropout(options.Dropout ?? plan.Dropout, inPlace: true),
            new Dense(Last, options.NumClasses ?? 1000),
        });
        WeightDrawing.Draw(this, WeightDrawing.KaimingByOutputs, dense => Initializers.KaimingUniform(dense.Weight, Fan.Out, gain: 1));

        Sequence Stack(int stack)
        {
            var (expansion, kernelSize, stride, _, blocks) = plan.Stacks[stack];
            var units = new Sequence { Unit(Width(stack - 1), Width(stack), kernelSize, stride, expansion) };
            for (var place = 1; place < blocks; place++) units.Add(Unit(Width(stack), Width(stack), kernelSize, stride: 1, expansion));
            return units;
        }

        // The channels that a stack gives, and before the first stack the stem.
        long Width(int stack) => Scale(stack < 0 ? 16 : plan.Stacks[stack].Channels);

        long Scale(long full) => Channels.MakeDivisible(full * plan.Width);
    }

    internal static ModelFamily Family { get; } = new("MNASNet",
    [
        Variant("mnasnet0_5", 2_218_512, "0.5"),
        Variant("mnasnet0_75", 3_170_208, "0.75"),
        Variant("mnasnet1_0", 4_383_312, "1.0"),
        Variant("mnasnet1_3", 6_282_256, "1.3"),
    ]);

    private static Layer[] Conv(long inChannels, long outChannels, long kernelSize, long stride = 1, long groups = 1) =>
    [
        new Convolution2D(inChannels, outChannels, kernelSize, stride, padding: kernelSize / 2, groups: groups, bias: false),
        new BatchNorm2D(outChannels, momentum: Momentum),
        new ReLU(inPlace: true),
    ];

    private static Layer[] Linear(long inChannels, long outChannels) =>
        [new Convolution2D(inChannels, outChannels, 1, bias: false), new BatchNorm2D(outChannels, momentum: Momentum)];

    // Figure 7 of the paper: MBConv3 and MBConv6.
    private static InvertedResidual Unit(long inChannels, long outChannels, long kernelSize, long stride, long expansion)
    {
        var hidden = inChannels * expansion;
        Sequence branch =
        [
            .. Conv(inChannels, hidden, 1),
            .. Conv(hidden, hidden, kernelSize, stride, groups: hidden),
            .. Linear(hidden, outChannels),
        ];
        return new("layers", branch, addsInput: stride == 1 && inChannels == outChannels);
    }

    private static ModelVariant Variant(string id, long parameters, string width) =>
        new(id, parameters, (3, 224, 224), options => new MnasNet(Plans[id], options))
        {
            Description = $"Tan et al. 2019: found by search for speed on a phone, width {width}",
        };
}
