using Luma.Neural;
using Luma.Neural.Blocks;
using Luma.Neural.Layers;

namespace Luma.Zoo.Models;

/// <summary>
/// What the networks of the AlexNet family share: five convolutions with rectifiers, pooling between some, and three fully
/// connected layers.
/// </summary>
public abstract class AlexNetBase : Block
{
    // The two hidden layers of the classifier, in every network of the family.
    private protected const long Hidden = 4096;

    private readonly Layer? pool;
    private readonly Flatten flatten;

    private protected AlexNetBase(string name, Sequence features, Sequence classifier, Layer? pool = null) : base(name)
    {
        Features = Register("features", features);
        this.pool = pool is null ? null : Register("avgpool", pool);
        flatten = Register("flatten", new Flatten());
        Classifier = Register("classifier", classifier);
    }

    private protected Sequence Features { get; }

    private protected Sequence Classifier { get; }

    internal static ModelFamily Family { get; } = new("AlexNet",
    [
        new("alexnet_2012", 62_378_344, (3, 227, 227), o => new AlexNet(o.NumClasses ?? 1000, o.InChannels ?? 3, config: o.Config))
        {
            Description = "Krizhevsky et al. 2012, in one tower, with local response normalisation",
            HasLumaConfig = true,
        },
        new("alexnet", 61_100_840, (3, 224, 224), o => new AlexNet_2014(o.NumClasses ?? 1000, o.InChannels ?? 3))
        {
            Description = "Krizhevsky 2014, \"One weird trick\": 64 to 256 channels, no response normalisation, as torchvision has it",
            Aliases = ["alexnet_2014"],
        },
        new("zfnet", 62_357_608, (3, 224, 224), o => new ZFNet(o.NumClasses ?? 1000, o.InChannels ?? 3, config: o.Config))
        {
            Description = "Zeiler and Fergus 2013: AlexNet with 7x7 windows and a stride of 2 in the first layer",
            HasLumaConfig = true,
        },
    ]);

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x)
    {
        x = Features.call(x);
        if (pool is not null) x = pool.call(x);
        return Classifier.call(flatten.call(x));
    }

    // Five convolutions with rectifiers; poolings and norms as each says.
    private protected static Sequence Convolve(long inChannels, params ReadOnlySpan<Stage> stages)
    {
        var features = new Sequence();
        foreach (var stage in stages)
        {
            features.Add(new Convolution2D(inChannels, stage.Channels, stage.KernelSize, stage.Stride, stage.Padding, groups: stage.Groups));
            features.Add(new ReLU(inPlace: true));
            foreach (var layer in stage.Then) features.Add(layer);
            inChannels = stage.Channels;
        }
        return features;
    }

    // Dropout on both hidden layers, after the rectifier.
    private protected static Sequence Classify(long inFeatures, long numClasses, double dropout) =>
    [
        new Dense(inFeatures, Hidden), new ReLU(inPlace: true), new Dropout(dropout),
        new Dense(Hidden, Hidden), new ReLU(inPlace: true), new Dropout(dropout),
        new Dense(Hidden, numClasses),
    ];

    // Weights from N(0, 0.01); the layers, counted from 0, whose biases start at 1, the others' at 0.
    private protected void DrawWeights(int[] biasIsOne)
    {
        var convolutions = Features.OfType<Convolution2D>().Select(layer => (layer.Weight, layer.Bias!));
        var dense = Classifier.OfType<Dense>().Select(layer => (layer.Weight, layer.Bias!));
        foreach (var (index, (weight, bias)) in convolutions.Concat(dense).Index())
        {
            Initializers.Normal(weight, std: 0.01);
            Initializers.Constant(bias, biasIsOne.Contains(index) ? 1 : 0);
        }
    }

    private protected static Pooling2D Pool(bool ceilMode = false) => new(PoolingMode.Max, 3, 2, ceilMode: ceilMode);

    private protected sealed record Stage(
        long Channels, long KernelSize, long Stride, long Padding, long Groups, params IReadOnlyList<Layer> Then);
}

/// <summary>
/// AlexNet: Krizhevsky, Sutskever and Hinton, "ImageNet Classification with Deep Convolutional Neural Networks" (2012), figure 2.
/// 62,378,344 parameters in one tower; 60,965,224 in the paper's two.
/// </summary>
/// <remarks>
/// <para>
/// Input <c>(N, 3, 227, 227)</c> (the paper says 224, with which its 55x55 maps do not come out), output logits <c>(N, 1000)</c>.
/// Response normalisation with k = 2, n = 5, alpha = 1e-4, beta = 0.75 follows the rectifiers of the first two convolutions
/// (sections 3.3 and 3.5), overlapping pooling of 3x3 with a stride of 2 the norms and the fifth convolution (3.4, 3.5), dropout of
/// 0.5 the two hidden layers (4.2).
/// </para>
/// <para>
/// Weights are drawn from N(0, 0.01); biases are 1 in the second, fourth and fifth convolution and in the hidden layers, else 0
/// (section 5). The Luma configuration normalises after all five convolutions, and after the pooling where there is one.
/// </para>
/// </remarks>
public sealed class AlexNet : AlexNetBase
{
    /// <summary>Makes the network.</summary>
    /// <param name="numClasses">The number of classes.</param>
    /// <param name="inChannels">The number of channels of the input.</param>
    /// <param name="groups">
    /// The number of towers: 2 as on the paper's two GPUs, where the second, fourth and fifth convolution see their own tower only.
    /// </param>
    /// <param name="responseNorm">Whether there is local response normalisation.</param>
    /// <param name="padding">The padding of the first convolution.</param>
    /// <param name="inputSize">The height and width of the input, on which the first fully connected layer depends.</param>
    /// <param name="dropout">The probability of dropout.</param>
    /// <param name="config">Where the response normalisation stands.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is below its least value, or the input is too small.</exception>
    public AlexNet(
        long numClasses = 1000, long inChannels = 3, long groups = 1, bool responseNorm = true, long padding = 0, long inputSize = 227,
        double dropout = 0.5, ModelConfig config = ModelConfig.Default)
        : base(
            nameof(AlexNet), MakeFeatures(inChannels, groups, responseNorm, padding, config == ModelConfig.Luma),
            Classify(256 * Side(inputSize, padding) * Side(inputSize, padding), numClasses, dropout))
    {
        DrawWeights(biasIsOne: [1, 3, 4, 5, 6]);
    }

    private static Sequence MakeFeatures(long inChannels, long groups, bool responseNorm, long padding, bool luma)
    {
        return luma
            ? Convolve(inChannels,
                new(96, 11, 4, padding, 1, [Pool(), .. Norm()]),
                new(256, 5, 1, 2, groups, [Pool(), .. Norm()]),
                new(384, 3, 1, 1, 1, Norm()),
                new(384, 3, 1, 1, groups, Norm()),
                new(256, 3, 1, 1, groups, [Pool(), .. Norm()]))
            : Convolve(inChannels,
                new(96, 11, 4, padding, 1, [.. Norm(), Pool()]),
                new(256, 5, 1, 2, groups, [.. Norm(), Pool()]),
                new(384, 3, 1, 1, 1),
                new(384, 3, 1, 1, groups),
                new(256, 3, 1, 1, groups, Pool()));

        Layer[] Norm() => responseNorm ? [LocalResponseNorm.FromPaper()] : [];
    }

    // The first convolution and three poolings take from the side; the other convolutions keep it.
    private static long Side(long inputSize, long padding)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(inputSize, 67 - (2 * padding));
        var side = ((inputSize + (2 * padding) - 11) / 4) + 1;
        for (var pooling = 0; pooling < 3; pooling++) side = ((side - 3) / 2) + 1;
        return side;
    }
}

/// <summary>
/// The network that torchvision calls AlexNet: Krizhevsky, "One weird trick for parallelizing convolutional neural networks" (2014).
/// 61,100,840 parameters.
/// </summary>
/// <remarks>
/// Input <c>(N, 3, H, W)</c> of at least 63x63, made for 224x224: the maps are averaged to 6x6. Output logits <c>(N, 1000)</c>. Layers
/// and their initialisation (PyTorch's) are torchvision's, with dropout before the hidden layers.
/// </remarks>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
/// <param name="dropout">The probability of dropout.</param>
public sealed class AlexNet_2014(long numClasses = 1000, long inChannels = 3, double dropout = 0.5) : AlexNetBase(
    nameof(AlexNet_2014),
    Convolve(inChannels,
        new(64, 11, 4, 2, 1, Pool()),
        new(192, 5, 1, 2, 1, Pool()),
        new(384, 3, 1, 1, 1),
        new(256, 3, 1, 1, 1),
        new(256, 3, 1, 1, 1, Pool())),
    [
        new Dropout(dropout), new Dense(256 * 6 * 6, Hidden), new ReLU(inPlace: true),
        new Dropout(dropout), new Dense(Hidden, Hidden), new ReLU(inPlace: true),
        new Dense(Hidden, numClasses),
    ],
    new AdaptiveAvgPooling2D(6));

/// <summary>
/// ZFNet: Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks" (2013), figure 3. 62,357,608 parameters.
/// </summary>
/// <remarks>
/// <para>
/// Input <c>(N, 3, 224, 224)</c>, output logits <c>(N, 1000)</c>. The maps are the figure's, 110, 55, 26, 13 and 6 wide, which takes a
/// padding of 1 in the first convolution and poolings that round up. The first two poolings are followed by contrast normalisation
/// across channels, for which the paper has no numbers: they are AlexNet's. Dropout of 0.5 on both hidden layers; weights are drawn
/// from N(0, 0.01) and biases are 0 (section 3).
/// </para>
/// <para>
/// The Luma configuration takes 227x227, normalises after all five convolutions, and pads the second convolution instead of the first
/// and the poolings. (The Luma package's table prints its figures for 10 classes, 58,301,578 parameters.)
/// </para>
/// </remarks>
public sealed class ZFNet : AlexNetBase
{
    /// <summary>Makes the network.</summary>
    /// <param name="numClasses">The number of classes.</param>
    /// <param name="inChannels">The number of channels of the input.</param>
    /// <param name="dropout">The probability of dropout.</param>
    /// <param name="config">Which paddings there are, and where the response normalisation stands.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is below its least value.</exception>
    public ZFNet(long numClasses = 1000, long inChannels = 3, double dropout = 0.5, ModelConfig config = ModelConfig.Default)
        : base(
            nameof(ZFNet), config == ModelConfig.Luma ? LumaFeatures(inChannels) : MakeFeatures(inChannels),
            Classify(256 * 6 * 6, numClasses, dropout))
    {
        DrawWeights(biasIsOne: []);
    }

    private static Sequence MakeFeatures(long inChannels) => Convolve(inChannels,
        new(96, 7, 2, 1, 1, Pool(ceilMode: true), LocalResponseNorm.FromPaper()),
        new(256, 5, 2, 0, 1, Pool(ceilMode: true), LocalResponseNorm.FromPaper()),
        new(384, 3, 1, 1, 1),
        new(384, 3, 1, 1, 1),
        new(256, 3, 1, 1, 1, Pool(ceilMode: true)));

    private static Sequence LumaFeatures(long inChannels) => Convolve(inChannels,
        new(96, 7, 2, 0, 1, Pool(), LocalResponseNorm.FromPaper()),
        new(256, 5, 2, 2, 1, Pool(), LocalResponseNorm.FromPaper()),
        new(384, 3, 1, 1, 1, LocalResponseNorm.FromPaper()),
        new(384, 3, 1, 1, 1, LocalResponseNorm.FromPaper()),
        new(256, 3, 1, 1, 1, Pool(), LocalResponseNorm.FromPaper()));
}
