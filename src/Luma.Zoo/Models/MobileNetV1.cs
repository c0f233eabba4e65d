using Luma.Neural;
using Luma.Neural.Blocks;
using Luma.Neural.Layers;

namespace Luma.Zoo.Models;

/// <summary>
/// A depthwise separable convolution of a <see cref="MobileNetV1"/>: the rows "Conv dw" and "Conv" of table 1 taken together.
/// </summary>
/// <param name="Channels">The number of channels of the output, at width 1.</param>
/// <param name="Stride">The stride.</param>
public sealed record MobileNetV1Row(int Channels, int Stride);

/// <summary>The plan of a <see cref="MobileNetV1"/>.</summary>
/// <param name="Width">The paper's width multiplier, alpha: the share of the channels of table 1.</param>
public sealed record MobileNetV1Plan(double Width = 1)
{
    /// <summary>The depthwise separable convolutions: the paper's table 1 by default.</summary>
    public IReadOnlyList<MobileNetV1Row> Rows { get; init; } =
    [
        // channels, stride
        new(64, 1), new(128, 2), new(128, 1), new(256, 2), new(256, 1), new(512, 2), new(512, 1), new(512, 1), new(512, 1), new(512, 1),
        new(512, 1), new(1024, 2), new(1024, 1),
    ];

    /// <summary>The probability of dropout before the last layer.</summary>
    public double Dropout { get; init; } = 0.001;
}

/// <summary>
/// Howard et al., "MobileNets: Efficient Convolutional Neural Networks for Mobile Vision Applications" (2017), table 1: one
/// convolution, then thirteen depthwise separable ones (see <see cref="DepthwiseSeparableBlock"/>).
/// </summary>
/// <remarks>
/// <para>
/// Input <c>(N, 3, H, W)</c>, made for 224x224, output logits <c>(N, 1000)</c>. 4,231,976 parameters at width 1.
/// </para>
/// <para>
/// What the paper leaves open is as in its authors' code (TensorFlow's slim models, mobilenet_v1): rectifiers cut off at 6, batch
/// normalisation with an epsilon of 0.001 and a momentum of 1 - 0.9997, dropout of 0.001, at least 8 channels at any width, and weights
/// from a normal distribution with a standard deviation of 0.09, cut off at two of them. Strided convolutions are padded by 1 on every
/// side, where that code pads on the right and below only.
/// </para>
/// </remarks>
public sealed class MobileNetV1 : Sequence
{
    /// <summary>The plans of the paper's networks (table 6) by their ids.</summary>
    public static IReadOnlyDictionary<string, MobileNetV1Plan> Plans { get; } = new Dictionary<string, MobileNetV1Plan>
    {
        // width
        ["mobilenet_v1"] = new(1),
        ["mobilenet_v1_0_75"] = new(0.75),
        ["mobilenet_v1_0_5"] = new(0.5),
        ["mobilenet_v1_0_25"] = new(0.25),
    }.AsReadOnly();

    /// <summary>Makes a network from a plan: a published one, or your own.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="options">What else may be chosen: <see cref="ModelOptions.Dropout"/>.</param>
    /// <exception cref="ArgumentException">The plan has no rows, or an option is not the network's.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// A number is below 1, the width is not positive, or a probability does not lie between 0 and 1.
    /// </exception>
    public MobileNetV1(MobileNetV1Plan plan, ModelOptions? options = null) : base(nameof(MobileNetV1))
    {
        ArgumentNullException.ThrowIfNull(plan);
        PlanGuard.Probability(plan.Dropout);
        options = ModelOptions.For(options, nameof(MobileNetV1), nameof(ModelOptions.Dropout));
        PlanGuard.Positive(plan.Width);
        PlanGuard.Rows(plan.Rows, row => [row.Channels, row.Stride]);

        var (inChannels, stem) = (options.InChannels ?? 3, Width(-1));
        var features = new Sequence
        {
            new ConvNormActivation(inChannels, stem, stride: 2, norm: Norm(stem), activation: new ReLU6(inPlace: true)),
        };
        for (var row = 0; row < plan.Rows.Count; row++)
        {
            features.Add(new DepthwiseSeparableBlock(
                Width(row - 1), Width(row), plan.Rows[row].Stride, Norm, () => new ReLU6(inPlace: true)));
        }
        Add("features", features);
        Add("avgpool", new GlobalAvgPooling2D());
        Add("flatten", new Flatten());
        Add("classifier", new Sequence
        {
            new Dropout(options.Dropout ?? plan.Dropout),
            new Dense(Width(plan.Rows.Count - 1), options.NumClasses ?? 1000),
        });
        WeightDrawing.Draw(this, convolution => Draw(convolution.Weight), dense => Draw(dense.Weight));

        // The channels that a row gives, and before the first row the first convolution.
        long Width(int row) => Math.Max(8, (long)((row < 0 ? 32 : plan.Rows[row].Channels) * plan.Width));

        static BatchNorm2D Norm(long channels) => new(channels, eps: 1e-3, momentum: 1 - 0.9997);

        static void Draw(Tensor weight) => Initializers.TruncatedNormal(weight, std: 0.09, low: -0.18, high: 0.18);
    }

    internal static ModelFamily Family { get; } = new("MobileNet V1",
    [
        Variant("mobilenet_v1", 4_231_976, "1.0"),
        Variant("mobilenet_v1_0_75", 2_585_560, "0.75"),
        Variant("mobilenet_v1_0_5", 1_331_592, "0.5"),
        Variant("mobilenet_v1_0_25", 470_072, "0.25"),
    ]);

    private static ModelVariant Variant(string id, long parameters, string width) =>
        new(id, parameters, (3, 224, 224), options => new MobileNetV1(Plans[id], options))
        {
            Description = $"Howard et al. 2017: depthwise separable convolutions, width {width}",
        };
}
