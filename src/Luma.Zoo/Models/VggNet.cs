using Luma.Neural;
using Luma.Neural.Blocks;
using Luma.Neural.Layers;
using Luma.Zoo.Weights.KeyMaps;

namespace Luma.Zoo.Models;

/// <summary>The plan of a <see cref="VGGNet"/>.</summary>
/// <param name="Windows">
/// The windows of the convolutions, block by block, all odd. The first block has 64 channels, and each twice those of the one before, up
/// to 512.
/// </param>
public sealed record VGGPlan(IReadOnlyList<IReadOnlyList<int>> Windows)
{
    /// <summary>Whether batch normalisation stands between convolution and rectifier, as torchvision has it.</summary>
    public bool BatchNorm { get; init; }

    /// <summary>Whether AlexNet's local response normalisation follows the rectifiers of the first block.</summary>
    public bool ResponseNorm { get; init; }

    /// <summary>The probability of dropout on both hidden layers (section 3.1 of the paper).</summary>
    public double Dropout { get; init; } = 0.5;
}

/// <summary>
/// The networks that torchvision calls VGG: Simonyan and Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition"
/// (2014), with blocks of 3x3 convolutions (see <see cref="VggBlock"/>) and three fully connected layers, in the configurations of table
/// 1.
/// </summary>
/// <remarks>
/// Input <c>(N, 3, H, W)</c> of at least 32x32, made for 224x224: the maps are averaged to 7x7. Output logits <c>(N, 1000)</c>. Layers
/// are named and initialised as torchvision's: convolutions after He et al. by fan out, dense weights from N(0, 0.01), biases 0.
/// The Luma configuration is the same network.
/// </remarks>
public class VGGNet : Sequence
{
    private const long FirstChannels = 64, MostChannels = 512, Hidden = 4096, AveragedSide = 7;

    // The columns of table 1: the windows, block by block.
    private static readonly VGGPlan
        A = new([[3], [3], [3, 3], [3, 3], [3, 3]]),
        B = new([[3, 3], [3, 3], [3, 3], [3, 3], [3, 3]]),
        C = new([[3, 3], [3, 3], [3, 3, 1], [3, 3, 1], [3, 3, 1]]),
        D = new([[3, 3], [3, 3], [3, 3, 3], [3, 3, 3], [3, 3, 3]]),
        E = new([[3, 3], [3, 3], [3, 3, 3, 3], [3, 3, 3, 3], [3, 3, 3, 3]]);

    /// <summary>The plans of the published networks by their ids; the paper did not combine the two norms of <c>vgg11_lrn_bn</c>.</summary>
    public static IReadOnlyDictionary<string, VGGPlan> Plans { get; } = new Dictionary<string, VGGPlan>
    {
        ["vgg11"] = A,
        ["vgg11_bn"] = A with { BatchNorm = true },
        ["vgg11_lrn"] = A with { ResponseNorm = true },
        ["vgg11_lrn_bn"] = A with { ResponseNorm = true, BatchNorm = true },
        ["vgg13"] = B,
        ["vgg13_bn"] = B with { BatchNorm = true },
        ["vgg16_c"] = C,
        ["vgg16_c_bn"] = C with { BatchNorm = true },
        ["vgg16"] = D,
        ["vgg16_bn"] = D with { BatchNorm = true },
        ["vgg19"] = E,
        ["vgg19_bn"] = E with { BatchNorm = true },
    }.AsReadOnly();

    /// <summary>Makes a network from a plan: a published one, or your own.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="options">What else may be chosen: <see cref="ModelOptions.Dropout"/>.</param>
    /// <exception cref="ArgumentException">
    /// The plan has no blocks, or one without convolutions, or an option is not the network's.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is below 1, or a window is even.</exception>
    public VGGNet(VGGPlan plan, ModelOptions? options = null) : this(nameof(VGGNet), plan, options)
    {
    }

    private protected VGGNet(string name, VGGPlan plan, ModelOptions? options) : base(name)
    {
        ArgumentNullException.ThrowIfNull(plan);
        PlanGuard.Probability(plan.Dropout);
        options = ModelOptions.For(options, name, nameof(ModelOptions.Dropout), nameof(ModelOptions.Config));
        const string empty = "A VGG network needs at least one block, and every block at least one convolution.";
        PlanGuard.Some(plan.Windows, empty);
        foreach (var windows in plan.Windows)
        {
            PlanGuard.Some(windows, empty, "plan.Windows");
            foreach (var window in windows) PlanGuard.AtLeast(1, window, "plan.Windows");
            PlanGuard.Odd(windows, "plan.Windows");
        }

        var features = new Sequence();
        foreach (var (block, windows) in plan.Windows.Index())
        {
            var from = block == 0 ? options.InChannels ?? 3 : Channels(block - 1);
            foreach (var layer in VggBlock.Layers(from, Channels(block), windows, plan.BatchNorm, plan.ResponseNorm && block == 0))
                features.Add(layer);
        }

        Add("features", features);
        Add("avgpool", new AdaptiveAvgPooling2D(AveragedSide));
        Add("flatten", new Flatten());
        Add("classifier", Classifier(
            Channels(plan.Windows.Count - 1) * AveragedSide * AveragedSide, options.NumClasses ?? 1000, options.Dropout ?? plan.Dropout));
        WeightDrawing.Draw(this, WeightDrawing.KaimingByOutputs, dense => Initializers.Normal(dense.Weight, std: 0.01));

        static long Channels(int block) => Math.Min(FirstChannels << Math.Min(block, 10), MostChannels);
    }

    internal static ModelFamily Family { get; } = new("VGG",
    [
        .. Pair("vgg11", 132_863_336, 5_504, "table 1, column A", "vggnet_11", options => new VGGNet_11(options)),
        .. Pair("vgg11_lrn", 132_863_336, 5_504, "table 1, column A-LRN: column A with a local response normalisation", "vggnet_11_lrn"),
        .. Pair("vgg13", 133_047_848, 5_888, "table 1, column B", "vggnet_13", options => new VGGNet_13(options)),
        .. Pair("vgg16_c", 133_638_952, 8_448, "table 1, column C: column D with 1x1 windows", "vggnet_16_c"),
        .. Pair("vgg16", 138_357_544, 8_448, "table 1, column D", "vggnet_16", options => new VGGNet_16(options)),
        .. Pair("vgg19", 143_667_240, 11_008, "table 1, column E", "vggnet_19", options => new VGGNet_19(options)),
    ]);

    private static Sequence Classifier(long inFeatures, long numClasses, double dropout) =>
    [
        new Dense(inFeatures, Hidden), new ReLU(inPlace: true), new Dropout(dropout),
        new Dense(Hidden, Hidden), new ReLU(inPlace: true), new Dropout(dropout),
        new Dense(Hidden, numClasses),
    ];

    // Each configuration comes without and with batch normalisation.
    private static ModelVariant[] Pair(
        string id, long parameters, long ofNorms, string source, string alias, Func<ModelOptions, VGGNet>? build = null) =>
    [
        new(id, parameters, (3, 224, 224), build ?? (options => new VGGNet(Plans[id], options)))
        {
            Description = $"Simonyan and Zisserman 2014, {source}",
            KeyMap = new VggKeyMap(),
            Aliases = [alias],
        },
        new($"{id}_bn", parameters + ofNorms, (3, 224, 224), options => new VGGNet(Plans[$"{id}_bn"], options))
        {
            Description = $"Simonyan and Zisserman 2014, {source}, with batch normalisation",
            KeyMap = new VggKeyMap(),
            Aliases = [$"{alias}_bn"],
        },
    ];
}

/// <summary>torchvision's <c>vgg11</c>, VGG configuration A: 132,863,336 parameters.</summary>
/// <param name="options">What may be chosen: see <see cref="VGGNet"/>.</param>
public sealed class VGGNet_11(ModelOptions? options = null) : VGGNet(nameof(VGGNet_11), Plans["vgg11"], options);

/// <summary>torchvision's <c>vgg13</c>, VGG configuration B: 133,047,848 parameters.</summary>
/// <param name="options">What may be chosen: see <see cref="VGGNet"/>.</param>
public sealed class VGGNet_13(ModelOptions? options = null) : VGGNet(nameof(VGGNet_13), Plans["vgg13"], options);

/// <summary>torchvision's <c>vgg16</c>, VGG configuration D: 138,357,544 parameters.</summary>
/// <param name="options">What may be chosen: see <see cref="VGGNet"/>.</param>
public sealed class VGGNet_16(ModelOptions? options = null) : VGGNet(nameof(VGGNet_16), Plans["vgg16"], options);

/// <summary>torchvision's <c>vgg19</c>, VGG configuration E: 143,667,240 parameters.</summary>
/// <param name="options">What may be chosen: see <see cref="VGGNet"/>.</param>
public sealed class VGGNet_19(ModelOptions? options = null) : VGGNet(nameof(VGGNet_19), Plans["vgg19"], options);
