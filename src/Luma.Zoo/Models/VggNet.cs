using Luma.Neural;
using Luma.Neural.Blocks;
using Luma.Neural.Layers;

namespace Luma.Zoo.Models;

/// <summary>
/// Simonyan and Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition" (2014): five blocks of 3x3 convolutions
/// (see <see cref="VggBlock"/>) and three fully connected layers, in the configurations of table 1.
/// </summary>
/// <remarks>
/// <para>
/// Input <c>(N, 3, H, W)</c> of at least 32x32, made for 224x224: the maps are averaged to 7x7. Output logits <c>(N, 1000)</c>. Layers
/// are named and initialised as torchvision's: convolutions after He et al. by fan out, dense weights from N(0, 0.01), biases 0.
/// Dropout of 0.5 on both hidden layers (section 3.1).
/// </para>
/// <para>Batch normalisation, where it is asked for, stands between convolution and rectifier, as torchvision has it.</para>
/// </remarks>
public abstract partial class VGGNet : Block
{
    private static readonly long[] Channels = [64, 128, 256, 512, 512];

    private readonly Sequence features, classifier;
    private readonly AdaptiveAvgPooling2D pool;
    private readonly Flatten flatten;

    /// <summary>The columns of table 1: the windows of the convolutions, block by block.</summary>
    private protected static readonly int[][]
        A = [[3], [3], [3, 3], [3, 3], [3, 3]],
        B = [[3, 3], [3, 3], [3, 3], [3, 3], [3, 3]],
        C = [[3, 3], [3, 3], [3, 3, 1], [3, 3, 1], [3, 3, 1]],
        D = [[3, 3], [3, 3], [3, 3, 3], [3, 3, 3], [3, 3, 3]],
        E = [[3, 3], [3, 3], [3, 3, 3, 3], [3, 3, 3, 3], [3, 3, 3, 3]];

    private protected VGGNet(
        string name, int[][] blocks, long numClasses, long inChannels, bool batchNorm, double dropout, bool responseNorm = false) : base(name)
    {
        features = Register("features", new Sequence());
        foreach (var (index, windows) in blocks.Index())
        {
            foreach (var layer in VggBlock.Layers(inChannels, Channels[index], windows, batchNorm, responseNorm && index == 0)) features.Add(layer);
            inChannels = Channels[index];
        }
        pool = Register("avgpool", new AdaptiveAvgPooling2D(7));
        flatten = Register("flatten", new Flatten());
        classifier = Register("classifier", new Sequence
        {
            new Dense(512 * 7 * 7, 4096), new ReLU(inPlace: true), new Dropout(dropout),
            new Dense(4096, 4096), new ReLU(inPlace: true), new Dropout(dropout),
            new Dense(4096, numClasses),
        });

        foreach (var convolution in features.OfType<Convolution2D>())
        {
            Initializers.KaimingNormal(convolution.Weight, Fan.Out);
            Initializers.Constant(convolution.Bias!, 0);
        }
        foreach (var dense in classifier.OfType<Dense>())
        {
            Initializers.Normal(dense.Weight, std: 0.01);
            Initializers.Constant(dense.Bias!, 0);
        }
    }

    internal static ModelFamily Family { get; } = new("VGG",
    [
        .. Pair("vgg11", 132_863_336, 5_504, "VGGNet_11", "table 1, column A",
            (o, norm) => new VGGNet_11(o.NumClasses ?? 1000, o.InChannels ?? 3, norm)),
        .. Pair("vgg11_lrn", 132_863_336, 5_504, "VGGNet_11_LRN", "table 1, column A-LRN: column A with a local response normalisation",
            (o, norm) => new VGGNet_11_LRN(o.NumClasses ?? 1000, o.InChannels ?? 3, norm)),
        .. Pair("vgg13", 133_047_848, 5_888, "VGGNet_13", "table 1, column B",
            (o, norm) => new VGGNet_13(o.NumClasses ?? 1000, o.InChannels ?? 3, norm)),
        .. Pair("vgg16_c", 133_638_952, 8_448, "VGGNet_16_C", "table 1, column C: column D with 1x1 windows",
            (o, norm) => new VGGNet_16_C(o.NumClasses ?? 1000, o.InChannels ?? 3, norm)),
        .. Pair("vgg16", 138_357_544, 8_448, "VGGNet_16", "table 1, column D",
            (o, norm) => new VGGNet_16(o.NumClasses ?? 1000, o.InChannels ?? 3, norm)),
        .. Pair("vgg19", 143_667_240, 11_008, "VGGNet_19", "table 1, column E",
            (o, norm) => new VGGNet_19(o.NumClasses ?? 1000, o.InChannels ?? 3, norm)),
    ]);

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x) => classifier.call(flatten.call(pool.call(features.call(x))));

    // Each configuration comes without and with batch normalisation.
    private static ModelVariant[] Pair(
        string id, long parameters, long ofNorms, string className, string source, Func<ModelOptions, bool, VGGNet> build) =>
    [
        new(id, parameters, (3, 224, 224), options => build(options, false))
        {
            Description = $"Simonyan and Zisserman 2014, {source}",
            AdaptWeights = (weights, network) => FromTimm(weights, (VGGNet)network) ?? FeatureWeights.Name(weights),
            Aliases = [className.ToLowerInvariant()],
        },
        new($"{id}_bn", parameters + ofNorms, (3, 224, 224), options => build(options, true))
        {
            Description = $"Simonyan and Zisserman 2014, {source}, with batch normalisation",
            AdaptWeights = (weights, network) => FromTimm(weights, (VGGNet)network) ?? FeatureWeights.Name(weights),
            Aliases = [$"{className.ToLowerInvariant()}_bn"],
        },
    ];
}

/// <summary>VGG configuration A: 132,863,336 parameters, 5,504 more with batch normalisation.</summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
/// <param name="batchNorm">Whether each convolution is followed by batch normalisation.</param>
/// <param name="dropout">The probability of dropout.</param>
public sealed class VGGNet_11(long numClasses = 1000, long inChannels = 3, bool batchNorm = false, double dropout = 0.5)
    : VGGNet(nameof(VGGNet_11), A, numClasses, inChannels, batchNorm, dropout);

/// <summary>
/// VGG configuration A-LRN, A with AlexNet's local response normalisation after the first convolution's rectifier: 132,863,336
/// parameters, 5,504 more with batch normalisation, with which the paper did not combine it.
/// </summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
/// <param name="batchNorm">Whether each convolution is followed by batch normalisation.</param>
/// <param name="dropout">The probability of dropout.</param>
public sealed class VGGNet_11_LRN(long numClasses = 1000, long inChannels = 3, bool batchNorm = false, double dropout = 0.5)
    : VGGNet(nameof(VGGNet_11_LRN), A, numClasses, inChannels, batchNorm, dropout, responseNorm: true);

/// <summary>VGG configuration B: 133,047,848 parameters, 5,888 more with batch normalisation.</summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
/// <param name="batchNorm">Whether each convolution is followed by batch normalisation.</param>
/// <param name="dropout">The probability of dropout.</param>
public sealed class VGGNet_13(long numClasses = 1000, long inChannels = 3, bool batchNorm = false, double dropout = 0.5)
    : VGGNet(nameof(VGGNet_13), B, numClasses, inChannels, batchNorm, dropout);

/// <summary>
/// VGG configuration C, whose last convolution in each of the last three blocks is 1x1: 133,638,952 parameters, 8,448 more with
/// batch normalisation.
/// </summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
/// <param name="batchNorm">Whether each convolution is followed by batch normalisation.</param>
/// <param name="dropout">The probability of dropout.</param>
public sealed class VGGNet_16_C(long numClasses = 1000, long inChannels = 3, bool batchNorm = false, double dropout = 0.5)
    : VGGNet(nameof(VGGNet_16_C), C, numClasses, inChannels, batchNorm, dropout);

/// <summary>VGG configuration D: 138,357,544 parameters, 8,448 more with batch normalisation.</summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
/// <param name="batchNorm">Whether each convolution is followed by batch normalisation.</param>
/// <param name="dropout">The probability of dropout.</param>
public sealed class VGGNet_16(long numClasses = 1000, long inChannels = 3, bool batchNorm = false, double dropout = 0.5)
    : VGGNet(nameof(VGGNet_16), D, numClasses, inChannels, batchNorm, dropout);

/// <summary>VGG configuration E: 143,667,240 parameters, 11,008 more with batch normalisation.</summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
/// <param name="batchNorm">Whether each convolution is followed by batch normalisation.</param>
/// <param name="dropout">The probability of dropout.</param>
public sealed class VGGNet_19(long numClasses = 1000, long inChannels = 3, bool batchNorm = false, double dropout = 0.5)
    : VGGNet(nameof(VGGNet_19), E, numClasses, inChannels, batchNorm, dropout);
