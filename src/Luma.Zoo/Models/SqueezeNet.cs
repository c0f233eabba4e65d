using Luma.Neural;
using Luma.Neural.Blocks;
using Luma.Neural.Layers;

namespace Luma.Zoo.Models;

/// <summary>
/// Iandola et al., "SqueezeNet: AlexNet-level accuracy with 50x fewer parameters and &lt;0.5MB model size" (2016), table 1: fire modules,
/// of which a 1x1 convolution takes channels away and convolutions of 1x1 and 3x3 add others, and no dense layer.
/// </summary>
/// <remarks>
/// Input <c>(N, 3, H, W)</c>, made for 224x224; output <c>(N, 1000)</c>, none of it negative: a rectifier follows the last convolution.
/// Convolutions are drawn uniformly by the number of inputs (He et al. 2015, section 2.2), the last from a normal distribution with a
/// standard deviation of 0.01; biases are 0. Names, layout and initialisation are torchvision's.
/// </remarks>
public abstract class SqueezeNet : Sequence
{
    private protected SqueezeNet(string name, Sequence features, long numClasses, double dropout) : base(name)
    {
        var last = new Convolution2D(512, numClasses, 1);
        Add("features", features);
        Add("classifier", new Sequence { new Dropout(dropout), last, new ReLU(inPlace: true), new AdaptiveAvgPooling2D(1) });
        Add("flatten", new Flatten());

        foreach (var convolution in modules().OfType<Convolution2D>())
        {
            if (ReferenceEquals(convolution, last)) Initializers.Normal(convolution.Weight, std: 0.01);
            else Initializers.KaimingUniform(convolution.Weight);
            Initializers.Constant(convolution.Bias!, 0);
        }
    }

    internal static ModelFamily Family { get; } = new("SqueezeNet",
    [
        new("squeezenet1_0", 1_248_424, (3, 224, 224), o => new SqueezeNet_1_0(o.NumClasses ?? 1000, o.InChannels ?? 3))
        {
            Description = "Iandola et al. 2016, table 1: eight fire modules",
            AdaptWeights = (weights, _) => FeatureWeights.Name(weights),
        },
        new("squeezenet1_1", 1_235_496, (3, 224, 224), o => new SqueezeNet_1_1(o.NumClasses ?? 1000, o.InChannels ?? 3))
        {
            Description = "Iandola et al. 2016, the authors' second release: pooling earlier, 2.4 times less computation",
            AdaptWeights = (weights, _) => FeatureWeights.Name(weights),
        },
    ]);

    private protected static Pooling2D Pool() => new(PoolingMode.Max, 3, stride: 2, ceilMode: true);

    // Figure 1 of the paper.
    private protected static Branches Fire(long inChannels, long squeezed, long expanded) => new()
    {
        { "squeeze", new Convolution2D(inChannels, squeezed, 1) },
        { "squeeze_activation", new ReLU(inPlace: true), "squeeze" },
        { "expand1x1", new Convolution2D(squeezed, expanded, 1), "squeeze_activation" },
        { "expand1x1_activation", new ReLU(inPlace: true), "expand1x1" },
        { "expand3x3", new Convolution2D(squeezed, expanded, 3, padding: 1), "squeeze_activation" },
        { "expand3x3_activation", new ReLU(inPlace: true), "expand3x3" },
    };
}

/// <summary>SqueezeNet 1.0 (Iandola et al. 2016, table 1): 1,248,424 parameters. Input <c>(N, 3, 224, 224)</c>.</summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
/// <param name="dropout">The probability of dropout before the last convolution.</param>
public sealed class SqueezeNet_1_0(long numClasses = 1000, long inChannels = 3, double dropout = 0.5)
    : SqueezeNet(nameof(SqueezeNet_1_0),
    [
        new Convolution2D(inChannels, 96, 7, stride: 2), new ReLU(inPlace: true), Pool(),
        Fire(96, 16, 64), Fire(128, 16, 64), Fire(128, 32, 128), Pool(),
        Fire(256, 32, 128), Fire(256, 48, 192), Fire(384, 48, 192), Fire(384, 64, 256), Pool(),
        Fire(512, 64, 256),
    ], numClasses, dropout);

/// <summary>
/// SqueezeNet 1.1, the authors' second release: 1,235,496 parameters. Input <c>(N, 3, 224, 224)</c>.
/// </summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
/// <param name="dropout">The probability of dropout before the last convolution.</param>
public sealed class SqueezeNet_1_1(long numClasses = 1000, long inChannels = 3, double dropout = 0.5)
    : SqueezeNet(nameof(SqueezeNet_1_1),
    [
        new Convolution2D(inChannels, 64, 3, stride: 2), new ReLU(inPlace: true), Pool(),
        Fire(64, 16, 64), Fire(128, 16, 64), Pool(),
        Fire(128, 32, 128), Fire(256, 32, 128), Pool(),
        Fire(256, 48, 192), Fire(384, 48, 192), Fire(384, 64, 256), Fire(512, 64, 256),
    ], numClasses, dropout);
