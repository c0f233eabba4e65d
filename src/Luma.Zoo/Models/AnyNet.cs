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

/// <summary>
/// A member of the AnyNet design space: Radosavovic et al., "Designing Network Design Spaces" (2020), section 3.1 and figure 3. A stem, a
/// body of stages of <see cref="ResNeXtBlock"/>s, and a head that averages the maps and classifies.
/// </summary>
/// <remarks>
/// <para>
/// Input <c>(N, 3, H, W)</c> of any size, output logits <c>(N, 1000)</c>. The children bear torchvision's names, and weights are drawn as
/// there: convolutions after He et al. by fan out, dense weights from N(0, 0.01), PyTorch's own for biases of convolutions.
/// </para>
/// <para>
/// "Dive into Deep Learning" (section 8.8) builds the same networks with biases in the convolutions (<c>convBias</c>), and calls the
/// width of a group the number of groups. Notebooks after it make the first block of a stage one channel narrower than the others, with
/// which the second does not fit; here all are of one width.
/// </para>
/// </remarks>
public class AnyNet : Block
{
    private readonly ConvNormActivation stem;
    private readonly Sequence body;
    private readonly GlobalAvgPooling2D pool;
    private readonly Flatten flatten;
    private readonly Dense dense;

    /// <summary>Makes the network.</summary>
    /// <param name="stemWidth">The number of channels of the stem, a 3x3 convolution with a stride of 2.</param>
    /// <param name="stages">The stages of the body.</param>
    /// <param name="numClasses">The number of classes.</param>
    /// <param name="inChannels">The number of channels of the input.</param>
    /// <param name="convBias">Whether the convolutions add a bias before the norm.</param>
    /// <exception cref="ArgumentException">There is no stage.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is below 1, or a group width does not divide its bottleneck.</exception>
    public AnyNet(long stemWidth, IReadOnlyList<AnyStage> stages, long numClasses = 1000, long inChannels = 3, bool convBias = false)
        : this(nameof(AnyNet), stemWidth, stages, numClasses, inChannels, convBias)
    {
    }

    private protected AnyNet(
        string name, long stemWidth, IReadOnlyList<AnyStage> stages, long numClasses, long inChannels, bool convBias = false) : base(name)
    {
        ArgumentNullException.ThrowIfNull(stages);
        if (stages.Count == 0) throw new ArgumentException("Needs at least one stage.", nameof(stages));

        stem = Register("stem", new ConvNormActivation(
            inChannels, stemWidth, stride: 2, bias: convBias, norm: new BatchNorm2D(stemWidth), activation: new ReLU(inPlace: true)));
        body = Register("trunk_output", new Sequence());
        var channels = stemWidth;
        foreach (var (index, stage) in stages.Index())
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(stage.Depth, 1, nameof(stages));
            body.Add($"block{index + 1}", MakeStage(index + 1, stage, channels, convBias));
            channels = stage.Width;
        }
        pool = Register("avgpool", new GlobalAvgPooling2D());
        flatten = Register("flatten", new Flatten());
        dense = Register("fc", new Dense(channels, numClasses));

        foreach (var convolution in modules().OfType<Convolution2D>())
            Initializers.Normal(convolution.Weight, std: Math.Sqrt(2.0 / Initializers.Fans(convolution.Weight).Out));
        Initializers.Normal(dense.Weight, std: 0.01);
        Initializers.Constant(dense.Bias!, 0);
    }

    internal static ModelFamily Family { get; } = new("RegNet",
    [
        new("regnetx_32", 179_290, (1, 96, 96), o => new RegNetX_32(o.NumClasses ?? 10, o.InChannels ?? 1))
        {
            Description = "Dive into Deep Learning, section 8.8.3: two stages of 32 and 80 channels for small images",
        },
        Variant("regnet_x_400mf", 5_495_976, "400 million", (classes, channels) => new RegNet_X_400MF(classes, channels)),
        Variant("regnet_x_800mf", 7_259_656, "800 million", (classes, channels) => new RegNet_X_800MF(classes, channels)),
        Variant("regnet_x_1_6gf", 9_190_136, "1.6 billion", (classes, channels) => new RegNet_X_1_6GF(classes, channels)),
        Variant("regnet_x_3_2gf", 15_296_552, "3.2 billion", (classes, channels) => new RegNet_X_3_2GF(classes, channels)),
        Variant("regnet_x_8gf", 39_572_648, "8 billion", (classes, channels) => new RegNet_X_8GF(classes, channels)),
        Variant("regnet_x_16gf", 54_278_536, "16 billion", (classes, channels) => new RegNet_X_16GF(classes, channels)),
        Variant("regnet_x_32gf", 107_811_560, "32 billion", (classes, channels) => new RegNet_X_32GF(classes, channels)),
        Variant("regnet_y_400mf", 4_344_144, "400 million", (classes, channels) => new RegNet_Y_400MF(classes, channels)),
        Variant("regnet_y_800mf", 6_432_512, "800 million", (classes, channels) => new RegNet_Y_800MF(classes, channels)),
        Variant("regnet_y_1_6gf", 11_202_430, "1.6 billion", (classes, channels) => new RegNet_Y_1_6GF(classes, channels)),
        Variant("regnet_y_3_2gf", 19_436_338, "3.2 billion", (classes, channels) => new RegNet_Y_3_2GF(classes, channels)),
        Variant("regnet_y_8gf", 39_381_472, "8 billion", (classes, channels) => new RegNet_Y_8GF(classes, channels)),
        Variant("regnet_y_16gf", 83_590_140, "16 billion", (classes, channels) => new RegNet_Y_16GF(classes, channels)),
        Variant("regnet_y_32gf", 145_046_770, "32 billion", (classes, channels) => new RegNet_Y_32GF(classes, channels)),
        Variant("regnet_y_128gf", 644_812_894, "128 billion", (classes, channels) => new RegNet_Y_128GF(classes, channels)),
    ]);

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x)
    {
        x = body.call(stem.call(x));
        return dense.call(flatten.call(pool.call(x)));
    }

    private static ModelVariant Variant(string id, long parameters, string size, Func<long, long, RegNet> build) =>
        new(id, parameters, (3, 224, 224), o => build(o.NumClasses ?? 1000, o.InChannels ?? 3))
        {
            Description = $"Radosavovic et al. 2020: {size} multiply-adds{(id.Contains("_y_", StringComparison.Ordinal) ? ", squeeze-and-excitation" : "")}",
        };

    private static Sequence MakeStage(int number, AnyStage stage, long inChannels, bool convBias)
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
/// RegNetX-32 of "Dive into Deep Learning" (section 8.8.3): two stages of 4 and 6 blocks with 32 and 80 channels, groups of 16, and
/// biases in the convolutions. 179,290 parameters.
/// </summary>
/// <remarks>Input <c>(N, 1, 96, 96)</c>, output logits <c>(N, 10)</c>.</remarks>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
public sealed class RegNetX_32(long numClasses = 10, long inChannels = 1)
    : AnyNet(nameof(RegNetX_32), 32, [new(4, 32, 16), new(6, 80, 16)], numClasses, inChannels, convBias: true);

/// <summary>
/// A RegNet: an <see cref="AnyNet"/> whose widths follow a quantised line, after section 3.3 of the paper. Block j would have
/// w0 + wa * j channels; they become w0 times the nearest power of wm, and then the nearest multiple of 8. Neighbours of one width
/// make a stage. All strides are 2, all bottlenecks as wide as their block.
/// </summary>
/// <remarks>
/// Input <c>(N, 3, H, W)</c>, made for 224x224; output logits <c>(N, 1000)</c>. Where a width lies halfway between two multiples of its
/// group's it is torchvision's, the greater: the last stage of RegNetX-400MF has 400 channels, where the paper's has 384.
/// </remarks>
public abstract class RegNet : AnyNet
{
    // Section 3.3: "for convenience" widths are multiples of 8. Section 3.1: the stem has 32 channels.
    private const int Quantum = 8, StemWidth = 32;

    private protected RegNet(
        string name, int depth, int w0, double wa, double wm, int groupWidth, double? squeezeRatio, long numClasses, long inChannels)
        : base(name, StemWidth, [.. Stages(depth, w0, wa, wm, groupWidth, squeezeRatio)], numClasses, inChannels)
    {
    }

    // Equations 2 to 4 of section 3.3.
    private static IEnumerable<AnyStage> Stages(int depth, int w0, double wa, double wm, int groupWidth, double? squeezeRatio) =>
        from block in Enumerable.Range(0, depth)
        let power = Math.Round(Math.Log((w0 + (wa * block)) / w0) / Math.Log(wm))
        let width = (long)Math.Round(w0 * Math.Pow(wm, power) / Quantum) * Quantum
        group block by width into stage
        let perGroup = Math.Min(groupWidth, stage.Key)
        select new AnyStage(stage.Count(), Fit(stage.Key, perGroup), perGroup, SqueezeRatio: squeezeRatio);

    // The multiple of the group's width that is nearest, or the next if that is more than a tenth too narrow.
    private static long Fit(long width, long groupWidth)
    {
        var fitting = Math.Max(groupWidth, (width + (groupWidth / 2)) / groupWidth * groupWidth);
        return fitting < 0.9 * width ? fitting + groupWidth : fitting;
    }
}

/// <summary>RegNetX of 400 million multiply-adds: 5,495,976 parameters.</summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
public sealed class RegNet_X_400MF(long numClasses = 1000, long inChannels = 3)
    : RegNet(nameof(RegNet_X_400MF), depth: 22, w0: 24, wa: 24.48, wm: 2.54, groupWidth: 16, squeezeRatio: null, numClasses, inChannels);

/// <summary>RegNetX of 800 million multiply-adds: 7,259,656 parameters.</summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
public sealed class RegNet_X_800MF(long numClasses = 1000, long inChannels = 3)
    : RegNet(nameof(RegNet_X_800MF), depth: 16, w0: 56, wa: 35.73, wm: 2.28, groupWidth: 16, squeezeRatio: null, numClasses, inChannels);

/// <summary>RegNetX of 1.6 billion multiply-adds: 9,190,136 parameters.</summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
public sealed class RegNet_X_1_6GF(long numClasses = 1000, long inChannels = 3)
    : RegNet(nameof(RegNet_X_1_6GF), depth: 18, w0: 80, wa: 34.01, wm: 2.25, groupWidth: 24, squeezeRatio: null, numClasses, inChannels);

/// <summary>RegNetX of 3.2 billion multiply-adds: 15,296,552 parameters.</summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
public sealed class RegNet_X_3_2GF(long numClasses = 1000, long inChannels = 3)
    : RegNet(nameof(RegNet_X_3_2GF), depth: 25, w0: 88, wa: 26.31, wm: 2.25, groupWidth: 48, squeezeRatio: null, numClasses, inChannels);

/// <summary>RegNetX of 8 billion multiply-adds: 39,572,648 parameters.</summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
public sealed class RegNet_X_8GF(long numClasses = 1000, long inChannels = 3)
    : RegNet(nameof(RegNet_X_8GF), depth: 23, w0: 80, wa: 49.56, wm: 2.88, groupWidth: 120, squeezeRatio: null, numClasses, inChannels);

/// <summary>RegNetX of 16 billion multiply-adds: 54,278,536 parameters.</summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
public sealed class RegNet_X_16GF(long numClasses = 1000, long inChannels = 3)
    : RegNet(nameof(RegNet_X_16GF), depth: 22, w0: 216, wa: 55.59, wm: 2.1, groupWidth: 128, squeezeRatio: null, numClasses, inChannels);

/// <summary>RegNetX of 32 billion multiply-adds: 107,811,560 parameters.</summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
public sealed class RegNet_X_32GF(long numClasses = 1000, long inChannels = 3)
    : RegNet(nameof(RegNet_X_32GF), depth: 23, w0: 320, wa: 69.86, wm: 2.0, groupWidth: 168, squeezeRatio: null, numClasses, inChannels);

/// <summary>RegNetY of 400 million multiply-adds, with squeeze-and-excitation: 4,344,144 parameters.</summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
public sealed class RegNet_Y_400MF(long numClasses = 1000, long inChannels = 3)
    : RegNet(nameof(RegNet_Y_400MF), depth: 16, w0: 48, wa: 27.89, wm: 2.09, groupWidth: 8, squeezeRatio: 0.25, numClasses, inChannels);

/// <summary>RegNetY of 800 million multiply-adds, with squeeze-and-excitation: 6,432,512 parameters.</summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
public sealed class RegNet_Y_800MF(long numClasses = 1000, long inChannels = 3)
    : RegNet(nameof(RegNet_Y_800MF), depth: 14, w0: 56, wa: 38.84, wm: 2.4, groupWidth: 16, squeezeRatio: 0.25, numClasses, inChannels);

/// <summary>RegNetY of 1.6 billion multiply-adds, with squeeze-and-excitation: 11,202,430 parameters.</summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
public sealed class RegNet_Y_1_6GF(long numClasses = 1000, long inChannels = 3)
    : RegNet(nameof(RegNet_Y_1_6GF), depth: 27, w0: 48, wa: 20.71, wm: 2.65, groupWidth: 24, squeezeRatio: 0.25, numClasses, inChannels);

/// <summary>RegNetY of 3.2 billion multiply-adds, with squeeze-and-excitation: 19,436,338 parameters.</summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
public sealed class RegNet_Y_3_2GF(long numClasses = 1000, long inChannels = 3)
    : RegNet(nameof(RegNet_Y_3_2GF), depth: 21, w0: 80, wa: 42.63, wm: 2.66, groupWidth: 24, squeezeRatio: 0.25, numClasses, inChannels);

/// <summary>RegNetY of 8 billion multiply-adds, with squeeze-and-excitation: 39,381,472 parameters.</summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
public sealed class RegNet_Y_8GF(long numClasses = 1000, long inChannels = 3)
    : RegNet(nameof(RegNet_Y_8GF), depth: 17, w0: 192, wa: 76.82, wm: 2.19, groupWidth: 56, squeezeRatio: 0.25, numClasses, inChannels);

/// <summary>RegNetY of 16 billion multiply-adds, with squeeze-and-excitation: 83,590,140 parameters.</summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
public sealed class RegNet_Y_16GF(long numClasses = 1000, long inChannels = 3)
    : RegNet(nameof(RegNet_Y_16GF), depth: 18, w0: 200, wa: 106.23, wm: 2.48, groupWidth: 112, squeezeRatio: 0.25, numClasses, inChannels);

/// <summary>RegNetY of 32 billion multiply-adds, with squeeze-and-excitation: 145,046,770 parameters.</summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
public sealed class RegNet_Y_32GF(long numClasses = 1000, long inChannels = 3)
    : RegNet(nameof(RegNet_Y_32GF), depth: 20, w0: 232, wa: 115.89, wm: 2.53, groupWidth: 232, squeezeRatio: 0.25, numClasses, inChannels);

/// <summary>RegNetY of 128 billion multiply-adds, with squeeze-and-excitation: 644,812,894 parameters.</summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
public sealed class RegNet_Y_128GF(long numClasses = 1000, long inChannels = 3)
    : RegNet(nameof(RegNet_Y_128GF), depth: 27, w0: 456, wa: 160.83, wm: 2.52, groupWidth: 264, squeezeRatio: 0.25, numClasses, inChannels);
