using Luma.Neural;
using Luma.Neural.Blocks;
using Luma.Neural.Layers;

namespace Luma.Zoo.Models;

/// <summary>One stage of an <see cref="AnyNet"/>: blocks of one width, the first of which reduces the maps.</summary>
/// <param name="Depth">The number of blocks.</param>
/// <param name="Width">The number of channels.</param>
/// <param name="GroupWidth">How many channels of the bottleneck make a group.</param>
/// <param name="BottleneckRatio">The width of the bottleneck as a share of <paramref name="Width"/>.</param>
/// <param name="Stride">The step of the first block.</param>
/// <param name="SqueezeRatio">
/// The narrow layer of squeeze-and-excitation as a share of the channels that come into the block; null for none.
/// </param>
public sealed record AnyStage(
    int Depth, long Width, long GroupWidth, double BottleneckRatio = 1, long Stride = 2, double? SqueezeRatio = null);

/// <summary>The plan of an <see cref="AnyNet"/>.</summary>
/// <param name="StemWidth">The number of channels of the stem, a 3x3 convolution with a stride of 2.</param>
/// <param name="Stages">The stages of the body.</param>
public sealed record AnyNetPlan(long StemWidth, IReadOnlyList<AnyStage> Stages)
{
    // Section 3.3: "for convenience" widths are multiples of 8. Section 3.1: the stem has 32 channels.
    private const int Quantum = 8, RegNetStemWidth = 32;

    /// <summary>Whether the convolutions add a bias before the norm.</summary>
    public bool ConvBias { get; init; }

    /// <summary>The number of classes.</summary>
    public long NumClasses { get; init; } = 1000;

    /// <summary>The number of channels of the input.</summary>
    public long InChannels { get; init; } = 3;

    /// <summary>
    /// The plan of a RegNet, whose widths follow a quantised line, after section 3.3 of the paper. Block j would have w0 + wa * j
    /// channels; they become w0 times the nearest power of wm, and then the nearest multiple of 8. Neighbours of one width make a stage.
    /// All strides are 2, all bottlenecks as wide as their block.
    /// </summary>
    /// <param name="depth">The number of blocks.</param>
    /// <param name="w0">The width that the line begins with.</param>
    /// <param name="wa">The slope of the line.</param>
    /// <param name="wm">The ratio of neighbouring widths.</param>
    /// <param name="groupWidth">How many channels of a bottleneck make a group, unless it has fewer.</param>
    /// <param name="squeezeRatio">The share of squeeze-and-excitation, 0.25 in RegNetY; null for none, as in RegNetX.</param>
    /// <returns>The plan.</returns>
    /// <remarks>
    /// Where a width lies halfway between two multiples of its group's it is torchvision's, the greater: the last stage of RegNetX-400MF
    /// has 400 channels, where the paper's has 384.
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException">
    /// A number is below 1, <paramref name="wa"/> is negative, or <paramref name="wm"/> is not above 1.
    /// </exception>
    public static AnyNetPlan RegNet(int depth, int w0, double wa, double wm, int groupWidth, double? squeezeRatio = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(depth, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(w0, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(wa, 0);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(wm, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(groupWidth, 1);

        // Equations 2 to 4.
        var stages =
            from block in Enumerable.Range(0, depth)
            let power = Math.Round(Math.Log((w0 + (wa * block)) / w0) / Math.Log(wm))
            let width = (long)Math.Round(w0 * Math.Pow(wm, power) / Quantum) * Quantum
            group block by width into stage
            let perGroup = Math.Min(groupWidth, stage.Key)
            select new AnyStage(stage.Count(), Fit(stage.Key, perGroup), perGroup, SqueezeRatio: squeezeRatio);
        return new(RegNetStemWidth, [.. stages]);
    }

    // The multiple of the group's width that is nearest, or the next if that is more than a tenth too narrow.
    private static long Fit(long width, long groupWidth)
    {
        var fitting = Math.Max(groupWidth, (width + (groupWidth / 2)) / groupWidth * groupWidth);
        return fitting < 0.9 * width ? fitting + groupWidth : fitting;
    }
}

/// <summary>
/// A member of the AnyNet design space, among them torchvision's RegNets: Radosavovic et al., "Designing Network Design Spaces" (2020),
/// section 3.1 and figure 3. A stem, a body of stages of <see cref="ResNeXtBlock"/>s, and a head that averages the maps and classifies.
/// </summary>
/// <remarks>
/// <para>
/// Input <c>(N, 3, H, W)</c> of any size, the RegNets' made for 224x224; output logits <c>(N, 1000)</c>. The children bear torchvision's
/// names, and weights are drawn as there: convolutions after He et al. by fan out, dense weights from N(0, 0.01), PyTorch's own for biases
/// of convolutions.
/// </para>
/// <para>
/// "Dive into Deep Learning" (section 8.8) builds the same networks with biases in the convolutions
/// (<see cref="AnyNetPlan.ConvBias"/>), and calls the width of a group the number of groups. Notebooks after it make the first block of a
/// stage one channel narrower than the others, with which the second does not fit; here all are of one width.
/// </para>
/// </remarks>
public class AnyNet : Sequence
{
    /// <summary>The plans of the published networks by their ids.</summary>
    public static IReadOnlyDictionary<string, AnyNetPlan> Plans { get; } = new Dictionary<string, AnyNetPlan>
    {
        // depth, width, group width
        ["regnetx_32"] = new(32, [new(4, 32, 16), new(6, 80, 16)]) { ConvBias = true, NumClasses = 10, InChannels = 1 },

        // depth, w0, wa, wm, group width
        ["regnet_x_400mf"] = AnyNetPlan.RegNet(22, 24, 24.48, 2.54, 16),
        ["regnet_x_800mf"] = AnyNetPlan.RegNet(16, 56, 35.73, 2.28, 16),
        ["regnet_x_1_6gf"] = AnyNetPlan.RegNet(18, 80, 34.01, 2.25, 24),
        ["regnet_x_3_2gf"] = AnyNetPlan.RegNet(25, 88, 26.31, 2.25, 48),
        ["regnet_x_8gf"] = AnyNetPlan.RegNet(23, 80, 49.56, 2.88, 120),
        ["regnet_x_16gf"] = AnyNetPlan.RegNet(22, 216, 55.59, 2.1, 128),
        ["regnet_x_32gf"] = AnyNetPlan.RegNet(23, 320, 69.86, 2.0, 168),

        // depth, w0, wa, wm, group width, squeeze-and-excitation
        ["regnet_y_400mf"] = AnyNetPlan.RegNet(16, 48, 27.89, 2.09, 8, 0.25),
        ["regnet_y_800mf"] = AnyNetPlan.RegNet(14, 56, 38.84, 2.4, 16, 0.25),
        ["regnet_y_1_6gf"] = AnyNetPlan.RegNet(27, 48, 20.71, 2.65, 24, 0.25),
        ["regnet_y_3_2gf"] = AnyNetPlan.RegNet(21, 80, 42.63, 2.66, 24, 0.25),
        ["regnet_y_8gf"] = AnyNetPlan.RegNet(17, 192, 76.82, 2.19, 56, 0.25),
        ["regnet_y_16gf"] = AnyNetPlan.RegNet(18, 200, 106.23, 2.48, 112, 0.25),
        ["regnet_y_32gf"] = AnyNetPlan.RegNet(20, 232, 115.89, 2.53, 232, 0.25),
        ["regnet_y_128gf"] = AnyNetPlan.RegNet(27, 456, 160.83, 2.52, 264, 0.25),
    }.AsReadOnly();

    /// <summary>Makes a network from a plan: a published one, or your own.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="options">What else may be chosen: the numbers of classes and of input channels.</param>
    /// <exception cref="ArgumentException">The plan has no stages, or an option is not the network's.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is below 1, or a group width does not divide its bottleneck.</exception>
    public AnyNet(AnyNetPlan plan, ModelOptions? options = null) : this(nameof(AnyNet), plan, options)
    {
    }

    private protected AnyNet(string name, AnyNetPlan plan, ModelOptions? options) : base(name)
    {
        ArgumentNullException.ThrowIfNull(plan);
        options = ModelOptions.For(options, name);
        PlanGuard.Some(plan.Stages, "An AnyNet needs at least one stage.");
        PlanGuard.Rows(plan.Stages, stage => [stage.Depth, stage.Width, stage.GroupWidth, stage.Stride]);
        foreach (var stage in plan.Stages)
        {
            PlanGuard.Positive(stage.BottleneckRatio, "plan.Stages");
            if (stage.SqueezeRatio is { } ratio) PlanGuard.Positive(ratio, "plan.Stages");
            PlanGuard.Divides((long)Math.Round(stage.Width * stage.BottleneckRatio), stage.GroupWidth, "plan.Stages");
        }
        PlanGuard.AtLeast(1, plan.StemWidth);
        PlanGuard.AtLeast(1, plan.NumClasses);
        PlanGuard.AtLeast(1, plan.InChannels);

        Add("stem", new ConvNormActivation(
            options.InChannels ?? plan.InChannels, plan.StemWidth, stride: 2, bias: plan.ConvBias, norm: new BatchNorm2D(plan.StemWidth),
            activation: new ReLU(inPlace: true)));
        var body = new Sequence();
        foreach (var (index, (stage, from)) in plan.Stages.Zip(plan.Stages.Select(stage => stage.Width).Prepend(plan.StemWidth)).Index())
        {
            body.Add($"block{index + 1}", Stage(index + 1, stage, from, plan.ConvBias));
        }
        Add("trunk_output", body);
        Add("avgpool", new GlobalAvgPooling2D());
        Add("flatten", new Flatten());
        Add("fc", new Dense(plan.Stages[^1].Width, options.NumClasses ?? plan.NumClasses));

        // As torchvision writes He's formula: the last bit of a square root decides on numbers that are drawn.
        WeightDrawing.Draw(
            this, convolution => Initializers.Normal(convolution.Weight, std: Math.Sqrt(2.0 / Initializers.Fans(convolution.Weight).Out)),
            keepBiases: true);
        WeightDrawing.Draw(this, dense: dense => Initializers.Normal(dense.Weight, std: 0.01));
    }

    internal static ModelFamily Family { get; } = new("RegNet",
    [
        new("regnetx_32", 179_290, (1, 96, 96), options => new RegNetX_32(options))
        {
            Description = "Dive into Deep Learning, section 8.8.3: two stages of 32 and 80 channels for small images",
        },
        Variant("regnet_x_400mf", 5_495_976, "400 million"),
        Variant("regnet_x_800mf", 7_259_656, "800 million"),
        Variant("regnet_x_1_6gf", 9_190_136, "1.6 billion"),
        Variant("regnet_x_3_2gf", 15_296_552, "3.2 billion"),
        Variant("regnet_x_8gf", 39_572_648, "8 billion"),
        Variant("regnet_x_16gf", 54_278_536, "16 billion"),
        Variant("regnet_x_32gf", 107_811_560, "32 billion"),
        Variant("regnet_y_400mf", 4_344_144, "400 million"),
        Variant("regnet_y_800mf", 6_432_512, "800 million"),
        Variant("regnet_y_1_6gf", 11_202_430, "1.6 billion"),
        Variant("regnet_y_3_2gf", 19_436_338, "3.2 billion"),
        Variant("regnet_y_8gf", 39_381_472, "8 billion"),
        Variant("regnet_y_16gf", 83_590_140, "16 billion"),
        Variant("regnet_y_32gf", 145_046_770, "32 billion"),
        Variant("regnet_y_128gf", 644_812_894, "128 billion"),
    ]);

    private static ModelVariant Variant(string id, long parameters, string size)
    {
        var squeezes = Plans[id].Stages[0].SqueezeRatio is not null;
        return new(id, parameters, (3, 224, 224), options => new AnyNet(Plans[id], options))
        {
            Description = $"Radosavovic et al. 2020: {size} multiply-adds{(squeezes ? ", squeeze-and-excitation" : "")}",
        };
    }

    private static Sequence Stage(int number, AnyStage stage, long inChannels, bool convBias)
    {
        var blocks = new Sequence();
        for (var i = 0; i < stage.Depth; i++)
        {
            var channels = i == 0 ? inChannels : stage.Width;
            long? squeeze = stage.SqueezeRatio is { } ratio ? (long)Math.Round(ratio * channels) : null;
            blocks.Add($"block{number}-{i}", new ResNeXtBlock(
                channels, stage.Width, stage.GroupWidth, stage.BottleneckRatio, i == 0 ? stage.Stride : 1, squeeze, convBias));
        }
        return blocks;
    }
}

/// <summary>
/// RegNetX-32 of "Dive into Deep Learning" (section 8.8.3), which torchvision does not have: two stages of 4 and 6 blocks with 32 and 80
/// channels, groups of 16, and biases in the convolutions. 179,290 parameters.
/// </summary>
/// <remarks>Input <c>(N, 1, 96, 96)</c>, output logits <c>(N, 10)</c>.</remarks>
/// <param name="options">What may be chosen: see <see cref="AnyNet"/>.</param>
public sealed class RegNetX_32(ModelOptions? options = null) : AnyNet(nameof(RegNetX_32), Plans["regnetx_32"], options);
