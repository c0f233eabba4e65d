using Luma.Neural;
using Luma.Neural.Blocks;
using Luma.Neural.Layers;

namespace Luma.Zoo.Models;

/// <summary>
/// torchvision's <c>inception_v3</c>, the network that the authors of "Rethinking the Inception Architecture for Computer Vision" (Szegedy
/// et al. 2015) published: a stem with a 1x1, and 5x5 in the first blocks. Input <c>(N, 3, 299, 299)</c>, output logits
/// <c>(N, classes)</c>.
/// </summary>
/// <remarks>
/// Images are of at least 75x75. Batch normalisation has an epsilon of 0.001. Its seeded weights are torchvision's with
/// <c>init_weights=True</c>. torchvision's own constructor has the auxiliary head unless told otherwise; here it is asked for.
/// </remarks>
public sealed class InceptionV3 : AuxiliaryNetwork
{
    private static readonly ConvStyle Style = new() { Momentum = 0.1 };

    /// <summary>Makes the network and draws its weights as torchvision does: truncated normal, with a standard deviation of 0.1.</summary>
    /// <param name="numClasses">The number of classes.</param>
    /// <param name="inChannels">The number of channels of the input.</param>
    /// <param name="auxLogits">Whether there is an auxiliary head, <c>AuxLogits</c>, on the last 17x17 maps.</param>
    /// <param name="transformInput">
    /// Whether images come with ImageNet's mean and deviation and the weights are TensorFlow's, as torchvision's published ones are.
    /// </param>
    /// <param name="dropout">The probability that a feature is dropped before the classifier.</param>
    /// <exception cref="ArgumentOutOfRangeException">The input is transformed but has not 3 channels, or a number is out of range.</exception>
    public InceptionV3(
        long numClasses = 1000, long inChannels = 3, bool auxLogits = false, bool transformInput = false, double dropout = 0.5)
        : base(nameof(InceptionV3))
    {
        if (transformInput) Stage("transform_input", new TransformInput(inChannels));

        Stage("Conv2d_1a_3x3", Style.Conv(inChannels, 32, 3, stride: 2, Pad.Valid));
        Stage("Conv2d_2a_3x3", Style.Conv(32, 32, 3, padding: Pad.Valid));
        Stage("Conv2d_2b_3x3", Style.Conv(32, 64, 3));
        Stage("maxpool1", Halve());
        Stage("Conv2d_3b_1x1", Style.Conv(64, 80, 1));
        Stage("Conv2d_4a_3x3", Style.Conv(80, 192, 3, padding: Pad.Valid));
        Stage("maxpool2", Halve());

        Stage("Mixed_5b", TypeA(192, pool: 32));
        Stage("Mixed_5c", TypeA(256, pool: 64));
        Stage("Mixed_5d", TypeA(288, pool: 64));
        Stage("Mixed_6a", ReduxA(288));
        Stage("Mixed_6b", TypeB(768, inner: 128));
        Stage("Mixed_6c", TypeB(768, inner: 160));
        Stage("Mixed_6d", TypeB(768, inner: 160));
        Stage("Mixed_6e", TypeB(768, inner: 192));

        var auxiliary = auxLogits ? new AuxiliaryClassifier(768, numClasses) : null;
        if (auxiliary is not null) Auxiliary("AuxLogits", auxiliary, after: "Mixed_6e");

        Stage("Mixed_7a", ReduxB(768));
        Stage("Mixed_7b", TypeC(1280));
        Stage("Mixed_7c", TypeC(2048));
        Stage("avgpool", new GlobalAvgPooling2D());
        Stage("dropout", new Dropout(dropout));
        Stage("flatten", new Flatten());
        Stage("fc", new Dense(2048, numClasses));

        foreach (var module in modules())
        {
            // torchvision means the head's second convolution to have 0.01, but sets it where its initialisation does not look.
            if (module is Convolution convolution) Initializers.TruncatedNormal(convolution.Weight, std: 0.1);
            else if (module is Dense dense) Initializers.TruncatedNormal(dense.Weight, std: dense == auxiliary?.Classifier ? 0.001 : 0.1);
        }
    }

    internal static ModelFamily Family { get; } = new("Inception V3",
    [
        new("inception_v3", 23_834_568, (3, 299, 299), o => new InceptionV3(o.NumClasses ?? 1000, o.InChannels ?? 3, transformInput: o.TransformInput ?? false))
        {
            Description = "Szegedy et al. 2015, as its authors and torchvision ship it",
            AdaptWeights = (weights, network) => AuxiliaryWeights.Drop(weights, network, "AuxLogits."),
            HasInputTransform = true,
            FitOptions = (options, _) => options with { TransformInput = options.TransformInput ?? true },
        },
    ]);

    private static Pooling2D Halve() => new(PoolingMode.Max, 3, stride: 2);

    private static Pooling2D Mean() => new(PoolingMode.Average, 3, stride: 1, padding: 1);

    // torchvision names the links of all branches side by side.
    private static Branches TypeA(long channels, long pool) => new()
    {
        { "branch1x1", Style.Conv(channels, 64, 1) },
        { "branch5x5_1", Style.Conv(channels, 48, 1) },
        { "branch5x5_2", Style.Conv(48, 64, 5), "branch5x5_1" },
        { "branch3x3dbl_1", Style.Conv(channels, 64, 1) },
        { "branch3x3dbl_2", Style.Conv(64, 96, 3), "branch3x3dbl_1" },
        { "branch3x3dbl_3", Style.Conv(96, 96, 3), "branch3x3dbl_2" },
        { "pool", Mean() },
        { "branch_pool", Style.Conv(channels, pool, 1), "pool" },
    };

    private static Branches ReduxA(long channels) => new()
    {
        { "branch3x3", Style.Conv(channels, 384, 3, stride: 2, Pad.Valid) },
        { "branch3x3dbl_1", Style.Conv(channels, 64, 1) },
        { "branch3x3dbl_2", Style.Conv(64, 96, 3), "branch3x3dbl_1" },
        { "branch3x3dbl_3", Style.Conv(96, 96, 3, stride: 2, Pad.Valid), "branch3x3dbl_2" },
        { "pool", Halve() },
    };

    private static Branches TypeB(long channels, long inner) => new()
    {
        { "branch1x1", Style.Conv(channels, 192, 1) },
        { "branch7x7_1", Style.Conv(channels, inner, 1) },
        { "branch7x7_2", Style.Conv(inner, inner, (1, 7)), "branch7x7_1" },
        { "branch7x7_3", Style.Conv(inner, 192, (7, 1)), "branch7x7_2" },
        { "branch7x7dbl_1", Style.Conv(channels, inner, 1) },
        { "branch7x7dbl_2", Style.Conv(inner, inner, (7, 1)), "branch7x7dbl_1" },
        { "branch7x7dbl_3", Style.Conv(inner, inner, (1, 7)), "branch7x7dbl_2" },
        { "branch7x7dbl_4", Style.Conv(inner, inner, (7, 1)), "branch7x7dbl_3" },
        { "branch7x7dbl_5", Style.Conv(inner, 192, (1, 7)), "branch7x7dbl_4" },
        { "pool", Mean() },
        { "branch_pool", Style.Conv(channels, 192, 1), "pool" },
    };

    private static Branches ReduxB(long channels) => new()
    {
        { "branch3x3_1", Style.Conv(channels, 192, 1) },
        { "branch3x3_2", Style.Conv(192, 320, 3, stride: 2, Pad.Valid), "branch3x3_1" },
        { "branch7x7x3_1", Style.Conv(channels, 192, 1) },
        { "branch7x7x3_2", Style.Conv(192, 192, (1, 7)), "branch7x7x3_1" },
        { "branch7x7x3_3", Style.Conv(192, 192, (7, 1)), "branch7x7x3_2" },
        { "branch7x7x3_4", Style.Conv(192, 192, 3, stride: 2, Pad.Valid), "branch7x7x3_3" },
        { "pool", Halve() },
    };

    private static Branches TypeC(long channels) => new()
    {
        { "branch1x1", Style.Conv(channels, 320, 1) },
        { "branch3x3_1", Style.Conv(channels, 384, 1) },
        { "branch3x3_2a", Style.Conv(384, 384, (1, 3)), "branch3x3_1" },
        { "branch3x3_2b", Style.Conv(384, 384, (3, 1)), "branch3x3_1" },
        { "branch3x3dbl_1", Style.Conv(channels, 448, 1) },
        { "branch3x3dbl_2", Style.Conv(448, 384, 3), "branch3x3dbl_1" },
        { "branch3x3dbl_3a", Style.Conv(384, 384, (1, 3)), "branch3x3dbl_2" },
        { "branch3x3dbl_3b", Style.Conv(384, 384, (3, 1)), "branch3x3dbl_2" },
        { "pool", Mean() },
        { "branch_pool", Style.Conv(channels, 192, 1), "pool" },
    };

    /// <summary>The auxiliary head: <c>(N, 768, 17, 17)</c> to logits <c>(N, classes)</c>.</summary>
    private sealed class AuxiliaryClassifier : Sequence
    {
        public AuxiliaryClassifier(long channels, long numClasses) : base(nameof(AuxiliaryClassifier))
        {
            Add("pool0", new Pooling2D(PoolingMode.Average, 5, stride: 3));
            Add("conv0", Style.Conv(channels, 128, 1));
            Add("conv1", Style.Conv(128, 768, 5, padding: Pad.Valid));
            Add("pool1", new GlobalAvgPooling2D());
            Add("flatten", new Flatten());
            Add("fc", Classifier = new Dense(768, numClasses));
        }

        public Dense Classifier { get; }
    }
}
