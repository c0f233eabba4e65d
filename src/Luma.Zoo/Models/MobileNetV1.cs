using Luma.Neural;
using Luma.Neural.Blocks;
using Luma.Neural.Layers;

namespace Luma.Zoo.Models;

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
public sealed class MobileNetV1 : Block
{
    // Channels at width 1, and stride: the rows "Conv dw" and "Conv" of table 1 taken together.
    private static readonly (long Channels, long Stride)[] Separable =
    [
        (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1), (512, 1), (512, 1), (512, 1), (512, 1), (1024, 2), (1024, 1),
    ];

    private readonly Sequence features, classifier;
    private readonly GlobalAvgPooling2D pool;
    private readonly Flatten flatten;

    /// <summary>Makes the network.</summary>
    /// <param name="numClasses">The number of classes.</param>
    /// <param name="inChannels">The number of channels of the input.</param>
    /// <param name="width">The paper's width multiplier, alpha: the share of the channels of table 1.</param>
    /// <param name="dropout">The probability of dropout before the last layer.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is below its least value, or the width is not positive.</exception>
    public MobileNetV1(long numClasses = 1000, long inChannels = 3, double width = 1, double dropout = 0.001) : base(nameof(MobileNetV1))
    {
        if (!(width > 0 && double.IsFinite(width))) throw new ArgumentOutOfRangeException(nameof(width), width, "Must be positive.");

        var channels = Scale(32);
        features = Register("features", new Sequence
        {
            new ConvNormActivation(inChannels, channels, stride: 2, norm: Norm(channels), activation: new ReLU6(inPlace: true)),
        });
        foreach (var row in Separable)
        {
            features.Add(new DepthwiseSeparableBlock(channels, Scale(row.Channels), row.Stride, Norm, () => new ReLU6(inPlace: true)));
            channels = Scale(row.Channels);
        }
        pool = Register("avgpool", new GlobalAvgPooling2D());
        flatten = Register("flatten", new Flatten());
        var dense = new Dense(channels, numClasses);
        classifier = Register("classifier", new Sequence { new Dropout(dropout), dense });

        foreach (var convolution in modules().OfType<Convolution2D>()) Draw(convolution.Weight);
        Draw(dense.Weight);
        Initializers.Constant(dense.Bias!, 0);

        long Scale(long full) => Math.Max(8, (long)(full * width));
        static BatchNorm2D Norm(long channels) => new(channels, eps: 1e-3, momentum: 1 - 0.9997);
        static void Draw(Tensor weight) => Initializers.TruncatedNormal(weight, std: 0.09, low: -0.18, high: 0.18);
    }

    internal static ModelFamily Family { get; } = new("MobileNet V1",
    [
        Variant("mobilenet_v1", 4_231_976, 1, "1.0"),
        Variant("mobilenet_v1_0_75", 2_585_560, 0.75, "0.75"),
        Variant("mobilenet_v1_0_5", 1_331_592, 0.5, "0.5"),
        Variant("mobilenet_v1_0_25", 470_072, 0.25, "0.25"),
    ]);

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x) => classifier.call(flatten.call(pool.call(features.call(x))));

    private static ModelVariant Variant(string id, long parameters, double width, string name) =>
        new(id, parameters, (3, 224, 224), o => new MobileNetV1(o.NumClasses ?? 1000, o.InChannels ?? 3, width))
        {
            Description = $"Howard et al. 2017: depthwise separable convolutions, width {name}",
        };
}
