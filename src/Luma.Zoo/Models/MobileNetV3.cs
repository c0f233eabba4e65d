using Luma.Neural;
using Luma.Neural.Blocks;
using Luma.Neural.Layers;

namespace Luma.Zoo.Models;

/// <summary>A row "bneck" of Howard et al. 2019, table 1 or 2: one inverted residual.</summary>
/// <param name="KernelSize">The size of the depthwise convolution's window.</param>
/// <param name="Hidden">The number of channels between the convolutions, at width 1: "exp size".</param>
/// <param name="Channels">The number of channels of the output, at width 1: "#out".</param>
/// <param name="Squeezes">Whether channels are scaled: "SE".</param>
/// <param name="Hardswish">Which activation: "HS", or "RE".</param>
/// <param name="Stride">The stride.</param>
public sealed record MobileNetV3Row(int KernelSize, int Hidden, int Channels, bool Squeezes, bool Hardswish, int Stride);

/// <summary>The plan of a <see cref="MobileNetV3"/>.</summary>
/// <param name="Rows">The inverted residuals. The last three are the last stage.</param>
/// <param name="Hidden">The number of units ahead of the last layer, at width 1.</param>
public sealed record MobileNetV3Plan(IReadOnlyList<MobileNetV3Row> Rows, int Hidden)
{
    /// <summary>The share of the channels.</summary>
    public double Width { get; init; } = 1;

    /// <summary>Whether the last stage has half of its channels, as for detection and segmentation.</summary>
    public bool ReducedTail { get; init; }

    /// <summary>Whether the last stage keeps the size and widens its windows instead, as for segmentation.</summary>
    public bool Dilated { get; init; }

    /// <summary>The probability of dropout before the last layer.</summary>
    public double Dropout { get; init; } = 0.2;
}

/// <summary>
/// Howard et al., "Searching for MobileNetV3" (2019), tables 1 and 2: inverted residuals with squeeze and excitation (see
/// <see cref="MBConv"/>), in whose deeper half the swish of straight lines takes the rectifier's place.
/// </summary>
/// <remarks>
/// Input <c>(N, 3, H, W)</c>, made for 224x224; output logits <c>(N, 1000)</c>. Norms have a momentum of 0.01 (section 6.1.1) and an
/// epsilon of 0.001 (the authors' code). Convolutions are drawn from a normal distribution by the number of outputs (He et al. 2015,
/// section 2.2), dense layers with a standard deviation of 0.01. Names, layout, dropout and initialisation are torchvision's.
/// </remarks>
public sealed class MobileNetV3 : Sequence
{
    /// <summary>The plans of the published networks by their ids.</summary>
    public static IReadOnlyDictionary<string, MobileNetV3Plan> Plans { get; } = new Dictionary<string, MobileNetV3Plan>
    {
        // Table 2.
        ["mobilenet_v3_small"] = new(
        [
            // window, hidden, channels, squeezes, hardswish, stride
            new(3, 16, 16, true, false, 2),
            new(3, 72, 24, false, false, 2),
            new(3, 88, 24, false, false, 1),
            new(5, 96, 40, true, true, 2),
            new(5, 240, 40, true, true, 1),
            new(5, 240, 40, true, true, 1),
            new(5, 120, 48, true, true, 1),
            new(5, 144, 48, true, true, 1),
            new(5, 288, 96, true, true, 2),
            new(5, 576, 96, true, true, 1),
            new(5, 576, 96, true, true, 1),
        ], Hidden: 1024),

        // Table 1.
        ["mobilenet_v3_large"] = new(
        [
            // window, hidden, channels, squeezes, hardswish, stride
            new(3, 16, 16, false, false, 1),
            new(3, 64, 24, false, false, 2),
            new(3, 72, 24, false, false, 1),
            new(5, 72, 40, true, false, 2),
            new(5, 120, 40, true, false, 1),
            new(5, 120, 40, true, false, 1),
            new(3, 240, 80, false, true, 2),
            new(3, 200, 80, false, true, 1),
            new(3, 184, 80, false, true, 1),
            new(3, 184, 80, false, true, 1),
            new(3, 480, 112, true, true, 1),
            new(3, 672, 112, true, true, 1),
            new(5, 672, 160, true, true, 2),
            new(5, 960, 160, true, true, 1),
            new(5, 960, 160, true, true, 1),
        ], Hidden: 1280),
    }.AsReadOnly();

    /// <summary>Makes a network from a plan: a published one, or your own.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="options">What else may be chosen: <see cref="ModelOptions.Dropout"/>.</param>
    /// <exception cref="ArgumentException">The plan has no rows, or an option is not the network's.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// A number is below 1, the width is not positive, or a probability does not lie between 0 and 1.
    /// </exception>
    public MobileNetV3(MobileNetV3Plan plan, ModelOptions? options = null) : base(nameof(MobileNetV3))
    {
        ArgumentNullException.ThrowIfNull(plan);
        PlanGuard.Probability(plan.Dropout);
        options = ModelOptions.For(options, nameof(MobileNetV3), nameof(ModelOptions.Dropout));
        PlanGuard.Positive(plan.Width);
        PlanGuard.Rows(plan.Rows, row => [row.KernelSize, row.Hidden, row.Channels, row.Stride]);
        PlanGuard.Odd(plan.Rows.Select(row => row.KernelSize), "plan.Rows");
        PlanGuard.AtLeast(1, plan.Hidden);

        // The tail is the last three rows. The first of them is as wide inside as the rows before it.
        var (tail, divisor) = (plan.Rows.Count - 3, plan.ReducedTail ? 2 : 1);
        var features = new Sequence { Conv(options.InChannels ?? 3, Width(-1), 3, stride: 2) };
        for (var row = 0; row < plan.Rows.Count; row++) features.Add(Unit(row));
        var (last, hidden) = (6 * Width(plan.Rows.Count - 1), Scale(plan.Hidden / divisor));
        features.Add(Conv(Width(plan.Rows.Count - 1), last, 1));

        Add("features", features);
        Add("avgpool", new GlobalAvgPooling2D());
        Add("flatten", new Flatten());
        Add("classifier", new Sequence
        {
            new Dense(last, hidden),
            new Hardswish(inPlace: true),
            new Dropout(options.Dropout ?? plan.Dropout, inPlace: true),
            new Dense(hidden, options.NumClasses ?? 1000),
        });
        WeightDrawing.Draw(this, WeightDrawing.KaimingByOutputs, dense => Initializers.Normal(dense.Weight, std: 0.01));

        MBConv Unit(int row)
        {
            var (kernelSize, inside, _, squeezes, hardswish, stride) = plan.Rows[row];
            return new(
                Width(row - 1), Scale(row > tail ? inside / divisor : inside), Width(row), kernelSize, stride,
                dilation: plan.Dilated && row >= tail ? 2 : 1, Norm,
                activation: () => hardswish ? new Hardswish(inPlace: true) : new ReLU(inPlace: true),
                squeezeExcitation: squeezes ? Squeeze : null);
        }

        // The channels that a row gives, and before the first row the first convolution.
        long Width(int row) => row < 0 ? Scale(16) : Scale(row >= tail ? plan.Rows[row].Channels / divisor : plan.Rows[row].Channels);

        long Scale(long full) => Channels.MakeDivisible(full * plan.Width);
    }

    internal static ModelFamily Family { get; } = new("MobileNet V3",
    [
        Variant("mobilenet_v3_small", 2_542_856, "Howard et al. 2019, table 2: eleven inverted residuals"),
        Variant("mobilenet_v3_large", 5_483_032, "Howard et al. 2019, table 1: fifteen inverted residuals"),
    ]);

    private static BatchNorm2D Norm(long channels) => new(channels, eps: 1e-3, momentum: 0.01);

    private static ConvNormActivation Conv(long inChannels, long outChannels, long kernelSize, long stride = 1) =>
        new(inChannels, outChannels, kernelSize, stride, norm: Norm(outChannels), activation: new Hardswish(inPlace: true));

    // Section 5.3: a quarter of the channels, rounded.
    private static SqueezeExcitation Squeeze(long channels) =>
        new(channels, Channels.MakeDivisible(channels / 4), scaleActivation: new Hardsigmoid());

    private static ModelVariant Variant(string id, long parameters, string description) =>
        new(id, parameters, (3, 224, 224), options => new MobileNetV3(Plans[id], options)) { Description = description };
}
