using Luma.Neural;
using Luma.Neural.Blocks;
using Luma.Neural.Layers;

namespace Luma.Zoo.Models;

/// <summary>
/// Howard et al., "Searching for MobileNetV3" (2019), tables 1 and 2: inverted residuals with squeeze and excitation (see
/// <see cref="MBConv"/>), in whose deeper half the swish of straight lines takes the rectifier's place.
/// </summary>
/// <remarks>
/// Input <c>(N, 3, H, W)</c>, made for 224x224; output logits <c>(N, 1000)</c>. Norms have a momentum of 0.01 (section 6.1.1) and an
/// epsilon of 0.001 (the authors' code). Convolutions are drawn from a normal distribution by the number of outputs (He et al. 2015, section 2.2), dense
/// layers with a standard deviation of 0.01. Names, layout, dropout and initialisation are torchvision's.
/// </remarks>
public abstract class MobileNetV3 : Sequence
{
    private protected MobileNetV3(
        string name, MobileNetV3Row[] rows, long hidden, long numClasses, long inChannels, double width, double dropout, bool reducedTail,
        bool dilated) : base(name)
    {
        if (!(width > 0 && double.IsFinite(width))) throw new ArgumentOutOfRangeException(nameof(width), width, "Must be positive.");

        // The tail is the last three rows. The first of them is as wide inside as the rows before it.
        var divisor = reducedTail ? 2 : 1;
        var tail = rows.Length - 3;
        var channels = Scale(16);
        var features = new Sequence { Conv(inChannels, channels, 3, stride: 2) };
        for (var place = 0; place < rows.Length; place++)
        {
            var row = rows[place];
            var outChannels = Scale(place >= tail ? row.Channels / divisor : row.Channels);
            features.Add(new MBConv(
                channels, Scale(place > tail ? row.Hidden / divisor : row.Hidden), outChannels, row.KernelSize, row.Stride,
                dilation: dilated && place >= tail ? 2 : 1, Norm, row.Hardswish ? () => new Hardswish(inPlace: true) : () => new ReLU(inPlace: true),
                row.Squeezes ? Squeeze : null));
            channels = outChannels;
        }
        features.Add(Conv(channels, 6 * channels, 1));

        var units = Scale(hidden / divisor);
        Add("features", features);
        Add("avgpool", new AdaptiveAvgPooling2D(1));
        Add("flatten", new Flatten());
        Add("classifier", new Sequence
        {
            new Dense(6 * channels, units),
            new Hardswish(inPlace: true),
            new Dropout(dropout, inPlace: true),
            new Dense(units, numClasses),
        });
        WeightDrawing.Draw(this, WeightDrawing.KaimingByOutputs, dense => Initializers.Normal(dense.Weight, std: 0.01));

        long Scale(long full) => Channels.MakeDivisible(full * width);
    }

    internal static ModelFamily Family { get; } = new("MobileNet V3",
    [
        new("mobilenet_v3_small", 2_542_856, (3, 224, 224), o => new MobileNetV3_Small(o.NumClasses ?? 1000, o.InChannels ?? 3))
        {
            Description = "Howard et al. 2019, table 2: eleven inverted residuals",
        },
        new("mobilenet_v3_large", 5_483_032, (3, 224, 224), o => new MobileNetV3_Large(o.NumClasses ?? 1000, o.InChannels ?? 3))
        {
            Description = "Howard et al. 2019, table 1: fifteen inverted residuals",
        },
    ]);

    private static BatchNorm2D Norm(long channels) => new(channels, eps: 1e-3, momentum: 0.01);

    private static ConvNormActivation Conv(long inChannels, long outChannels, long kernelSize, long stride = 1) =>
        new(inChannels, outChannels, kernelSize, stride, norm: Norm(outChannels), activation: new Hardswish(inPlace: true));

    // Section 5.3: a quarter of the channels, rounded.
    private static SqueezeExcitation Squeeze(long channels) =>
        new(channels, Channels.MakeDivisible(channels / 4), scaleActivation: new Hardsigmoid());
}

/// <summary>A row "bneck" of table 1 or 2 of the paper.</summary>
/// <param name="KernelSize">The size of the depthwise convolution's window.</param>
/// <param name="Hidden">The number of channels between the convolutions: "exp size".</param>
/// <param name="Channels">The number of channels of the output.</param>
/// <param name="Squeezes">Whether channels are scaled: "SE".</param>
/// <param name="Hardswish">Which activation: "HS", or "RE".</param>
/// <param name="Stride">The stride.</param>
internal readonly record struct MobileNetV3Row(long KernelSize, long Hidden, long Channels, bool Squeezes, bool Hardswish, long Stride);

/// <summary>MobileNetV3-Large (Howard et al. 2019, table 1): 5,483,032 parameters. Input <c>(N, 3, 224, 224)</c>.</summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
/// <param name="width">The share of the channels of table 1.</param>
/// <param name="dropout">The probability of dropout before the last layer.</param>
/// <param name="reducedTail">Whether the last stage has half of its channels, as for detection and segmentation.</param>
/// <param name="dilated">Whether the last stage keeps the size and widens its windows instead, as for segmentation.</param>
/// <exception cref="ArgumentOutOfRangeException">A number is below its least value, or the width is not positive.</exception>
public sealed class MobileNetV3_Large(
    long numClasses = 1000, long inChannels = 3, double width = 1, double dropout = 0.2, bool reducedTail = false, bool dilated = false)
    : MobileNetV3(nameof(MobileNetV3_Large),
    [
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
    ], hidden: 1280, numClasses, inChannels, width, dropout, reducedTail, dilated);

/// <summary>MobileNetV3-Small (Howard et al. 2019, table 2): 2,542,856 parameters. Input <c>(N, 3, 224, 224)</c>.</summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
/// <param name="width">The share of the channels of table 2.</param>
/// <param name="dropout">The probability of dropout before the last layer.</param>
/// <param name="reducedTail">Whether the last stage has half of its channels, as for detection and segmentation.</param>
/// <param name="dilated">Whether the last stage keeps the size and widens its windows instead, as for segmentation.</param>
/// <exception cref="ArgumentOutOfRangeException">A number is below its least value, or the width is not positive.</exception>
public sealed class MobileNetV3_Small(
    long numClasses = 1000, long inChannels = 3, double width = 1, double dropout = 0.2, bool reducedTail = false, bool dilated = false)
    : MobileNetV3(nameof(MobileNetV3_Small),
    [
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
    ], hidden: 1024, numClasses, inChannels, width, dropout, reducedTail, dilated);
