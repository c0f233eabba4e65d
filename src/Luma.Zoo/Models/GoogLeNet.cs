using Luma.Neural;
using Luma.Neural.Blocks;
using Luma.Neural.Layers;
using Luma.Zoo.Weights.KeyMaps;

namespace Luma.Zoo.Models;

/// <summary>The plan of a <see cref="GoogLeNet"/>; the defaults are the paper's.</summary>
/// <param name="Style">How the convolutions are made.</param>
public sealed record GoogLeNetPlan(ConvStyle Style)
{
    /// <summary>The side of the windows that are 5x5 in the paper.</summary>
    public long FiveKernel { get; init; } = 5;

    /// <summary>The side of the windows of the last max pooling, which halves 14x14 maps.</summary>
    public long LastPool { get; init; } = 3;

    /// <summary>Whether there is local response normalisation in the stem, as in figure 3.</summary>
    public bool ResponseNorm { get; init; } = true;

    /// <summary>The probability that a feature is dropped before the classifier.</summary>
    public double Dropout { get; init; } = 0.4;

    /// <summary>Whether there are auxiliary heads, <c>aux1</c> and <c>aux2</c>, with a dropout of 0.7 (section 5).</summary>
    public bool AuxiliaryHeads { get; init; }

    /// <summary>
    /// Whether the auxiliary heads average maps of any size to 4x4. Otherwise they take means of 5x5 with a stride of 3, which gives 4x4
    /// for images of 224x224 alone.
    /// </summary>
    public bool AdaptiveHeads { get; init; }

    /// <summary>
    /// The standard deviation of the truncated normal distribution that weights are drawn from; null for PyTorch's own initialisation.
    /// </summary>
    public double? WeightStd { get; init; }

    // The Luma neural package's network of the same name.
    internal GoogLeNetPlan? Luma { get; init; }
}

/// <summary>
/// The network of Szegedy et al., "Going Deeper with Convolutions" (2014), table 1: torchvision's by the plan <c>googlenet</c>, the
/// paper's by the plan <c>inceptionnet_v1</c>, which is <see cref="InceptionNet_V1"/>.
/// </summary>
/// <remarks>
/// <para>
/// Input <c>(N, C, H, W)</c>, 224x224 in the paper, output logits <c>(N, classes)</c>. The auxiliary heads follow the blocks 4a and 4d
/// (section 5).
/// </para>
/// <para>
/// torchvision's has batch normalisation (epsilon 0.001) in place of biases, and 3x3 where the paper has 5x5, as the TensorFlow network
/// whose weights torchvision publishes. It has its auxiliary heads unless it is loaded with published weights: 13,004,888 parameters,
/// 6,624,904 without. Images are of at least 15x15. Its seeded weights are torchvision's with <c>init_weights=True</c>.
/// </para>
/// </remarks>
public class GoogLeNet : AuxiliaryNetwork
{
    // Every convolution with a bias, and no batch normalisation.
    private static readonly GoogLeNetPlan Published = new(new ConvStyle { Norm = false, Bias = true });

    /// <summary>The plans of the published networks by their ids.</summary>
    public static IReadOnlyDictionary<string, GoogLeNetPlan> Plans { get; } = new Dictionary<string, GoogLeNetPlan>
    {
        ["googlenet"] = new(new ConvStyle { Momentum = 0.1 })
        {
            FiveKernel = 3,
            LastPool = 2,
            ResponseNorm = false,
            Dropout = 0.2,
            AuxiliaryHeads = true,
            AdaptiveHeads = true,
            WeightStd = 0.01,
        },
        ["inceptionnet_v1"] = Published with { Luma = Published with { ResponseNorm = false } },
    }.AsReadOnly();

    /// <summary>Makes a network from a plan: a published one, or your own.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="options">
    /// What else may be chosen: <see cref="ModelOptions.AuxiliaryHeads"/>, <see cref="ModelOptions.TransformInput"/> and
    /// <see cref="ModelOptions.Dropout"/>, which is the one before the classifier.
    /// </param>
    /// <exception cref="ArgumentException">An option is not the network's.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// The input is to be transformed but does not have 3 channels, or a number is out of range.
    /// </exception>
    public GoogLeNet(GoogLeNetPlan plan, ModelOptions? options = null) : this(nameof(GoogLeNet), plan, options)
    {
    }

    private protected GoogLeNet(string name, GoogLeNetPlan plan, ModelOptions? options) : base(name)
    {
        ArgumentNullException.ThrowIfNull(plan);
        PlanGuard.Probability(plan.Dropout);
        ArgumentNullException.ThrowIfNull(plan.Style, "plan.Style");
        PlanGuard.AtLeast(1, plan.FiveKernel);
        PlanGuard.Odd([(int)Math.Min(plan.FiveKernel, int.MaxValue)], "plan.FiveKernel");
        PlanGuard.AtLeast(1, plan.LastPool);
        if (plan.WeightStd is { } deviation) PlanGuard.Positive(deviation, "plan.WeightStd");
        List<string> has = [nameof(ModelOptions.AuxiliaryHeads), nameof(ModelOptions.TransformInput), nameof(ModelOptions.Dropout)];
        if (plan.Luma is not null) has.Add(nameof(ModelOptions.Config));
        options = ModelOptions.For(options, name, [.. has]);
        if (options.Config == ModelConfig.Luma) plan = plan.Luma!;
        var (inChannels, numClasses, style) = (options.InChannels ?? 3, options.NumClasses ?? 1000, plan.Style);

        if (options.TransformInput == true) Add("transform_input", new TransformInput(inChannels));
        Add("conv1", style.Conv(inChannels, 64, 7, stride: 2, 3));
        Add("maxpool1", Halve());
        if (plan.ResponseNorm) Add("norm1", ResponseNorm());
        Add("conv2", style.Conv(64, 64, 1));
        Add("conv3", style.Conv(64, 192, 3));
        if (plan.ResponseNorm) Add("norm2", ResponseNorm());
        Add("maxpool2", Halve());

        // channels in, 1x1, 3x3 reduce, 3x3, 5x5 reduce, 5x5, pool
        Add("inception3a", Block(192, 64, 96, 128, 16, 32, 32));
        Add("inception3b", Block(256, 128, 128, 192, 32, 96, 64));
        Add("maxpool3", Halve());

        Add("inception4a", Block(480, 192, 96, 208, 16, 48, 64));
        Add("inception4b", Block(512, 160, 112, 224, 24, 64, 64));
        Add("inception4c", Block(512, 128, 128, 256, 24, 64, 64));
        Add("inception4d", Block(512, 112, 144, 288, 32, 64, 64));
        Add("inception4e", Block(528, 256, 160, 320, 32, 128, 128));
        Add("maxpool4", Halve(plan.LastPool));

        Add("inception5a", Block(832, 256, 160, 320, 32, 128, 128));
        Add("inception5b", Block(832, 384, 192, 384, 48, 128, 128));

        if (options.AuxiliaryHeads ?? plan.AuxiliaryHeads)
        {
            Auxiliary("aux1", Head(512), after: "inception4a");
            Auxiliary("aux2", Head(528), after: "inception4d");
        }

        Add("avgpool", new GlobalAvgPooling2D());
        Add("flatten", new Flatten());
        Add("dropout", new Dropout(options.Dropout ?? plan.Dropout));
        Add("fc", new Dense(1024, numClasses));
        if (plan.WeightStd is { } std)
        {
            WeightDrawing.Draw(
                this, convolution => Initializers.TruncatedNormal(convolution.Weight, std: std),
                dense => Initializers.TruncatedNormal(dense.Weight, std: std), keepBiases: true);
        }

        IncepBlock.V1 Block(long from, long one, long threeReduce, long three, long fiveReduce, long five, long pool) =>
            new(from, one, threeReduce, three, fiveReduce, five, pool, style, plan.FiveKernel);

        AuxiliaryHead Head(long channels)
        {
            Layer pooling = plan.AdaptiveHeads ? new AdaptiveAvgPooling2D(4) : new Pooling2D(PoolingMode.Average, 5, 3);
            return new(channels, pooling, side: 4, numClasses, style);
        }
    }

    internal static ModelFamily Family { get; } = new("GoogLeNet",
    [
        new("googlenet", 13_004_888, (3, 224, 224), options => new GoogLeNet(Plans["googlenet"], options))
        {
            Description = "Szegedy et al. 2014 with batch norm, as TensorFlow and torchvision ship it",
            HasInputTransform = true,
            KeyMap = new AuxiliaryKeyMap(keepsPublished: false, "aux1.", "aux2."),
        },
    ]);

    // The sides of table 1 (112, 56, 28, 14, 7) are met by rounding up.
    private static Pooling2D Halve(long kernel = 3) => new(PoolingMode.Max, kernel, stride: 2, ceilMode: true);

    // Figure 3 of the paper has the layer without its numbers; these are those of Caffe's bvlc_googlenet, which replicates the network.
    private static LocalResponseNorm ResponseNorm() => new(size: 5, alpha: 1e-4, beta: 0.75, k: 1);
}

/// <summary>
/// GoogLeNet as it was published (Szegedy et al. 2014), and not torchvision's, which is the plan <c>googlenet</c> of
/// <see cref="GoogLeNet"/>: every convolution with a bias and without batch normalisation, 6,998,552 parameters without auxiliary heads.
/// Input <c>(N, 3, 224, 224)</c>.
/// </summary>
/// <remarks>
/// Images are of at least 31x31; auxiliary heads, which are fully connected, need the 14x14 maps that 224x224 gives. The Luma
/// configuration has no local response normalisation.
/// </remarks>
/// <param name="options">What may be chosen: see <see cref="GoogLeNet"/>.</param>
public sealed class InceptionNet_V1(ModelOptions? options = null) : GoogLeNet(nameof(InceptionNet_V1), Plans["inceptionnet_v1"], options)
{
    internal static ModelVariant Variant { get; } = new(
        "inceptionnet_v1", 6_998_552, (3, 224, 224), options => new InceptionNet_V1(options))
    {
        Description = "Szegedy et al. 2014, GoogLeNet as published: windows up to 5x5, response norm, no batch norm",
        HasLumaConfig = true,
        KeyMap = new AuxiliaryKeyMap(keepsPublished: false, "aux1.", "aux2."),
    };
}
