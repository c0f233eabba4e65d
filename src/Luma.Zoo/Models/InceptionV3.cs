using Luma.Neural;
using Luma.Neural.Blocks;
using Luma.Neural.Layers;
using Luma.Zoo.Weights.KeyMaps;

namespace Luma.Zoo.Models;

/// <summary>The plan of an <see cref="InceptionV3"/>; the defaults are torchvision's.</summary>
public sealed record InceptionV3Plan
{
    /// <summary>The probability that a feature is dropped before the classifier.</summary>
    public double Dropout { get; init; } = 0.5;

    /// <summary>Whether there is an auxiliary head, <c>AuxLogits</c>, on the last 17x17 maps.</summary>
    public bool AuxiliaryHeads { get; init; } = true;

    /// <summary>
    /// The standard deviation of the truncated normal distribution that weights are drawn from. That of the head's last layer is a
    /// hundredth of it.
    /// </summary>
    public double WeightStd { get; init; } = 0.1;
}

/// <summary>
/// torchvision's <c>inception_v3</c>, the network that the authors of "Rethinking the Inception Architecture for Computer Vision" (Szegedy
/// et al. 2015) published, and not their paper's, which is <see cref="InceptionNet_V3"/>: a stem with a 1x1, and 5x5 in the first blocks.
/// Input <c>(N, 3, 299, 299)</c>, output logits <c>(N, classes)</c>.
/// </summary>
/// <remarks>
/// Images are of at least 75x75, in training with the auxiliary head of 299x299. It has the head unless told otherwise, as in torchvision:
/// 27,161,264 parameters, 23,834,568 without. Batch normalisation has an epsilon of 0.001. Its seeded weights are torchvision's with
/// <c>init_weights=True</c>.
/// </remarks>
public sealed class InceptionV3 : AuxiliaryNetwork
{
    private static readonly ConvStyle Style = new() { Momentum = 0.1 };

    /// <summary>The plans of the published networks by their ids.</summary>
    public static IReadOnlyDictionary<string, InceptionV3Plan> Plans { get; } = new Dictionary<string, InceptionV3Plan>
    {
        ["inception_v3"] = new(),
    }.AsReadOnly();

    /// <summary>Makes a network from a plan: the published one, or your own.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="options">
    /// What else may be chosen: <see cref="ModelOptions.AuxiliaryHeads"/>, <see cref="ModelOptions.TransformInput"/> and
    /// <see cref="ModelOptions.Dropout"/>.
    /// </param>
    /// <exception cref="ArgumentException">An option is not the network's.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The input is to be transformed but does not have 3 channels, or a number is out of range.
    /// </exception>
    public InceptionV3(InceptionV3Plan plan, ModelOptions? options = null) : base(nameof(InceptionV3))
    {
        ArgumentNullException.ThrowIfNull(plan);
        PlanGuard.Probability(plan.Dropout);
        PlanGuard.Positive(plan.WeightStd);
        options = ModelOptions.For(
            options, nameof(InceptionV3),
            nameof(ModelOptions.AuxiliaryHeads), nameof(ModelOptions.TransformInput), nameof(ModelOptions.Dropout));
        var (inChannels, numClasses) = (options.InChannels ?? 3, options.NumClasses ?? 1000);

        if (options.TransformInput == true) Add("transform_input", new TransformInput(inChannels));
        Add("Conv2d_1a_3x3", Style.Conv(inChannels, 32, 3, stride: 2, Pad.Valid));
        Add("Conv2d_2a_3x3", Style.Conv(32, 32, 3, padding: Pad.Valid));
        Add("Conv2d_2b_3x3", Style.Conv(32, 64, 3));
        Add("maxpool1", Halve());
        Add("Conv2d_3b_1x1", Style.Conv(64, 80, 1));
        Add("Conv2d_4a_3x3", Style.Conv(80, 192, 3, padding: Pad.Valid));
        Add("maxpool2", Halve());

        Add("Mixed_5b", TypeA(192, pool: 32));
        Add("Mixed_5c", TypeA(256, pool: 64));
        Add("Mixed_5d", TypeA(288, pool: 64));
        Add("Mixed_6a", ReduxA(288));
        Add("Mixed_6b", TypeB(768, inner: 128));
        Add("Mixed_6c", TypeB(768, inner: 160));
        Add("Mixed_6d", TypeB(768, inner: 160));
        Add("Mixed_6e", TypeB(768, inner: 192));

        var auxiliary = options.AuxiliaryHeads ?? plan.AuxiliaryHeads ? new AuxiliaryClassifier(768, numClasses) : null;
        if (auxiliary is not null) Auxiliary("AuxLogits", auxiliary, after: "Mixed_6e");

        Add("Mixed_7a", ReduxB(768));
        Add("Mixed_7b", TypeC(1280));
        Add("Mixed_7c", TypeC(2048));
        Add("avgpool", new GlobalAvgPooling2D());
        Add("dropout", new Dropout(options.Dropout ?? plan.Dropout));
        Add("flatten", new Flatten());
        Add("fc", new Dense(2048, numClasses));

        // torchvision means the head's second convolution to have a tenth, but says so where its initialisation does not look.
        WeightDrawing.Draw(
            this, convolution => Initializers.TruncatedNormal(convolution.Weight, std: plan.WeightStd),
            dense => Initializers.TruncatedNormal(dense.Weight, std: dense == auxiliary?.Classifier ? plan.WeightStd / 100 : plan.WeightStd),
            keepBiases: true);
    }

    internal static ModelFamily Family { get; } = new("Inception V3",
    [
        new("inception_v3", 27_161_264, (3, 299, 299), options => new InceptionV3(Plans["inception_v3"], options))
        {
            Description = "Szegedy et al. 2015, as its authors and torchvision ship it",
            HasInputTransform = true,
            KeyMap = new AuxiliaryKeyMap(keepsPublished: true, "AuxLogits."),
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
