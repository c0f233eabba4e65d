using Luma.Neural;
using Luma.Neural.Blocks;
using Luma.Neural.Layers;

namespace Luma.Zoo.Models;

/// <summary>A convolution of an <see cref="AlexNetDesign"/>, with its rectifier and what follows.</summary>
/// <param name="Channels">The number of channels that it gives.</param>
/// <param name="KernelSize">The side of its window.</param>
/// <param name="Stride">The step of the window.</param>
/// <param name="Padding">The padding on each side.</param>
public sealed record AlexNetStage(long Channels, long KernelSize, long Stride, long Padding)
{
    /// <summary>In how many groups its channels see one another: 2 where the paper's two towers, one on each GPU, are apart.</summary>
    public long Groups { get; init; } = 1;

    /// <summary>Whether local response normalisation follows, with k = 2, n = 5, alpha = 1e-4, beta = 0.75.</summary>
    public bool ResponseNorm { get; init; }

    /// <summary>Whether max pooling of 3x3 with a stride of 2 follows.</summary>
    public bool Pooling { get; init; }
}

/// <summary>The plan of an <see cref="AlexNetDesign"/>.</summary>
/// <param name="Stages">The convolutions.</param>
public sealed record AlexNetPlan(IReadOnlyList<AlexNetStage> Stages)
{
    /// <summary>
    /// The side of the images in pixels, on which the first fully connected layer depends; null where the maps are averaged to 6x6, so
    /// that images may have any size.
    /// </summary>
    public int? ImageSize { get; init; }

    /// <summary>Whether response normalisation follows the pooling where a stage has both, and does not come before it.</summary>
    public bool PoolingFirst { get; init; }

    /// <summary>Whether poolings round sizes up.</summary>
    public bool CeilMode { get; init; }

    /// <summary>The probability of dropout on both hidden layers.</summary>
    public double Dropout { get; init; } = 0.5;

    /// <summary>Whether dropout stands before each hidden layer, and not behind its rectifier.</summary>
    public bool DropoutFirst { get; init; }

    /// <summary>
    /// The standard deviation of the normal distribution that weights are drawn from, with constant biases; null for PyTorch's own
    /// initialisation.
    /// </summary>
    public double? WeightStd { get; init; }

    /// <summary>
    /// The layers, counted from 0 over convolutions and fully connected layers, whose constant biases are 1; the others' are 0.
    /// </summary>
    public IReadOnlyList<int> BiasIsOne { get; init; } = [];

    // The Luma neural package's network of the same name.
    internal AlexNetPlan? Luma { get; init; }
}

/// <summary>
/// The networks after Krizhevsky, Sutskever and Hinton, "ImageNet Classification with Deep Convolutional Neural Networks" (2012): five
/// convolutions with rectifiers, pooling between some, and three fully connected layers.
/// </summary>
/// <remarks>
/// <para>
/// The 2012 network is <see cref="AlexNet"/>, <c>alexnet_2012</c>, and Zeiler and Fergus's is <see cref="ZFNet"/>, <c>zfnet</c>. The
/// network that torchvision calls AlexNet is the plan <c>alexnet</c>: Krizhevsky, "One weird trick for parallelizing convolutional
/// neural networks" (2014), with 61,100,840 parameters. Its input is <c>(N, 3, H, W)</c> of at least 63x63, made for 224x224; layers and
/// their initialisation (PyTorch's) are torchvision's.
/// </para>
/// <para>Output logits <c>(N, 1000)</c>.</para>
/// </remarks>
public class AlexNetDesign : Sequence
{
    // The two hidden layers of the classifier, and the side that maps are averaged to, in every network of the family.
    private const long Hidden = 4096, AveragedSide = 6;

    private static readonly AlexNetPlan Krizhevsky = new(
    [
        // channels, window, stride, padding
        new(96, 11, 4, 0) { ResponseNorm = true, Pooling = true },
        new(256, 5, 1, 2) { ResponseNorm = true, Pooling = true },
        new(384, 3, 1, 1),
        new(384, 3, 1, 1),
        new(256, 3, 1, 1) { Pooling = true },
    ])
    {
        ImageSize = 227,
        WeightStd = 0.01,
        BiasIsOne = [1, 3, 4, 5, 6],
    };

    private static readonly AlexNetPlan ZeilerFergus = new(
    [
        // channels, window, stride, padding
        new(96, 7, 2, 1) { ResponseNorm = true, Pooling = true },
        new(256, 5, 2, 0) { ResponseNorm = true, Pooling = true },
        new(384, 3, 1, 1),
        new(384, 3, 1, 1),
        new(256, 3, 1, 1) { Pooling = true },
    ])
    {
        ImageSize = 224,
        PoolingFirst = true,
        CeilMode = true,
        WeightStd = 0.01,
    };

    /// <summary>The plans of the published networks by their ids.</summary>
    public static IReadOnlyDictionary<string, AlexNetPlan> Plans { get; } = new Dictionary<string, AlexNetPlan>
    {
        ["alexnet_2012"] = Krizhevsky with
        {
            Luma = Krizhevsky with { Stages = WithNorms(Krizhevsky.Stages), PoolingFirst = true },
        },
        ["alexnet"] = new(
        [
            // channels, window, stride, padding
            new(64, 11, 4, 2) { Pooling = true },
            new(192, 5, 1, 2) { Pooling = true },
            new(384, 3, 1, 1),
            new(256, 3, 1, 1),
            new(256, 3, 1, 1) { Pooling = true },
        ])
        {
            DropoutFirst = true,
        },
        ["zfnet"] = ZeilerFergus with
        {
            Luma = ZeilerFergus with
            {
                Stages = WithNorms(
                [
                    ZeilerFergus.Stages[0] with { Padding = 0 },
                    ZeilerFergus.Stages[1] with { Padding = 2 },
                    .. ZeilerFergus.Stages.Skip(2),
                ]),
                ImageSize = 227,
                CeilMode = false,
            },
        },
    }.AsReadOnly();

    /// <summary>Makes a network from a plan: a published one, or your own.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="options">
    /// What else may be chosen: <see cref="ModelOptions.Dropout"/>, and <see cref="ModelOptions.ImageSize"/> where the plan has one.
    /// </param>
    /// <exception cref="ArgumentException">The plan has no stages, or an option is not the network's.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is below its least value, or the images are too small.</exception>
    public AlexNetDesign(AlexNetPlan plan, ModelOptions? options = null) : this(nameof(AlexNetDesign), plan, options)
    {
    }

    private protected AlexNetDesign(string name, AlexNetPlan plan, ModelOptions? options) : base(name)
    {
        ArgumentNullException.ThrowIfNull(plan);
        PlanGuard.Probability(plan.Dropout);
        List<string> has = [nameof(ModelOptions.Dropout)];
        if (plan.ImageSize is not null) has.Add(nameof(ModelOptions.ImageSize));
        if (plan.Luma is not null) has.Add(nameof(ModelOptions.Config));
        options = ModelOptions.For(options, name, [.. has]);
        if (options.Config == ModelConfig.Luma) plan = plan.Luma!;
        PlanGuard.Some(plan.Stages, "An AlexNet needs at least one convolution.");
        PlanGuard.Rows(plan.Stages, stage => [stage.Channels, stage.KernelSize, stage.Stride, stage.Groups, stage.Padding + 1]);
        foreach (var (stage, from) in plan.Stages.Zip(plan.Stages.Select(stage => stage.Channels).Prepend(options.InChannels ?? 3)))
        {
            PlanGuard.Divides(stage.Channels, stage.Groups, "plan.Stages");
            PlanGuard.Divides(from, stage.Groups, "plan.Stages");
        }
        var imageSize = options.ImageSize ?? plan.ImageSize;

        Add("features", Features(plan, options.InChannels ?? 3));
        if (imageSize is null) Add("avgpool", new AdaptiveAvgPooling2D(AveragedSide));
        Add("flatten", new Flatten());
        var side = imageSize is { } given ? SideOfMaps(plan, given, options.ImageSize is null ? "plan.ImageSize" : nameof(options)) : AveragedSide;
        var features = plan.Stages[^1].Channels * side * side;
        Add("classifier", Classifier(plan, features, options.NumClasses ?? 1000, options.Dropout ?? plan.Dropout));
        if (plan.WeightStd is { } std) DrawWeights(std, plan.BiasIsOne);
    }

    internal static ModelFamily Family { get; } = new("AlexNet",
    [
        new("alexnet_2012", 62_378_344, (3, 227, 227), options => new AlexNet(options))
        {
            Description = "Krizhevsky et al. 2012, in one tower, with local response normalisation",
            HasLumaConfig = true,
        },
        new("alexnet", 61_100_840, (3, 224, 224), options => new AlexNetDesign(Plans["alexnet"], options))
        {
            Description = "Krizhevsky 2014, \"One weird trick\": 64 to 256 channels, no response normalisation, as torchvision has it",
            Aliases = ["alexnet_2014"],
        },
        new("zfnet", 62_357_608, (3, 224, 224), options => new ZFNet(options))
        {
            Description = "Zeiler and Fergus 2013: AlexNet with 7x7 windows and a stride of 2 in the first layer",
            HasLumaConfig = true,
        },
    ]);

    private static AlexNetStage[] WithNorms(IEnumerable<AlexNetStage> stages) =>
        [.. stages.Select(stage => stage with { ResponseNorm = true })];

    private static Sequence Features(AlexNetPlan plan, long inChannels)
    {
        var features = new Sequence();
        foreach (var (stage, from) in plan.Stages.Zip(plan.Stages.Select(stage => stage.Channels).Prepend(inChannels)))
        {
            features.Add(new Convolution2D(from, stage.Channels, stage.KernelSize, stage.Stride, stage.Padding, groups: stage.Groups));
            features.Add(new ReLU(inPlace: true));
            if (stage.Pooling && plan.PoolingFirst) features.Add(Pool());
            if (stage.ResponseNorm) features.Add(LocalResponseNorm.FromPaper());
            if (stage.Pooling && !plan.PoolingFirst) features.Add(Pool());
        }
        return features;

        Pooling2D Pool() => new(PoolingMode.Max, 3, 2, ceilMode: plan.CeilMode);
    }

    private static Sequence Classifier(AlexNetPlan plan, long inFeatures, long numClasses, double dropout) => plan.DropoutFirst
        ?
        [
            new Dropout(dropout), new Dense(inFeatures, Hidden), new ReLU(inPlace: true),
            new Dropout(dropout), new Dense(Hidden, Hidden), new ReLU(inPlace: true),
            new Dense(Hidden, numClasses),
        ]
        :
        [
            new Dense(inFeatures, Hidden), new ReLU(inPlace: true), new Dropout(dropout),
            new Dense(Hidden, Hidden), new ReLU(inPlace: true), new Dropout(dropout),
            new Dense(Hidden, numClasses),
        ];

    // The side of the last maps.
    private static long SideOfMaps(AlexNetPlan plan, int imageSize, string name)
    {
        var side = plan.Stages.Aggregate((long)imageSize, (side, stage) =>
        {
            var convolved = Slide(side + (2 * stage.Padding), stage.KernelSize, stage.Stride, ceilMode: false);
            return stage.Pooling ? Slide(convolved, 3, 2, plan.CeilMode) : convolved;
        });
        return side > 0
            ? side
            : throw new ArgumentOutOfRangeException(name, imageSize, "Nothing is left of images as small as these.");

        // How many places a window has.
        static long Slide(long side, long window, long stride, bool ceilMode)
        {
            var room = side - window + (ceilMode ? stride - 1 : 0);
            return room < 0 ? 0 : (room / stride) + 1;
        }
    }

    private void DrawWeights(double std, IReadOnlyList<int> biasIsOne)
    {
        WeightDrawing.Draw(
            this, convolution => Initializers.Normal(convolution.Weight, std: std), dense => Initializers.Normal(dense.Weight, std: std));

        var biases = modules().Select(module => (module as Convolution)?.Bias ?? (module as Dense)?.Bias).OfType<Tensor>();
        foreach (var (layer, bias) in biases.Index())
        {
            if (biasIsOne.Contains(layer)) Initializers.Constant(bias, 1);
        }
    }
}

/// <summary>
/// AlexNet as it was published in 2012, and not torchvision's <c>alexnet</c>, which is a plan of <see cref="AlexNetDesign"/>: Krizhevsky,
/// Sutskever and Hinton, "ImageNet Classification with Deep Convolutional Neural Networks" (2012), figure 2, in one tower. 62,378,344
/// parameters; 60,965,224 with the paper's two towers, where the second, fourth and fifth convolution have 2 groups.
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
/// <param name="options">What may be chosen: see <see cref="AlexNetDesign"/>.</param>
public sealed class AlexNet(ModelOptions? options = null) : AlexNetDesign(nameof(AlexNet), Plans["alexnet_2012"], options);

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
/// <param name="options">What may be chosen: see <see cref="AlexNetDesign"/>.</param>
public sealed class ZFNet(ModelOptions? options = null) : AlexNetDesign(nameof(ZFNet), Plans["zfnet"], options);
