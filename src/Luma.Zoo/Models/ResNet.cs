using Luma.Neural;
using Luma.Neural.Blocks;
using Luma.Neural.Layers;
using Luma.Zoo.Weights.KeyMaps;

namespace Luma.Zoo.Models;

/// <summary>What the stages of a <see cref="ResNet"/> are made of.</summary>
public enum ResNetUnit
{
    /// <summary>Two convolutions of 3x3 without a shortcut.</summary>
    Plain,

    /// <summary><see cref="ResNetBlock.Basic"/></summary>
    Basic,

    /// <summary><see cref="ResNetBlock.Bottleneck"/></summary>
    Bottleneck,
}

/// <summary>The plan of a <see cref="ResNet"/>; the defaults are torchvision's.</summary>
/// <param name="Unit">What the stages are made of.</param>
/// <param name="Depths">The number of units in each stage. The first stage has 64 channels, and each has twice those of the one before.</param>
public sealed record ResNetPlan(ResNetUnit Unit, IReadOnlyList<int> Depths)
{
    /// <summary>The number of groups of channels in a bottleneck's 3x3 convolution.</summary>
    public long Groups { get; init; } = 1;

    /// <summary>How many channels such a group has for every 64 of the stage.</summary>
    public long BaseWidth { get; init; } = 64;

    /// <summary>The shortcuts where the shape changes: projections by default, which are the paper's option B.</summary>
    public ResNetShortcut Shortcut { get; init; }

    /// <summary>
    /// Whether a bottleneck's first convolution has the stride, as in the paper (ResNet-50: 3.8 G multiply-adds), and not the 3x3 one,
    /// as in torchvision (4.1 G).
    /// </summary>
    public bool StrideFirst { get; init; }

    /// <summary>Whether the convolutions add a bias, as in the Luma neural package.</summary>
    public bool ConvBias { get; init; }

    /// <summary>
    /// Whether each block begins as the identity, its last norm's scale being 0: Goyal et al., "Accurate, Large Minibatch SGD" (2017),
    /// section 5.1.
    /// </summary>
    public bool ZeroInitResidual { get; init; }

    /// <summary>
    /// For each stage from the second on, whether it dilates its windows instead of halving the size: torchvision's
    /// <c>replace_stride_with_dilation</c>. Stages that are not listed halve the size.
    /// </summary>
    public IReadOnlyList<bool> Dilate { get; init; } = [];

    // The Luma neural package has the network, with a bias in every convolution.
    internal bool IsInLuma { get; init; }

    /// <summary>How many times as many channels as its convolutions a unit gives.</summary>
    internal long Expansion => Unit == ResNetUnit.Bottleneck ? ResNetBlock.Bottleneck.Expansion : 1;
}

/// <summary>
/// He et al., "Deep Residual Learning for Image Recognition" (2015), table 1: a convolution of 7x7, max pooling, stages of residual
/// blocks with 64, 128, 256 and 512 channels, and a fully connected layer on the mean of each channel.
/// </summary>
/// <remarks>
/// Input <c>(N, 3, H, W)</c>, made for 224x224; output logits <c>(N, 1000)</c>. Convolutions are drawn as in He et al., "Delving Deep
/// into Rectifiers" (2015), section 2.2, by the number of outputs; norms have PyTorch's epsilon of 1e-5 and momentum of 0.1. Names,
/// layout and initialisation are torchvision's.
/// </remarks>
public class ResNet : Sequence
{
    /// <summary>The plans of the published networks by their ids.</summary>
    public static IReadOnlyDictionary<string, ResNetPlan> Plans { get; } = new Dictionary<string, ResNetPlan>
    {
        // He et al. 2015, table 1, and section 3.3 without shortcuts.
        ["resnet18"] = new(ResNetUnit.Basic, [2, 2, 2, 2]) { IsInLuma = true },
        ["resnet34"] = new(ResNetUnit.Basic, [3, 4, 6, 3]) { IsInLuma = true },
        ["resnet50"] = new(ResNetUnit.Bottleneck, [3, 4, 6, 3]) { IsInLuma = true },
        ["resnet101"] = new(ResNetUnit.Bottleneck, [3, 4, 23, 3]) { IsInLuma = true },
        ["resnet152"] = new(ResNetUnit.Bottleneck, [3, 8, 36, 3]) { IsInLuma = true },
        ["plain_18"] = new(ResNetUnit.Plain, [2, 2, 2, 2]),
        ["plain_34"] = new(ResNetUnit.Plain, [3, 4, 6, 3]),

        // Zagoruyko and Komodakis, "Wide Residual Networks" (2016), table 8; the deeper one is torchvision's.
        ["wide_resnet50_2"] = new(ResNetUnit.Bottleneck, [3, 4, 6, 3]) { BaseWidth = 128 },
        ["wide_resnet101_2"] = new(ResNetUnit.Bottleneck, [3, 4, 23, 3]) { BaseWidth = 128 },

        // Xie et al., "Aggregated Residual Transformations for Deep Neural Networks" (2017), tables 1 and 4; 32x8d is torchvision's.
        ["resnext50_32x4d"] = new(ResNetUnit.Bottleneck, [3, 4, 6, 3]) { Groups = 32, BaseWidth = 4 },
        ["resnext101_32x8d"] = new(ResNetUnit.Bottleneck, [3, 4, 23, 3]) { Groups = 32, BaseWidth = 8 },
        ["resnext101_64x4d"] = new(ResNetUnit.Bottleneck, [3, 4, 23, 3]) { Groups = 64, BaseWidth = 4 },
    }.AsReadOnly();

    /// <summary>Makes a network from a plan: a published one, or your own.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="options">What else may be chosen: <see cref="ModelOptions.Shortcut"/>.</param>
    /// <exception cref="ArgumentException">
    /// The plan has no stages, or asks for what its units do not have, or an option is not the network's.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is below 1.</exception>
    public ResNet(ResNetPlan plan, ModelOptions? options = null) : this(nameof(ResNet), plan, options)
    {
    }

    private protected ResNet(string name, ResNetPlan plan, ModelOptions? options) : base(name)
    {
        ArgumentNullException.ThrowIfNull(plan);
        List<string> has = [];
        if (plan.Unit != ResNetUnit.Plain) has.Add(nameof(ModelOptions.Shortcut));
        if (plan.IsInLuma) has.Add(nameof(ModelOptions.Config));
        options = ModelOptions.For(options, name, [.. has]);
        plan = plan with
        {
            Shortcut = options.Shortcut ?? plan.Shortcut,
            ConvBias = plan.ConvBias || options.Config == ModelConfig.Luma,
        };
        Check(plan);

        Add("conv1", new Convolution2D(options.InChannels ?? 3, 64, 7, stride: 2, padding: 3, bias: plan.ConvBias));
        Add("bn1", new BatchNorm2D(64));
        Add("relu", new ReLU(inPlace: true));
        Add("maxpool", new Pooling2D(PoolingMode.Max, 3, stride: 2, padding: 1));
        for (var stage = 0; stage < plan.Depths.Count; stage++) Add($"layer{stage + 1}", Stage(plan, stage));
        AddHead(this, (64L << (plan.Depths.Count - 1)) * plan.Expansion, options.NumClasses ?? 1000);
        Initialize(this, plan.ZeroInitResidual);
    }

    // What a unit does not have is refused, as in torchvision, and not ignored.
    private static void Check(ResNetPlan plan)
    {
        PlanGuard.Some(plan.Depths, "A residual network needs at least one stage.");
        foreach (var depth in plan.Depths) PlanGuard.AtLeast(1, depth, "plan.Depths");
        ArgumentNullException.ThrowIfNull(plan.Dilate, "plan.Dilate");
        if (!Enum.IsDefined(plan.Unit)) throw new ArgumentOutOfRangeException("plan.Unit", plan.Unit, "There is no such unit.");
        if (!Enum.IsDefined(plan.Shortcut)) throw new ArgumentOutOfRangeException("plan.Shortcut", plan.Shortcut, "There is no such shortcut.");
        PlanGuard.AtLeast(1, plan.Groups);
        PlanGuard.AtLeast(1, plan.BaseWidth);
        if (plan.Dilate.Count >= plan.Depths.Count)
            throw new ArgumentException($"There are {plan.Depths.Count} stages, of which the first is never dilated: Dilate has {plan.Dilate.Count} entries.", "plan.Dilate");
        if (plan.Unit == ResNetUnit.Bottleneck) return;

        if (plan.Dilate.Contains(true)) throw new ArgumentException("Only bottlenecks can be dilated.", "plan.Dilate");
        const string onlyBottlenecks = "Only bottlenecks have groups and a width of their own.";
        if (plan.Groups != 1) throw new ArgumentException(onlyBottlenecks, "plan.Groups");
        if (plan.BaseWidth != 64) throw new ArgumentException(onlyBottlenecks, "plan.BaseWidth");
        if (plan.StrideFirst) throw new ArgumentException("Only bottlenecks have a choice of the convolution with the stride.", "plan.StrideFirst");
        if (plan.Unit == ResNetUnit.Plain && plan.Shortcut != ResNetShortcut.Projection) throw new ArgumentException("Plain units have no shortcuts.", "plan.Shortcut");
    }

    internal static ModelFamily Family { get; } = new("ResNet",
    [
        Variant("resnet18", 11_689_512, "18 layers, basic blocks", "resnet_18", o => new ResNet_18(o)),
        Variant("resnet34", 21_797_672, "34 layers, basic blocks", "resnet_34", o => new ResNet_34(o)),
        Variant("resnet50", 25_557_032, "50 layers, bottlenecks", "resnet_50", o => new ResNet_50(o)),
        Variant("resnet101", 44_549_160, "101 layers, bottlenecks", "resnet_101", o => new ResNet_101(o)),
        Variant("resnet152", 60_192_808, "152 layers, bottlenecks", "resnet_152", o => new ResNet_152(o)),
        Variant("plain_18", 11_515_688, "ResNet-18 without its shortcuts"),
        Variant("plain_34", 21_623_848, "ResNet-34 without its shortcuts"),
        .. CifarResNet.Variants,
    ]);

    internal static ModelFamily WideFamily { get; } = new("Wide ResNet",
    [
        Variant("wide_resnet50_2", 68_883_240, "ResNet-50, its 3x3 convolutions twice as wide"),
        Variant("wide_resnet101_2", 126_886_696, "ResNet-101, its 3x3 convolutions twice as wide"),
    ]);

    internal static ModelFamily NextFamily { get; } = new("ResNeXt",
    [
        Variant("resnext50_32x4d", 25_028_904, "50 layers, 32 groups of 4 channels"),
        Variant("resnext101_32x8d", 88_791_336, "101 layers, 32 groups of 8 channels"),
        Variant("resnext101_64x4d", 83_455_272, "101 layers, 64 groups of 4 channels"),
    ]);

    /// <summary>Appends what all residual networks end with: the mean of each channel and a fully connected layer.</summary>
    internal static void AddHead(Sequence network, long channels, long numClasses)
    {
        network.Add("avgpool", new GlobalAvgPooling2D());
        network.Add("flatten", new Flatten());
        network.Add("fc", new Dense(channels, numClasses));
    }

    /// <summary>Draws the convolutions anew, as torchvision does at the end; the norms are fresh already.</summary>
    internal static void Initialize(NeuralModule network, bool zeroInitResidual = false)
    {
        WeightDrawing.Draw(network, WeightDrawing.KaimingByOutputs, keepBiases: true);
        if (!zeroInitResidual) return;

        foreach (var module in network.modules())
        {
            var last = (module as ResNetBlock.Basic)?.LastNorm ?? (module as ResNetBlock.Bottleneck)?.LastNorm;
            if (last?.Weight is { } scale) Initializers.Constant(scale, 0);
        }
    }

    private static Sequence Stage(ResNetPlan plan, int stage)
    {
        var channels = 64L << stage;
        var stride = stage == 0 || Dilates(stage) ? 1 : 2;

        // The first unit of a dilated stage still has the windows of the stage before.
        var layer = new Sequence { Unit(stage == 0 ? 64 : channels / 2 * plan.Expansion, stride, Dilation(stage - 1)) };
        for (var place = 1; place < plan.Depths[stage]; place++) layer.Add(Unit(channels * plan.Expansion, 1, Dilation(stage)));
        return layer;

        bool Dilates(int stage) => stage > 0 && plan.Dilate.ElementAtOrDefault(stage - 1);

        long Dilation(int stage) => 1L << Enumerable.Range(0, stage + 1).Count(Dilates);

        NeuralModule Unit(long from, long step, long dilation) => plan.Unit switch
        {
            ResNetUnit.Plain => PlainUnit(from, channels, step, plan.ConvBias),
            ResNetUnit.Basic => new ResNetBlock.Basic(from, channels, step, plan.Shortcut, plan.ConvBias),
            _ => new ResNetBlock.Bottleneck(
                from, channels, step, plan.Groups, plan.BaseWidth, dilation, plan.Shortcut, plan.StrideFirst, plan.ConvBias),
        };
    }

    private static Sequence PlainUnit(long inChannels, long channels, long stride, bool convBias) => new()
    {
        { "conv1", new Convolution2D(inChannels, channels, 3, stride, padding: 1, bias: convBias) },
        { "bn1", new BatchNorm2D(channels) },
        { "relu1", new ReLU(inPlace: true) },
        { "conv2", new Convolution2D(channels, channels, 3, padding: 1, bias: convBias) },
        { "bn2", new BatchNorm2D(channels) },
        { "relu2", new ReLU(inPlace: true) },
    };

    // The alias is the Luma neural package's name.
    private static ModelVariant Variant(
        string id, long parameters, string description, string? alias = null, Func<ModelOptions, ResNet>? build = null) =>
        new(id, parameters, (3, 224, 224), build ?? (options => new ResNet(Plans[id], options)))
        {
            Description = description,
            Aliases = alias is null ? [] : [alias],
            HasLumaConfig = Plans[id].IsInLuma,
            KeyMap = new ResNetKeyMap(),
        };
}

/// <summary>ResNet-18 (He et al. 2015, table 1): 11,689,512 parameters. Input <c>(N, 3, 224, 224)</c>.</summary>
/// <param name="options">What may be chosen: see <see cref="ResNet"/>.</param>
public sealed class ResNet_18(ModelOptions? options = null) : ResNet(nameof(ResNet_18), Plans["resnet18"], options);

/// <summary>ResNet-34 (He et al. 2015, table 1): 21,797,672 parameters. Input <c>(N, 3, 224, 224)</c>.</summary>
/// <param name="options">What may be chosen: see <see cref="ResNet"/>.</param>
public sealed class ResNet_34(ModelOptions? options = null) : ResNet(nameof(ResNet_34), Plans["resnet34"], options);

/// <summary>ResNet-50 (He et al. 2015, table 1): 25,557,032 parameters. Input <c>(N, 3, 224, 224)</c>.</summary>
/// <param name="options">What may be chosen: see <see cref="ResNet"/>.</param>
public sealed class ResNet_50(ModelOptions? options = null) : ResNet(nameof(ResNet_50), Plans["resnet50"], options);

/// <summary>ResNet-101 (He et al. 2015, table 1): 44,549,160 parameters. Input <c>(N, 3, 224, 224)</c>.</summary>
/// <param name="options">What may be chosen: see <see cref="ResNet"/>.</param>
public sealed class ResNet_101(ModelOptions? options = null) : ResNet(nameof(ResNet_101), Plans["resnet101"], options);

/// <summary>ResNet-152 (He et al. 2015, table 1): 60,192,808 parameters. Input <c>(N, 3, 224, 224)</c>.</summary>
/// <param name="options">What may be chosen: see <see cref="ResNet"/>.</param>
public sealed class ResNet_152(ModelOptions? options = null) : ResNet(nameof(ResNet_152), Plans["resnet152"], options);
