using Luma.Neural;
using Luma.Neural.Blocks;
using Luma.Neural.Layers;

namespace Luma.Zoo.Models;

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
    // The rows "bottleneck" of table 2: t, c, n and s.
    private static readonly (long Expansion, long Channels, int Count, long Stride)[] Bottlenecks =
    [
        (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1),
    ];

    /// <summary>Makes the network.</summary>
    /// <param name="numClasses">The number of classes.</param>
    /// <param name="inChannels">The number of channels of the input.</param>
    /// <param name="width">The share of the channels of table 2; below 1 the last convolution keeps its 1,280 (section 4).</param>
    /// <param name="roundNearest">What all numbers of channels are multiples of.</param>
    /// <param name="dropout">The probability of dropout before the last layer.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is below its least value, or the width is not positive.</exception>
    public MobileNetV2(long numClasses = 1000, long inChannels = 3, double width = 1, long roundNearest = 8, double dropout = 0.2)
        : base(nameof(MobileNetV2))
    {
        if (!(width > 0 && double.IsFinite(width))) throw new ArgumentOutOfRangeException(nameof(width), width, "Must be positive.");
        ArgumentOutOfRangeException.ThrowIfLessThan(roundNearest, 1);

        var (channels, last) = (Scale(32, width), Scale(1280, Math.Max(1, width)));
        var features = new Sequence { Conv(inChannels, channels, 3, stride: 2) };
        foreach (var row in Bottlenecks)
        {
            for (var place = 0; place < row.Count; place++)
            {
                features.Add(Bottleneck(channels, Scale(row.Channels, width), row.Expansion, place == 0 ? row.Stride : 1));
                channels = Scale(row.Channels, width);
            }
        }
        features.Add(Conv(channels, last, 1));

        Add("features", features);
        Add("avgpool", new GlobalAvgPooling2D());
        Add("flatten", new Flatten());
        Add("classifier", new Sequence { new Dropout(dropout), new Dense(last, numClasses) });
        WeightDrawing.Draw(this, WeightDrawing.KaimingByOutputs, dense => Initializers.Normal(dense.Weight, std: 0.01));

        long Scale(long full, double factor) => Channels.MakeDivisible(full * factor, roundNearest);
    }

    internal static ModelFamily Family { get; } = new("MobileNet V2",
    [
        new("mobilenet_v2", 3_504_872, (3, 224, 224), o => new MobileNetV2(o.NumClasses ?? 1000, o.InChannels ?? 3))
        {
            Description = "Sandler et al. 2018: inverted residuals with linear bottlenecks",
        },
    ]);

    private static ConvNormActivation Conv(long inChannels, long outChannels, long kernelSize, long stride = 1, long groups = 1) =>
        new(inChannels, outChannels, kernelSize, stride, groups: groups, norm: new BatchNorm2D(outChannels), activation: new ReLU6(inPlace: true));

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
