using Luma.Neural;
using Luma.Neural.Blocks;
using Luma.Neural.Layers;

namespace Luma.Zoo.Models;

/// <summary>A row "bottleneck" of Sandler et al. 2018, table 2.</summary>
/// <param name="Expansion">How many times as wide the blocks are inside: t.</param>
/// <param name="Channels">The number of channels of the output, at width 1: c.</param>
/// <param name="Blocks">The number of blocks: n.</param>
/// <param name="Stride">The first block's stride, s; the others' is 1.</param>
public sealed record MobileNetV2Row(int Expansion, int Channels, int Blocks, int Stride);

/// <summary>The plan of a <see cref="MobileNetV2"/>.</summary>
/// <param name="Width">The share of the channels of table 2; below 1 the last convolution keeps its 1,280 (section 4).</param>
public sealed record MobileNetV2Plan(double Width = 1)
{
    /// <summary>The rows "bottleneck": the paper's table 2 by default.</summary>
    public IReadOnlyList<MobileNetV2Row> Rows { get; init; } =
    [
        // t, c, n, s
        new(1, 16, 1, 1),
        new(6, 24, 2, 2),
        new(6, 32, 3, 2),
        new(6, 64, 4, 2),
        new(6, 96, 3, 1),
        new(6, 160, 3, 2),
        new(6, 320, 1, 1),
    ];

    /// <summary>What all numbers of channels are multiples of.</summary>
    public int RoundNearest { get; init; } = 8;

    /// <summary>The probability of dropout before the last layer.</summary>
    public double Dropout { get; init; } = 0.2;
}

/// <summary>
/// Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks" (2018), table 2: 3,504,872 parameters at width 1.
/// </summary>
/// <remarks>
/// Input <c>(N, 3, H, W)</c>, made for 224x224; output logits <c>(N, 1000)</c>. Convolutions are drawn from a normal distribution by the
/// number of outputs (He et al. 2015, section 2.2), the last layer with a standard deviation of 0.01; norms have PyTorch's epsilon of
/// 1e-5 and momentum of 0.1. Names, layout, dropout and initialisation are torchvision's.
/// </remarks>
public sealed class MobileNetV2 : Sequence
{
    /// <summary>The plans of the published networks by their ids.</summary>
    public static IReadOnlyDictionary<string, MobileNetV2Plan> Plans { get; } = new Dictionary<string, MobileNetV2Plan>
    {
        ["mobilenet_v2"] = new(),
    }.AsReadOnly();

    /// <summary>Makes a network from a plan: a published one, or your own.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="options">What else may be chosen: <see cref="ModelOptions.Dropout"/>.</param>
    /// <exception cref="ArgumentException">The plan has no rows, or an option is not the network's.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// A number is below 1, the width is not positive, or a probability does not lie between 0 and 1.
    /// </exception>
    public MobileNetV2(MobileNetV2Plan plan, ModelOptions? options = null) : base(nameof(MobileNetV2))
    {
        ArgumentNullException.ThrowIfNull(plan);
        PlanGuard.Probability(plan.Dropout);
        options = ModelOptions.For(options, nameof(MobileNetV2), nameof(ModelOptions.Dropout));
        PlanGuard.Positive(plan.Width);
        PlanGuard.Rows(plan.Rows, row => [row.Expansion, row.Channels, row.Blocks, row.Stride]);
        PlanGuard.AtLeast(1, plan.RoundNearest);

        var last = Scale(1280, Math.Max(1, plan.Width));
        var features = new Sequence { Conv(options.InChannels ?? 3, Width(-1), 3, stride: 2) };
        for (var row = 0; row < plan.Rows.Count; row++)
        {
            var (expansion, _, blocks, stride) = plan.Rows[row];
            features.Add(Bottleneck(Width(row - 1), Width(row), expansion, stride));
            for (var place = 1; place < blocks; place++) features.Add(Bottleneck(Width(row), Width(row), expansion, stride: 1));
        }
        features.Add(Conv(Width(plan.Rows.Count - 1), last, 1));

        Add("features", features);
        Add("avgpool", new GlobalAvgPooling2D());
        Add("flatten", new Flatten());
        Add("classifier", new Sequence { new Dropout(options.Dropout ?? plan.Dropout), new Dense(last, options.NumClasses ?? 1000) });
        WeightDrawing.Draw(this, WeightDrawing.KaimingByOutputs, dense => Initializers.Normal(dense.Weight, std: 0.01));

        // The channels that a row gives, and before the first row the first convolution.
        long Width(int row) => Scale(row < 0 ? 32 : plan.Rows[row].Channels, plan.Width);

        long Scale(long full, double factor) => Channels.MakeDivisible(full * factor, plan.RoundNearest);
    }

    internal static ModelFamily Family { get; } = new("MobileNet V2",
    [
        new("mobilenet_v2", 3_504_872, (3, 224, 224), options => new MobileNetV2(Plans["mobilenet_v2"], options))
        {
            Description = "Sandler et al. 2018: inverted residuals with linear bottlenecks",
        },
    ]);

    private static ConvNormActivation Conv(long inChannels, long outChannels, long kernelSize, long stride = 1, long groups = 1) =>
        new(
            inChannels, outChannels, kernelSize, stride, groups: groups, norm: new BatchNorm2D(outChannels),
            activation: new ReLU6(inPlace: true));

    // Table 1; its first row is left out where nothing is expanded.
    private static InvertedResidual Bottleneck(long inChannels, long outChannels, long expansion, long stride)
    {
        var hidden = inChannels * expansion;
        var branch = new Sequence();
        if (expansion > 1) branch.Add(Conv(inChannels, hidden, 1));
        branch.Add(Conv(hidden, hidden, 3, stride, groups: hidden));
        branch.Add(new Convolution2D(hidden, outChannels, 1, bias: false));
        branch.Add(new BatchNorm2D(outChannels));
        return new("conv", branch, addsInput: stride == 1 && inChannels == outChannels);
    }
}
