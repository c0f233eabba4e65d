using Luma.Neural.Blocks;
using Luma.Neural.Layers;
using static Luma.Neural.Blocks.ResNetBlock;

namespace Luma.Zoo.Models;

/// <summary>The plan of a <see cref="PreActivationResNet"/>.</summary>
/// <param name="Bottleneck">Whether blocks have convolutions of 1x1, 3x3 and 1x1, and not two of 3x3.</param>
/// <param name="Depths">The number of blocks in each stage. Each stage has twice the channels of the one before.</param>
public sealed record PreActivationResNetPlan(bool Bottleneck, IReadOnlyList<int> Depths)
{
    /// <summary>
    /// Whether the network is for the images of CIFAR: 10 classes, stages from 16 channels on behind a convolution of 3x3. Otherwise it is
    /// for ImageNet's: 1000 classes, stages from 64 channels on behind a convolution of 7x7 and max pooling.
    /// </summary>
    public bool Cifar { get; init; }

    /// <summary>The shortcuts where the shape changes: projections by default.</summary>
    public ResNetShortcut Shortcut { get; init; }

    /// <summary>Whether the convolutions add a bias, as in the Luma neural package.</summary>
    public bool ConvBias { get; init; }

    // The Luma neural package has the network, with a bias in every convolution.
    internal bool IsInLuma { get; init; }

    /// <summary>The number of channels of the first convolution and of the first stage's 3x3 ones.</summary>
    internal long Width => Cifar ? 16 : 64;

    /// <summary>How many times as many channels as its convolutions a block gives.</summary>
    internal long Expansion => Bottleneck ? ResNetBlock.Bottleneck.Expansion : 1;
}

/// <summary>
/// He et al., "Identity Mappings in Deep Residual Networks" (2016): residual networks whose norms and activations stand before the
/// convolutions, and once more behind the last block. Those that have them behind the convolutions are <see cref="ResNet"/> and
/// <see cref="CifarResNet"/>.
/// </summary>
/// <remarks>
/// <para>
/// Input <c>(N, 3, H, W)</c>, made for 224x224, or 32x32 for CIFAR; output logits <c>(N, classes)</c>. By the paper's appendix the
/// activation stands before branch and shortcut alike in the first block and where the shape changes; the authors' code for both data
/// sets has it so in the first block of every stage. For ImageNet it is the one of the stem, ahead of the pooling.
/// </para>
/// <para>
/// The stride is where the authors' published code has it: for ImageNet on a bottleneck's 3x3 convolution, for CIFAR on its first.
/// Initialisation and norms are those of <see cref="ResNet"/>.
/// </para>
/// </remarks>
public class PreActivationResNet : Sequence
{
    /// <summary>The plans of the published networks by their ids.</summary>
    public static IReadOnlyDictionary<string, PreActivationResNetPlan> Plans { get; } = new Dictionary<string, PreActivationResNetPlan>
    {
        // Tables 2, 3, 5 and 4; ResNet-269: Zeng et al., "Crafting GBD-Net for Object Detection" (2016).
        ["resnet_110_preact"] = new(false, [18, 18, 18]) { Cifar = true, Shortcut = ResNetShortcut.ZeroPadding },
        ["resnet_164"] = new(true, [18, 18, 18]) { Cifar = true },
        ["resnet_200"] = new(true, [3, 24, 36, 3]) { IsInLuma = true },
        ["resnet_269"] = new(true, [3, 30, 48, 8]) { IsInLuma = true },
        ["resnet_1001"] = new(true, [111, 111, 111]) { Cifar = true, IsInLuma = true },
    }.AsReadOnly();

    /// <summary>Makes a network from a plan: a published one, or your own.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="options">What else may be chosen: <see cref="ModelOptions.Shortcut"/>.</param>
    /// <exception cref="ArgumentException">The plan has no stages, or an option is not the network's.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is below 1.</exception>
    public PreActivationResNet(PreActivationResNetPlan plan, ModelOptions? options = null)
        : this(nameof(PreActivationResNet), plan, options)
    {
    }

    private protected PreActivationResNet(string name, PreActivationResNetPlan plan, ModelOptions? options) : base(name)
    {
        ArgumentNullException.ThrowIfNull(plan);
        string[] has = plan.IsInLuma ? [nameof(ModelOptions.Shortcut), nameof(ModelOptions.Config)] : [nameof(ModelOptions.Shortcut)];
        options = ModelOptions.For(options, name, has);
        plan = plan with
        {
            Shortcut = options.Shortcut ?? plan.Shortcut,
            ConvBias = plan.ConvBias || options.Config == ModelConfig.Luma,
        };
        PlanGuard.Some(plan.Depths, "A residual network needs at least one stage.");
        foreach (var depth in plan.Depths) PlanGuard.AtLeast(1, depth, "plan.Depths");
        PlanGuard.AtLeast(1, plan.Width);

        var inChannels = options.InChannels ?? 3;
        if (plan.Cifar)
        {
            Add("conv1", new Convolution2D(inChannels, plan.Width, 3, padding: 1, bias: plan.ConvBias));
        }
        else
        {
            Add("conv1", new Convolution2D(inChannels, plan.Width, 7, stride: 2, padding: 3, bias: plan.ConvBias));
            Add("bn1", new BatchNorm2D(plan.Width));
            Add("relu1", new ReLU(inPlace: true));
            Add("maxpool", new Pooling2D(PoolingMode.Max, 3, stride: 2, padding: 1));
        }

        for (var stage = 0; stage < plan.Depths.Count; stage++) Add($"layer{stage + 1}", Stage(plan, stage));
        var width = (plan.Width << (plan.Depths.Count - 1)) * plan.Expansion;
        Add("norm", new BatchNorm2D(width));
        Add("relu", new ReLU(inPlace: true));
        ResNet.AddHead(this, width, options.NumClasses ?? (plan.Cifar ? 10 : 1000));
        ResNet.Initialize(this);
    }

    internal static ModelFamily Family { get; } = new("Pre-activation ResNet",
    [
        Variant("resnet_110_preact", 1_727_962, "110 layers for CIFAR, basic blocks"),
        Variant("resnet_164", 1_703_258, "164 layers for CIFAR, bottlenecks"),
        Variant("resnet_200", 64_666_152, "200 layers, bottlenecks", options => new ResNet_200(options)),
        Variant("resnet_269", 102_065_704, "269 layers, bottlenecks", options => new ResNet_269(options)),
        Variant("resnet_1001", 10_327_706, "1001 layers for CIFAR, bottlenecks", options => new ResNet_1001(options)),
    ]);

    private static Sequence Stage(PreActivationResNetPlan plan, int stage)
    {
        var channels = plan.Width << stage;

        // The stem of a network for ImageNet has activated what the first block gets.
        var layer = stage == 0
            ? new Sequence { Block(plan.Width, 1, plan.Cifar ? Activated.Both : Activated.Neither) }
            : new Sequence { Block(channels / 2 * plan.Expansion, 2, Activated.Both) };
        for (var place = 1; place < plan.Depths[stage]; place++) layer.Add(Block(channels * plan.Expansion, 1, Activated.Branch));
        return layer;

        PreActivation Block(long from, long stride, Activated activated) =>
            new(from, channels, stride, plan.Bottleneck, activated, plan.Shortcut, strideFirst: plan.Cifar, plan.ConvBias);
    }

    private static ModelVariant Variant(
        string id, long parameters, string description, Func<ModelOptions, PreActivationResNet>? build = null)
    {
        var side = Plans[id].Cifar ? 32 : 224;
        return new(id, parameters, (3, side, side), build ?? (options => new PreActivationResNet(Plans[id], options)))
        {
            Description = description,
            HasLumaConfig = Plans[id].IsInLuma,
        };
    }
}

/// <summary>
/// The pre-activation ResNet-200 (He et al. 2016, table 5), 3, 24, 36 and 3 bottlenecks: 64,666,152 parameters. Input
/// <c>(N, 3, 224, 224)</c>.
/// </summary>
/// <param name="options">What may be chosen: see <see cref="PreActivationResNet"/>.</param>
public sealed class ResNet_200(ModelOptions? options = null) : PreActivationResNet(nameof(ResNet_200), Plans["resnet_200"], options);

/// <summary>
/// The pre-activation ResNet-269 (Zeng et al., "Crafting GBD-Net for Object Detection", 2016), 3, 30, 48 and 8 bottlenecks:
/// 102,065,704 parameters. Input <c>(N, 3, 224, 224)</c>.
/// </summary>
/// <param name="options">What may be chosen: see <see cref="PreActivationResNet"/>.</param>
public sealed class ResNet_269(ModelOptions? options = null) : PreActivationResNet(nameof(ResNet_269), Plans["resnet_269"], options);

/// <summary>
/// The pre-activation ResNet-1001 for CIFAR (He et al. 2016, table 4), 111 bottlenecks in a stage: 10,327,706 parameters. Input
/// <c>(N, 3, 32, 32)</c>.
/// </summary>
/// <param name="options">What may be chosen: see <see cref="PreActivationResNet"/>.</param>
public sealed class ResNet_1001(ModelOptions? options = null) : PreActivationResNet(nameof(ResNet_1001), Plans["resnet_1001"], options);
