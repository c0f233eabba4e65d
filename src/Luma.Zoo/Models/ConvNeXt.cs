using Luma.Neural;
using Luma.Neural.Blocks;
using Luma.Neural.Layers;
using TorchSharp.Utils;

namespace Luma.Zoo.Models;

/// <summary>
/// Liu et al., "A ConvNet for the 2020s" (2022): a residual network brought up to date step by step until it is built like a
/// transformer, with depthwise convolutions where that has attention.
/// </summary>
/// <remarks>Input <c>(N, 3, H, W)</c> of at least 32x32, output logits <c>(N, classes)</c>.</remarks>
public abstract partial class ConvNeXt : Block
{
    private readonly Sequence features = [], classifier;
    private readonly GlobalAvgPooling2D pool;

    // Section 3: channels and blocks of the four stages. torchvision's stochastic depth.
    internal sealed record Size(long[] Channels, int[] Blocks, double StochasticDepth);

    internal static readonly Size
        Tiny = new([96, 192, 384, 768], [3, 3, 9, 3], StochasticDepth: 0.1),
        Small = new([96, 192, 384, 768], [3, 3, 27, 3], StochasticDepth: 0.4),
        Base = new([128, 256, 512, 1024], [3, 3, 27, 3], StochasticDepth: 0.5),
        Large = new([192, 384, 768, 1536], [3, 3, 27, 3], StochasticDepth: 0.5);

    // The authors' code: every norm's epsilon, and what a fresh layer scale is.
    private const double Epsilon = 1e-6, LayerScale = 1e-6;

    private protected ConvNeXt(string name, Size size, long numClasses, double? stochasticDepth, long inChannels) : base(name)
    {
        var (channels, blocks) = (size.Channels, size.Blocks);
        var (built, last) = (0, blocks.Sum() - 1.0);

        features.Add(new ConvNormActivation(
            inChannels, channels[0], kernelSize: 4, stride: 4, padding: 0, bias: true, norm: new LayerNorm2D(channels[0], Epsilon)));
        for (var stage = 0; stage < blocks.Length; stage++)
        {
            if (stage > 0) features.Add(Downsampling(channels[stage - 1], channels[stage]));

            var sequence = new Sequence();
            for (var i = 0; i < blocks[stage]; i++)
                sequence.Add(new ConvNeXtBlock(channels[stage], (stochasticDepth ?? size.StochasticDepth) * built++ / last));
            features.Add(sequence);
        }
        Register("features", features);
        pool = Register("avgpool", new GlobalAvgPooling2D());
        classifier = Register("classifier", new Sequence
        {
            new LayerNorm2D(channels[^1], Epsilon),
            new Flatten(),
            new Dense(channels[^1], numClasses),
        });

        // Appendix A.1: truncated normal with 0.02, biases 0.
        foreach (var module in modules())
        {
            if (module is Convolution convolution) Initialize(convolution.Weight, convolution.Bias!);
            if (module is Dense dense) Initialize(dense.Weight, dense.Bias!);
        }
    }

    internal static ModelFamily Family { get; } = new("ConvNeXt",
    [
        new("convnext_tiny", 28_589_128, (3, 224, 224), o => new ConvNeXt_Tiny(o.NumClasses ?? 1000, inChannels: o.InChannels ?? 3))
        {
            Description = "Liu et al. 2022, ConvNeXt-T, 18 blocks of 96 to 768 channels",
            AdaptWeights = (weights, network) => FromTimm(weights, (ConvNeXt)network),
        },
        new("convnext_small", 50_223_688, (3, 224, 224), o => new ConvNeXt_Small(o.NumClasses ?? 1000, inChannels: o.InChannels ?? 3))
        {
            Description = "Liu et al. 2022, ConvNeXt-S, 36 blocks of 96 to 768 channels",
            AdaptWeights = (weights, network) => FromTimm(weights, (ConvNeXt)network),
        },
        new("convnext_base", 88_591_464, (3, 224, 224), o => new ConvNeXt_Base(o.NumClasses ?? 1000, inChannels: o.InChannels ?? 3))
        {
            Description = "Liu et al. 2022, ConvNeXt-B, 36 blocks of 128 to 1024 channels",
            AdaptWeights = (weights, network) => FromTimm(weights, (ConvNeXt)network),
        },
        new("convnext_large", 197_767_336, (3, 224, 224), o => new ConvNeXt_Large(o.NumClasses ?? 1000, inChannels: o.InChannels ?? 3))
        {
            Description = "Liu et al. 2022, ConvNeXt-L, 36 blocks of 192 to 1536 channels",
            AdaptWeights = (weights, network) => FromTimm(weights, (ConvNeXt)network),
        },
    ]);

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x) => classifier.call(pool.call(features.call(x)));

    private static Sequence Downsampling(long inChannels, long outChannels) =>
    [
        new LayerNorm2D(inChannels, Epsilon),
        new Convolution2D(inChannels, outChannels, 2, stride: 2),
    ];

    private static void Initialize(Tensor weight, Tensor bias)
    {
        Initializers.TruncatedNormal(weight, std: 0.02);
        Initializers.Constant(bias, 0);
    }

    /// <summary>Figure 4, right: a wide depthwise convolution, then an MLP on each pixel's channels, beside a shortcut.</summary>
    private sealed class ConvNeXtBlock : Residual
    {
        private readonly Sequence block;
        private readonly StochasticDepth depth;

        [ComponentName(Name = "layer_scale")]
        private Parameter scale;

        public ConvNeXtBlock(long channels, double stochasticDepth) : base(nameof(ConvNeXtBlock))
        {
            block = Register("block", new Sequence
            {
                new Convolution2D(channels, channels, 7, padding: 3, groups: channels),
                new Permute(0, 2, 3, 1),
                new LayerNorm(channels, Epsilon),
                new Dense(channels, 4 * channels),
                new GELU(),
                new Dense(4 * channels, channels),
                new Permute(0, 3, 1, 2),
            });
            scale = RegisterParameter("layer_scale", empty(channels, 1, 1));
            Initializers.Constant(scale, LayerScale);
            depth = Register("stochastic_depth", new StochasticDepth(stochasticDepth));
        }

        protected override Tensor Branch(Tensor input) => depth.call(Ops.Multiply(scale, block.call(input)));
    }
}

/// <summary>ConvNeXt-T: 18 blocks, 28,589,128 parameters. Input <c>(N, 3, 224, 224)</c>.</summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="stochasticDepth">
/// The probability that the last block's branch is left out in training; earlier ones in proportion. 0.1 by default.
/// </param>
/// <param name="inChannels">The number of channels of the input.</param>
public sealed class ConvNeXt_Tiny(long numClasses = 1000, double? stochasticDepth = null, long inChannels = 3)
    : ConvNeXt(nameof(ConvNeXt_Tiny), Tiny, numClasses, stochasticDepth, inChannels);

/// <summary>ConvNeXt-S: 36 blocks, 50,223,688 parameters. Input <c>(N, 3, 224, 224)</c>.</summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="stochasticDepth">
/// The probability that the last block's branch is left out in training; earlier ones in proportion. 0.4 by default.
/// </param>
/// <param name="inChannels">The number of channels of the input.</param>
public sealed class ConvNeXt_Small(long numClasses = 1000, double? stochasticDepth = null, long inChannels = 3)
    : ConvNeXt(nameof(ConvNeXt_Small), Small, numClasses, stochasticDepth, inChannels);

/// <summary>ConvNeXt-B: 36 blocks of up to 1024 channels, 88,591,464 parameters. Input <c>(N, 3, 224, 224)</c>.</summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="stochasticDepth">
/// The probability that the last block's branch is left out in training; earlier ones in proportion. 0.5 by default.
/// </param>
/// <param name="inChannels">The number of channels of the input.</param>
public sealed class ConvNeXt_Base(long numClasses = 1000, double? stochasticDepth = null, long inChannels = 3)
    : ConvNeXt(nameof(ConvNeXt_Base), Base, numClasses, stochasticDepth, inChannels);

/// <summary>ConvNeXt-L: 36 blocks of up to 1536 channels, 197,767,336 parameters. Input <c>(N, 3, 224, 224)</c>.</summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="stochasticDepth">
/// The probability that the last block's branch is left out in training; earlier ones in proportion. 0.5 by default.
/// </param>
/// <param name="inChannels">The number of channels of the input.</param>
public sealed class ConvNeXt_Large(long numClasses = 1000, double? stochasticDepth = null, long inChannels = 3)
    : ConvNeXt(nameof(ConvNeXt_Large), Large, numClasses, stochasticDepth, inChannels);
