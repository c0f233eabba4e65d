using System.Globalization;
using Luma.Neural.Blocks;
using Luma.Neural.Layers;
using Luma.Zoo.Weights.KeyMaps;

namespace Luma.Zoo.Models;

/// <summary>The plan of a <see cref="CifarResNet"/>.</summary>
/// <param name="Blocks">How many blocks each of the three stages has, n: there are 6n + 2 layers.</param>
public sealed record CifarResNetPlan(int Blocks)
{
    /// <summary>The shortcuts where the shape changes: by default zeros behind the channels, which is the paper's option A.</summary>
    public ResNetShortcut Shortcut { get; init; } = ResNetShortcut.ZeroPadding;

    /// <summary>Whether the convolutions add a bias.</summary>
    public bool ConvBias { get; init; }
}

/// <summary>
/// He et al., "Deep Residual Learning for Image Recognition" (2015), section 4.2: for the images of CIFAR, a convolution of 3x3, three
/// stages of basic blocks with 16, 32 and 64 channels, and a fully connected layer on the mean of each channel. With n blocks in a
/// stage there are 6n + 2 layers.
/// </summary>
/// <remarks>
/// Input <c>(N, 3, H, W)</c>, made for 32x32; output logits <c>(N, 10)</c>. The shortcuts have no parameters (option A). The paper does
/// not say where the new channels' zeros go: here they follow the input's channels, and with
/// <see cref="ResNetShortcut.ZeroPaddingAround"/> half of them go in front, as in the best-known PyTorch weights. Initialisation and norms
/// are those of <see cref="ResNet"/>.
/// </remarks>
public sealed class CifarResNet : Sequence
{
    /// <summary>The plans of the paper's networks (table 6) by their ids.</summary>
    public static IReadOnlyDictionary<string, CifarResNetPlan> Plans { get; } = new Dictionary<string, CifarResNetPlan>
    {
        ["resnet_20"] = new(3),
        ["resnet_32"] = new(5),
        ["resnet_44"] = new(7),
        ["resnet_56"] = new(9),
        ["resnet_110"] = new(18),
        ["resnet_1202"] = new(200),
    }.AsReadOnly();

    /// <summary>Makes a network from a plan: a published one, or your own.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="options">What else may be chosen: <see cref="ModelOptions.Shortcut"/>.</param>
    /// <exception cref="ArgumentException">An option is not the network's.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is below 1.</exception>
    public CifarResNet(CifarResNetPlan plan, ModelOptions? options = null) : base(nameof(CifarResNet))
    {
        ArgumentNullException.ThrowIfNull(plan);
        PlanGuard.AtLeast(1, plan.Blocks);
        options = ModelOptions.For(options, nameof(CifarResNet), nameof(ModelOptions.Shortcut));
        Shortcut = options.Shortcut ?? plan.Shortcut;

        Add("conv1", new Convolution2D(options.InChannels ?? 3, 16, 3, padding: 1, bias: plan.ConvBias));
        Add("bn1", new BatchNorm2D(16));
        Add("relu", new ReLU(inPlace: true));
        Add("layer1", Stage(16, 16, stride: 1));
        Add("layer2", Stage(16, 32, stride: 2));
        Add("layer3", Stage(32, 64, stride: 2));
        ResNet.AddHead(this, 64, options.NumClasses ?? 10);
        ResNet.Initialize(this);

        Sequence Stage(long inChannels, long channels, long stride)
        {
            var stage = new Sequence { new ResNetBlock.Basic(inChannels, channels, stride, Shortcut, plan.ConvBias) };
            for (var place = 1; place < plan.Blocks; place++)
                stage.Add(new ResNetBlock.Basic(channels, channels, 1, Shortcut, plan.ConvBias));
            return stage;
        }
    }

    /// <summary>The shortcuts where the shape changes.</summary>
    public ResNetShortcut Shortcut { get; }

    internal static IReadOnlyList<ModelVariant> Variants { get; } =
    [
        Variant("resnet_20", 269_722),
        Variant("resnet_32", 464_154),
        Variant("resnet_44", 658_586),
        Variant("resnet_56", 853_018),
        Variant("resnet_110", 1_727_962),
        Variant("resnet_1202", 19_421_274),
    ];

    private static ModelVariant Variant(string id, long parameters) =>
        new(id, parameters, (3, 32, 32), options => new CifarResNet(Plans[id], options))
        {
            Description = string.Create(
                CultureInfo.InvariantCulture, $"{(6 * Plans[id].Blocks) + 2} layers for CIFAR, shortcuts without parameters"),
            KeyMap = new CifarResNetKeyMap(),
        };
}
