using Luma.Neural;
using Luma.Neural.Blocks;
using Luma.Neural.Layers;

namespace Luma.Zoo.Models;

/// <summary>What may be chosen about a <see cref="ResNet"/>; the defaults are torchvision's.</summary>
public sealed record ResNetOptions
{
    /// <summary>
    /// Whether each block begins as the identity, its last norm's scale being 0: Goyal et al., "Accurate, Large Minibatch SGD" (2017),
    /// section 5.1.
    /// </summary>
    public bool ZeroInitResidual { get; init; }

    /// <summary>Whether the convolutions add a bias, as in the Luma neural package.</summary>
    public bool ConvBias { get; init; }

    /// <summary>
    /// Whether a bottleneck's first convolution has the stride, as in the paper (ResNet-50: 3.8 G multiply-adds), and not the 3x3 one,
    /// as in torchvision (4.1 G).
    /// </summary>
    public bool StrideFirst { get; init; }

    /// <summary>The shortcuts where the shape changes: projections by default, which are the paper's option B.</summary>
    public ResNetShortcut Shortcut { get; init; }

    /// <summary>For each of the last three stages, whether it dilates its windows instead of halving the size.</summary>
    public (bool Stage2, bool Stage3, bool Stage4) Dilate { get; init; }
}

/// <summary>
/// He et al., "Deep Residual Learning for Image Recognition" (2015), table 1: a convolution of 7x7, max pooling, four stages of
/// residual blocks with 64, 128, 256 and 512 channels, and a fully connected layer on the mean of each channel.
/// </summary>
/// <remarks>
/// Input <c>(N, 3, H, W)</c>, made for 224x224; output logits <c>(N, 1000)</c>. Convolutions are drawn as in He et al., "Delving Deep
/// into Rectifiers" (2015), section 2.2, by the number of outputs; norms have PyTorch's epsilon of 1e-5 and momentum of 0.1. Names,
/// layout and initialisation are torchvision's.
/// </remarks>
public abstract partial class ResNet : Sequence
{
    private protected enum Unit
    {
        /// <summary>Two convolutions of 3x3 without a shortcut.</summary>
        Plain,

        /// <summary><see cref="ResNetBlock.Basic"/></summary>
        Basic,

        /// <summary><see cref="ResNetBlock.Bottleneck"/></summary>
        Bottleneck,
    }

    private protected ResNet(
        string name, Unit unit, int[] depths, long numClasses, long inChannels, ResNetOptions? options, long groups = 1,
        long baseWidth = 64) : base(name)
    {
        options ??= new();
        Add("conv1", new Convolution2D(inChannels, 64, 7, stride: 2, padding: 3, bias: options.ConvBias));
        Add("bn1", new BatchNorm2D(64));
        Add("relu", new ReLU(inPlace: true));
        Add("maxpool", new Pooling2D(PoolingMode.Max, 3, stride: 2, padding: 1));

        bool[] dilates = [false, options.Dilate.Stage2, options.Dilate.Stage3, options.Dilate.Stage4];
        long width = 64, dilation = 1;
        for (var stage = 0; stage < depths.Length; stage++)
        {
            var channels = 64L << stage;
            var stride = stage == 0 ? 1 : 2;
            var layer = new Sequence();
            for (var place = 0; place < depths[stage]; place++)
            {
                // In a dilated stage the first block still has the windows of the stage before.
                var blockDilation = dilation;
                if (place == 0 && dilates[stage]) (dilation, stride) = (dilation * stride, 1);
                layer.Add(Block(width, channels, place == 0 ? stride : 1, blockDilation));
                width = unit == Unit.Bottleneck ? channels * ResNetBlock.Bottleneck.Expansion : channels;
            }
            Add($"layer{stage + 1}", layer);
        }
        AddHead(this, width, numClasses);
        Initialize(this, options.ZeroInitResidual);

        NeuralModule Block(long from, long channels, long stride, long dilation) => unit switch
        {
            Unit.Plain => PlainUnit(from, channels, stride, options.ConvBias),
            Unit.Basic when dilation > 1 =>
                throw new ArgumentException("Basic blocks have no dilation.", nameof(options)),
            Unit.Basic => new ResNetBlock.Basic(from, channels, stride, options.Shortcut, options.ConvBias),
            _ => new ResNetBlock.Bottleneck(
                from, channels, stride, groups, baseWidth, dilation, options.Shortcut, options.StrideFirst, options.ConvBias),
        };
    }

    internal static ModelFamily Family { get; } = new("ResNet",
    [
        Entry("resnet18", 11_689_512, (n, c, o) => new ResNet_18(n, c, o), "18 layers, basic blocks", "resnet_18"),
        Entry("resnet34", 21_797_672, (n, c, o) => new ResNet_34(n, c, o), "34 layers, basic blocks", "resnet_34"),
        Entry("resnet50", 25_557_032, (n, c, o) => new ResNet_50(n, c, o), "50 layers, bottlenecks", "resnet_50"),
        Entry("resnet101", 44_549_160, (n, c, o) => new ResNet_101(n, c, o), "101 layers, bottlenecks", "resnet_101"),
        Entry("resnet152", 60_192_808, (n, c, o) => new ResNet_152(n, c, o), "152 layers, bottlenecks", "resnet_152"),
        Entry("plain_18", 11_515_688, (n, c, _) => new PlainNet_18(n, c), "ResNet-18 without its shortcuts"),
        Entry("plain_34", 21_623_848, (n, c, _) => new PlainNet_34(n, c), "ResNet-34 without its shortcuts"),
        .. CifarResNet.Variants,
    ]);

    internal static ModelFamily WideFamily { get; } = new("Wide ResNet",
    [
        Entry("wide_resnet50_2", 68_883_240, (n, c, o) => new WideResNet_50_2(n, c, o), "ResNet-50, its 3x3 convolutions twice as wide"),
        Entry(
            "wide_resnet101_2", 126_886_696, (n, c, o) => new WideResNet_101_2(n, c, o), "ResNet-101, its 3x3 convolutions twice as wide"),
    ]);

    internal static ModelFamily NextFamily { get; } = new("ResNeXt",
    [
        Entry("resnext50_32x4d", 25_028_904, (n, c, o) => new ResNeXt_50_32x4d(n, c, o), "50 layers, 32 groups of 4 channels"),
        Entry("resnext101_32x8d", 88_791_336, (n, c, o) => new ResNeXt_101_32x8d(n, c, o), "101 layers, 32 groups of 8 channels"),
        Entry("resnext101_64x4d", 83_455_272, (n, c, o) => new ResNeXt_101_64x4d(n, c, o), "101 layers, 64 groups of 4 channels"),
    ]);

    /// <summary>Appends what all residual networks end with: the mean of each channel and a fully connected layer.</summary>
    internal static void AddHead(Sequence network, long channels, long numClasses)
    {
        network.Add("avgpool", new AdaptiveAvgPooling2D(1));
        network.Add("flatten", new Flatten());
        network.Add("fc", new Dense(channels, numClasses));
    }

    /// <summary>Draws the convolutions anew and resets the norms, as torchvision does at the end.</summary>
    internal static void Initialize(NeuralModule network, bool zeroInitResidual = false)
    {
        foreach (var module in network.modules())
        {
            if (module is Convolution convolution) Initializers.KaimingNormal(convolution.Weight, Fan.Out);
            if (module is BatchNorm norm) norm.ResetParameters();
        }

        if (!zeroInitResidual) return;
        foreach (var module in network.modules())
        {
            var last = (module as ResNetBlock.Basic)?.LastNorm ?? (module as ResNetBlock.Bottleneck)?.LastNorm;
            if (last?.Weight is { } scale) Initializers.Constant(scale, 0);
        }
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

    // The aliases are the Luma neural package's names, which has the networks with a bias in every convolution.
    private static ModelVariant Entry(
        string id, long parameters, Func<long, long, ResNetOptions, ResNet> build, string description, params string[] aliases) =>
        new(id, parameters, (3, 224, 224), o => build(o.NumClasses ?? 1000, o.InChannels ?? 3, OptionsFor(o.Config, aliases.Length > 0)))
        {
            Description = description,
            AdaptWeights = RefuseOthers,
            Aliases = aliases,
            HasLumaConfig = aliases.Length > 0,
        };

    private static ResNetOptions OptionsFor(ModelConfig config, bool inLuma) => new() { ConvBias = inLuma && config == ModelConfig.Luma };
}

/// <summary>ResNet-18 (He et al. 2015, table 1): 11,689,512 parameters. Input <c>(N, 3, 224, 224)</c>.</summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
/// <param name="options">What else may be chosen.</param>
public sealed class ResNet_18(long numClasses = 1000, long inChannels = 3, ResNetOptions? options = null)
    : ResNet(nameof(ResNet_18), Unit.Basic, [2, 2, 2, 2], numClasses, inChannels, options);

/// <summary>ResNet-34 (He et al. 2015, table 1): 21,797,672 parameters. Input <c>(N, 3, 224, 224)</c>.</summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
/// <param name="options">What else may be chosen.</param>
public sealed class ResNet_34(long numClasses = 1000, long inChannels = 3, ResNetOptions? options = null)
    : ResNet(nameof(ResNet_34), Unit.Basic, [3, 4, 6, 3], numClasses, inChannels, options);

/// <summary>ResNet-50 (He et al. 2015, table 1): 25,557,032 parameters. Input <c>(N, 3, 224, 224)</c>.</summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
/// <param name="options">What else may be chosen.</param>
public sealed class ResNet_50(long numClasses = 1000, long inChannels = 3, ResNetOptions? options = null)
    : ResNet(nameof(ResNet_50), Unit.Bottleneck, [3, 4, 6, 3], numClasses, inChannels, options);

/// <summary>ResNet-101 (He et al. 2015, table 1): 44,549,160 parameters. Input <c>(N, 3, 224, 224)</c>.</summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
/// <param name="options">What else may be chosen.</param>
public sealed class ResNet_101(long numClasses = 1000, long inChannels = 3, ResNetOptions? options = null)
    : ResNet(nameof(ResNet_101), Unit.Bottleneck, [3, 4, 23, 3], numClasses, inChannels, options);

/// <summary>ResNet-152 (He et al. 2015, table 1): 60,192,808 parameters. Input <c>(N, 3, 224, 224)</c>.</summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
/// <param name="options">What else may be chosen.</param>
public sealed class ResNet_152(long numClasses = 1000, long inChannels = 3, ResNetOptions? options = null)
    : ResNet(nameof(ResNet_152), Unit.Bottleneck, [3, 8, 36, 3], numClasses, inChannels, options);

/// <summary>
/// The plain network of 18 layers (He et al. 2015, section 4.1), ResNet-18 without its shortcuts: 11,515,688 parameters. Input
/// <c>(N, 3, 224, 224)</c>.
/// </summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
/// <param name="convBias">Whether the convolutions add a bias.</param>
public sealed class PlainNet_18(long numClasses = 1000, long inChannels = 3, bool convBias = false)
    : ResNet(nameof(PlainNet_18), Unit.Plain, [2, 2, 2, 2], numClasses, inChannels, new() { ConvBias = convBias });

/// <summary>
/// The plain network of 34 layers (He et al. 2015, section 3.3), ResNet-34 without its shortcuts: 21,623,848 parameters. Input
/// <c>(N, 3, 224, 224)</c>.
/// </summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
/// <param name="convBias">Whether the convolutions add a bias.</param>
public sealed class PlainNet_34(long numClasses = 1000, long inChannels = 3, bool convBias = false)
    : ResNet(nameof(PlainNet_34), Unit.Plain, [3, 4, 6, 3], numClasses, inChannels, new() { ConvBias = convBias });

/// <summary>
/// Wide ResNet-50-2 (Zagoruyko and Komodakis, "Wide Residual Networks", 2016, table 8): 68,883,240 parameters. Input
/// <c>(N, 3, 224, 224)</c>.
/// </summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
/// <param name="options">What else may be chosen.</param>
public sealed class WideResNet_50_2(long numClasses = 1000, long inChannels = 3, ResNetOptions? options = null)
    : ResNet(nameof(WideResNet_50_2), Unit.Bottleneck, [3, 4, 6, 3], numClasses, inChannels, options, baseWidth: 128);

/// <summary>Wide ResNet-101-2, torchvision's: 126,886,696 parameters. Input <c>(N, 3, 224, 224)</c>.</summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
/// <param name="options">What else may be chosen.</param>
public sealed class WideResNet_101_2(long numClasses = 1000, long inChannels = 3, ResNetOptions? options = null)
    : ResNet(nameof(WideResNet_101_2), Unit.Bottleneck, [3, 4, 23, 3], numClasses, inChannels, options, baseWidth: 128);

/// <summary>
/// ResNeXt-50 (Xie et al., "Aggregated Residual Transformations for Deep Neural Networks", 2017, table 1): 25,028,904 parameters.
/// Input <c>(N, 3, 224, 224)</c>.
/// </summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
/// <param name="options">What else may be chosen.</param>
public sealed class ResNeXt_50_32x4d(long numClasses = 1000, long inChannels = 3, ResNetOptions? options = null)
    : ResNet(nameof(ResNeXt_50_32x4d), Unit.Bottleneck, [3, 4, 6, 3], numClasses, inChannels, options, groups: 32, baseWidth: 4);

/// <summary>ResNeXt-101 with 32 groups of 8 channels, torchvision's: 88,791,336 parameters. Input <c>(N, 3, 224, 224)</c>.</summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
/// <param name="options">What else may be chosen.</param>
public sealed class ResNeXt_101_32x8d(long numClasses = 1000, long inChannels = 3, ResNetOptions? options = null)
    : ResNet(nameof(ResNeXt_101_32x8d), Unit.Bottleneck, [3, 4, 23, 3], numClasses, inChannels, options, groups: 32, baseWidth: 8);

/// <summary>
/// ResNeXt-101 with 64 groups of 4 channels (Xie et al. 2017, table 4): 83,455,272 parameters. Input <c>(N, 3, 224, 224)</c>.
/// </summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
/// <param name="options">What else may be chosen.</param>
public sealed class ResNeXt_101_64x4d(long numClasses = 1000, long inChannels = 3, ResNetOptions? options = null)
    : ResNet(nameof(ResNeXt_101_64x4d), Unit.Bottleneck, [3, 4, 23, 3], numClasses, inChannels, options, groups: 64, baseWidth: 4);
