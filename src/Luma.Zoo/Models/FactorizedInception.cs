using Luma.Neural.Blocks;
using Luma.Neural.Layers;
using Luma.Zoo.Weights.KeyMaps;

namespace Luma.Zoo.Models;

/// <summary>The plan of a <see cref="FactorizedInception"/>.</summary>
public sealed record FactorizedInceptionPlan
{
    /// <summary>How the convolutions are made: by default with batch normalisation and without biases.</summary>
    public ConvStyle Style { get; init; } = new();

    /// <summary>
    /// The filters of all but the last convolution in the branches of each block on the 17x17 maps. The paper does not print them: the
    /// authors' code has 128, 160, 160 and 192, which is a block fewer than table 1.
    /// </summary>
    public IReadOnlyList<long> InnerFilters { get; init; } = [128, 160, 160, 160, 192];

    /// <summary>
    /// What the branches with pooling take on the 17x17 and 8x8 maps; the paper says only "Pool", the authors' code has means.
    /// </summary>
    public PoolingMode Pooling { get; init; } = PoolingMode.Average;

    /// <summary>The probability that a feature is dropped before the classifier: 0.2 in the authors' <c>inception_v3.py</c>.</summary>
    public double Dropout { get; init; } = 0.2;

    /// <summary>Whether there is an auxiliary head, <c>aux</c>, on the last 17x17 maps (figure 8).</summary>
    public bool AuxiliaryHeads { get; init; }

    /// <summary>Whether the hidden units of the auxiliary head are batch-normalised: the paper's "BN-auxiliary".</summary>
    public bool NormedHeads { get; init; }

    // The Luma neural package's network of the same name.
    internal FactorizedInceptionPlan? Luma { get; init; }
}

/// <summary>
/// Inception-v2 and Inception-v3 as the paper's table 1 has them, and not torchvision's <c>inception_v3</c>, which is
/// <see cref="InceptionV3"/>: Szegedy et al., "Rethinking the Inception Architecture for Computer Vision" (2015).
/// </summary>
/// <remarks>
/// Input <c>(N, C, H, W)</c>, 299x299 in the paper, of at least 75x75, output logits <c>(N, classes)</c>. An auxiliary head, which is
/// fully connected, needs the 17x17 maps that 299x299 gives. The network that the authors published afterwards, and torchvision after
/// them, has another stem and other blocks.
/// </remarks>
public class FactorizedInception : AuxiliaryNetwork
{
    private static readonly FactorizedInceptionPlan Luma = new()
    {
        Style = new ConvStyle { Bias = true },
        Pooling = PoolingMode.Max,
        Dropout = 0.4,
    };

    /// <summary>The plans of the published networks by their ids.</summary>
    public static IReadOnlyDictionary<string, FactorizedInceptionPlan> Plans { get; } = new Dictionary<string, FactorizedInceptionPlan>
    {
        ["inceptionnet_v2"] = new() { Luma = Luma with { Style = Luma.Style with { Norm = false } } },
        ["inceptionnet_v3"] = new() { NormedHeads = true, Luma = Luma with { NormedHeads = true } },
    }.AsReadOnly();

    /// <summary>Makes a network from a plan: a published one, or your own.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="options">
    /// What else may be chosen: <see cref="ModelOptions.AuxiliaryHeads"/> and <see cref="ModelOptions.Dropout"/>, which is the one before
    /// the classifier.
    /// </param>
    /// <exception cref="ArgumentException">The plan has no block on the 17x17 maps, or an option is not the network's.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public FactorizedInception(FactorizedInceptionPlan plan, ModelOptions? options = null)
        : this(nameof(FactorizedInception), plan, options)
    {
    }

    private protected FactorizedInception(string name, FactorizedInceptionPlan plan, ModelOptions? options) : base(name)
    {
        ArgumentNullException.ThrowIfNull(plan);
        PlanGuard.Probability(plan.Dropout);
        List<string> has = [nameof(ModelOptions.AuxiliaryHeads), nameof(ModelOptions.Dropout)];
        if (plan.Luma is not null) has.Add(nameof(ModelOptions.Config));
        options = ModelOptions.For(options, name, [.. has]);
        if (options.Config == ModelConfig.Luma) plan = plan.Luma!;
        if (plan.InnerFilters.Count is 0 or > 26)
            throw new ArgumentException("There must be 1 to 26 blocks on the 17x17 maps, which have letters.", "plan.InnerFilters");
        foreach (var filters in plan.InnerFilters) PlanGuard.AtLeast(1, filters, "plan.InnerFilters");
        ArgumentNullException.ThrowIfNull(plan.Style, "plan.Style");
        var (numClasses, style, pooling) = (options.NumClasses ?? 1000, plan.Style, plan.Pooling);

        Add("conv1", style.Conv(options.InChannels ?? 3, 32, 3, stride: 2, Pad.Valid));
        Add("conv2", style.Conv(32, 32, 3, padding: Pad.Valid));
        Add("conv3", style.Conv(32, 64, 3));
        Add("maxpool", new Pooling2D(PoolingMode.Max, 3, stride: 2));
        Add("conv4", style.Conv(64, 80, 3, padding: Pad.Valid));
        Add("conv5", style.Conv(80, 192, 3, stride: 2, Pad.Valid));
        Add("conv6", style.Conv(192, 288, 3));

        foreach (var letter in "abc") Add($"inception3{letter}", new IncepBlock.V2_TypeA(288, style: style));
        Add("reduction3", new IncepBlock.V2_Redux(288, reduce: 64, three: 384, twice: 96, style));

        foreach (var (place, inner) in plan.InnerFilters.Index())
            Add($"inception4{Letter(place)}", new IncepBlock.V2_TypeB(768, inner, pooling: pooling, style: style));
        Add("reduction4", new IncepBlock.V2_Redux(768, reduce: 192, three: 320, twice: 192, style));

        Add("inception5a", new IncepBlock.V2_TypeC(1280, pooling: pooling, style: style));
        Add("inception5b", new IncepBlock.V2_TypeC(2048, pooling: pooling, style: style));

        if (options.AuxiliaryHeads ?? plan.AuxiliaryHeads)
        {
            // Figure 8: means of 5x5 at a stride of 3 bring 17x17 to 5x5.
            var norm = plan.NormedHeads ? new BatchNorm1D(1024, style.Eps, style.Momentum) : null;
            var pool = new Pooling2D(PoolingMode.Average, 5, stride: 3);
            Auxiliary(
                "aux", new AuxiliaryHead(768, pool, side: 5, numClasses, style, norm: norm),
                after: $"inception4{Letter(plan.InnerFilters.Count - 1)}");
        }

        Add("avgpool", new GlobalAvgPooling2D());
        Add("flatten", new Flatten());
        Add("dropout", new Dropout(options.Dropout ?? plan.Dropout));
        Add("fc", new Dense(2048, numClasses));

        static char Letter(int place) => (char)('a' + place);
    }

    private protected static KeyMap AuxiliaryKeys { get; } = new AuxiliaryKeyMap(keepsPublished: false, "aux.");
}

/// <summary>
/// Inception-v2 (Szegedy et al. 2015, table 1): 25,013,960 parameters without auxiliary head. Input <c>(N, 3, 299, 299)</c>.
/// </summary>
/// <remarks>
/// In the paper Inception-v3 is this network with a batch-normalised auxiliary head and a better training; without the head the two are
/// one. The Luma configuration has no batch normalisation.
/// </remarks>
/// <param name="options">What may be chosen: see <see cref="FactorizedInception"/>.</param>
public sealed class InceptionNet_V2(ModelOptions? options = null)
    : FactorizedInception(nameof(InceptionNet_V2), Plans["inceptionnet_v2"], options)
{
    internal static ModelVariant Variant { get; } = new(
        "inceptionnet_v2", 25_013_960, (3, 299, 299), options => new InceptionNet_V2(options))
    {
        Description = "Szegedy et al. 2015, table 1: 5x5 and 7x7 factorised",
        HasLumaConfig = true,
        KeyMap = AuxiliaryKeys,
    };
}

/// <summary>
/// Inception-v3 as its paper has it, and not torchvision's <c>inception_v3</c>, which is <see cref="InceptionV3"/>: the network of table 1
/// of Szegedy et al. (2015), its auxiliary head batch-normalised too (section 6). 25,013,960 parameters without the head. Input
/// <c>(N, 3, 299, 299)</c>.
/// </summary>
/// <param name="options">What may be chosen: see <see cref="FactorizedInception"/>.</param>
public sealed class InceptionNet_V3(ModelOptions? options = null)
    : FactorizedInception(nameof(InceptionNet_V3), Plans["inceptionnet_v3"], options)
{
    internal static ModelVariant Variant { get; } = new(
        "inceptionnet_v3", 25_013_960, (3, 299, 299), options => new InceptionNet_V3(options))
    {
        Description = "Szegedy et al. 2015, section 6: Inception-v2 with a batch-normalised auxiliary head",
        HasLumaConfig = true,
        KeyMap = AuxiliaryKeys,
    };
}
