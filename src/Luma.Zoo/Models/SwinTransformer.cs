using Luma.Neural;
using Luma.Neural.Blocks;
using Luma.Neural.Layers;

namespace Luma.Zoo.Models;

/// <summary>
/// Liu et al., "Swin Transformer: Hierarchical Vision Transformer using Shifted Windows" (2021): attention within windows, which
/// shift from block to block, on maps that become smaller and deeper from stage to stage. Version 2 is Liu et al., "Swin Transformer
/// V2: Scaling Up Capacity and Resolution" (2022).
/// </summary>
/// <remarks>Input <c>(N, 3, H, W)</c> of any size, output logits <c>(N, classes)</c>.</remarks>
public abstract partial class SwinTransformer : Block
{
    private readonly Version version;
    private readonly Sequence features = [];
    private readonly LayerNorm norm;
    private readonly Permute channelsFirst;
    private readonly GlobalAvgPooling2D pool;
    private readonly Flatten flatten;
    private readonly Dense head;

    // Section 3.3 of the paper: channels of the first stage, blocks and heads of each. torchvision's stochastic depth.
    internal sealed record Size(long Channels, int[] Blocks, int[] Heads, double StochasticDepth);

    internal static readonly Size
        Tiny = new(96, [2, 2, 6, 2], [3, 6, 12, 24], StochasticDepth: 0.2),
        Small = new(96, [2, 2, 18, 2], [3, 6, 12, 24], StochasticDepth: 0.3),
        Base = new(128, [2, 2, 18, 2], [4, 8, 16, 32], StochasticDepth: 0.5);

    // The two papers' versions, with the side of a window in pixels of the first stage's map.
    internal enum Version
    {
        V1 = 7,
        V2 = 8,
    }

    private protected SwinTransformer(
        string name, Version version, Size size, long numClasses, double dropout, double attentionDropout, double? stochasticDepth,
        long inChannels) : base(name)
    {
        this.version = version;
        var (channels, built, last) = (size.Channels, 0, size.Blocks.Sum() - 1);

        features.Add(new Sequence
        {
            new Convolution2D(inChannels, channels, 4, stride: 4),
            new Permute(0, 2, 3, 1),
            new LayerNorm(channels),
        });
        for (var stage = 0; stage < size.Blocks.Length; stage++)
        {
            if (stage > 0)
            {
                features.Add(new PatchMerging(channels, version));
                channels *= 2;
            }

            var sequence = new Sequence();
            for (var i = 0; i < size.Blocks[stage]; i++)
            {
                var depth = (stochasticDepth ?? size.StochasticDepth) * built++ / last;
                sequence.Add(new SwinBlock(version, channels, size.Heads[stage], shifts: i % 2 == 1, dropout, attentionDropout, depth));
            }
            features.Add(sequence);
        }

        Register("features", features);
        norm = Register("norm", new LayerNorm(channels));
        channelsFirst = Register("permute", new Permute(0, 3, 1, 2));
        pool = Register("avgpool", new GlobalAvgPooling2D());
        flatten = Register("flatten", new Flatten());
        head = Register("head", new Dense(channels, numClasses));

        foreach (var dense in modules().OfType<Dense>())
        {
            Initializers.TruncatedNormal(dense.Weight, std: 0.02);
            if (dense.Bias is { } bias) Initializers.Constant(bias, 0);
        }
    }

    internal static ModelFamily Family { get; } = new("Swin Transformer",
    [
        new("swin_t", 28_288_354, (3, 224, 224), o => new Swin_T(o.NumClasses ?? 1000, inChannels: o.InChannels ?? 3))
        {
            Description = "Liu et al. 2021, Swin-T, 12 blocks of 96 to 768 channels",
            AdaptWeights = (weights, network) => FromTimm(weights, (SwinTransformer)network),
        },
        new("swin_s", 49_606_258, (3, 224, 224), o => new Swin_S(o.NumClasses ?? 1000, inChannels: o.InChannels ?? 3))
        {
            Description = "Liu et al. 2021, Swin-S, 24 blocks of 96 to 768 channels",
            AdaptWeights = (weights, network) => FromTimm(weights, (SwinTransformer)network),
        },
        new("swin_b", 87_768_224, (3, 224, 224), o => new Swin_B(o.NumClasses ?? 1000, inChannels: o.InChannels ?? 3))
        {
            Description = "Liu et al. 2021, Swin-B, 24 blocks of 128 to 1024 channels",
            AdaptWeights = (weights, network) => FromTimm(weights, (SwinTransformer)network),
        },
        new("swin_v2_t", 28_351_570, (3, 256, 256), o => new Swin_V2_T(o.NumClasses ?? 1000, inChannels: o.InChannels ?? 3))
        {
            Description = "Liu et al. 2022, SwinV2-T, 12 blocks of 96 to 768 channels",
            AdaptWeights = (weights, network) => FromTimm(weights, (SwinTransformer)network),
        },
        new("swin_v2_s", 49_737_442, (3, 256, 256), o => new Swin_V2_S(o.NumClasses ?? 1000, inChannels: o.InChannels ?? 3))
        {
            Description = "Liu et al. 2022, SwinV2-S, 24 blocks of 96 to 768 channels",
            AdaptWeights = (weights, network) => FromTimm(weights, (SwinTransformer)network),
        },
        new("swin_v2_b", 87_930_848, (3, 256, 256), o => new Swin_V2_B(o.NumClasses ?? 1000, inChannels: o.InChannels ?? 3))
        {
            Description = "Liu et al. 2022, SwinV2-B, 24 blocks of 128 to 1024 channels",
            AdaptWeights = (weights, network) => FromTimm(weights, (SwinTransformer)network),
        },
    ]);

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x)
    {
        x = channelsFirst.call(norm.call(features.call(x)));
        return head.call(flatten.call(pool.call(x)));
    }

    /// <summary>
    /// Figure 3b: attention and an MLP, each beside a shortcut. Version 1 normalises what goes into them, version 2 what comes out
    /// (figure 1 of its paper).
    /// </summary>
    private sealed class SwinBlock : Block
    {
        private readonly Version version;
        private readonly LayerNorm norm1, norm2;
        private readonly ShiftedWindowAttention attention;
        private readonly StochasticDepth depth;
        private readonly Mlp mlp;

        public SwinBlock(
            Version version, long channels, long heads, bool shifts, double dropout, double attentionDropout, double stochasticDepth)
            : base(nameof(SwinBlock))
        {
            this.version = version;
            var window = (long)version;
            var shift = shifts ? window / 2 : 0;

            norm1 = Register("norm1", new LayerNorm(channels));
            attention = Register<ShiftedWindowAttention>("attn", version == Version.V1
                ? new AttentionV1(channels, heads, window, shift, dropout, attentionDropout)
                : new AttentionV2(channels, heads, window, shift, dropout, attentionDropout));
            depth = Register("stochastic_depth", new StochasticDepth(stochasticDepth));
            norm2 = Register("norm2", new LayerNorm(channels));
            mlp = Register("mlp", new Mlp(channels, 4 * channels, dropout: dropout));

            // The network draws the weights once more; torchvision draws them here as well.
            foreach (var layer in new[] { mlp.First, mlp.Second })
            {
                Initializers.XavierUniform(layer.Weight);
                Initializers.Normal(layer.Bias!, std: 1e-6);
            }
        }

        protected override Tensor Compute(Tensor x)
        {
            x = Ops.Add(depth.call(Normalized(attention, norm1, x)), x, inPlace: true);
            return Ops.Add(depth.call(Normalized(mlp, norm2, x)), x, inPlace: true);
        }

        private Tensor Normalized(Block branch, LayerNorm norm, Tensor x) =>
            version == Version.V1 ? branch.call(norm.call(x)) : norm.call(branch.call(x));
    }

    /// <summary>
    /// Section 3.1: four neighbours become one pixel with twice the channels. <c>(N, H, W, C)</c> to
    /// <c>(N, ceil(H / 2), ceil(W / 2), 2C)</c>.
    /// </summary>
    private sealed class PatchMerging : Block
    {
        private readonly Version version;
        private readonly Dense reduction;
        private readonly LayerNorm norm;

        public PatchMerging(long channels, Version version) : base(nameof(PatchMerging))
        {
            this.version = version;
            reduction = Register("reduction", new Dense(4 * channels, 2 * channels, bias: false));
            norm = Register("norm", new LayerNorm(version == Version.V1 ? 4 * channels : 2 * channels));
        }

        protected override Tensor Compute(Tensor x)
        {
            if (x.size(1) % 2 == 1) x = Ops.ZeroPad(x, 1, after: 1);
            if (x.size(2) % 2 == 1) x = Ops.ZeroPad(x, 2, after: 1);

            // The four one behind the other: upper left, lower left, upper right, lower right.
            x = Ops.Unflatten(Ops.Unflatten(x, 2, -1, 2), 1, -1, 2);
            x = Ops.Flatten(Ops.Permute(x, 0, 1, 3, 4, 2, 5), 3);
            return version == Version.V1 ? reduction.call(norm.call(x)) : norm.call(reduction.call(x));
        }
    }
}

/// <summary>Swin-T: 28,288,354 parameters. Input <c>(N, 3, 224, 224)</c>.</summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="dropout">The probability that an element is dropped after attention and MLP.</param>
/// <param name="attentionDropout">The probability that an attention weight is dropped.</param>
/// <param name="stochasticDepth">
/// The probability that the last block's branches are left out in training; earlier ones in proportion. 0.2 by default.
/// </param>
/// <param name="inChannels">The number of channels of the input.</param>
public sealed class Swin_T(
    long numClasses = 1000, double dropout = 0, double attentionDropout = 0, double? stochasticDepth = null, long inChannels = 3)
    : SwinTransformer(nameof(Swin_T), Version.V1, Tiny, numClasses, dropout, attentionDropout, stochasticDepth, inChannels);

/// <summary>Swin-S: 49,606,258 parameters. Input <c>(N, 3, 224, 224)</c>.</summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="dropout">The probability that an element is dropped after attention and MLP.</param>
/// <param name="attentionDropout">The probability that an attention weight is dropped.</param>
/// <param name="stochasticDepth">
/// The probability that the last block's branches are left out in training; earlier ones in proportion. 0.3 by default.
/// </param>
/// <param name="inChannels">The number of channels of the input.</param>
public sealed class Swin_S(
    long numClasses = 1000, double dropout = 0, double attentionDropout = 0, double? stochasticDepth = null, long inChannels = 3)
    : SwinTransformer(nameof(Swin_S), Version.V1, Small, numClasses, dropout, attentionDropout, stochasticDepth, inChannels);

/// <summary>Swin-B: 87,768,224 parameters. Input <c>(N, 3, 224, 224)</c>.</summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="dropout">The probability that an element is dropped after attention and MLP.</param>
/// <param name="attentionDropout">The probability that an attention weight is dropped.</param>
/// <param name="stochasticDepth">
/// The probability that the last block's branches are left out in training; earlier ones in proportion. 0.5 by default.
/// </param>
/// <param name="inChannels">The number of channels of the input.</param>
public sealed class Swin_B(
    long numClasses = 1000, double dropout = 0, double attentionDropout = 0, double? stochasticDepth = null, long inChannels = 3)
    : SwinTransformer(nameof(Swin_B), Version.V1, Base, numClasses, dropout, attentionDropout, stochasticDepth, inChannels);

/// <summary>SwinV2-T: 28,351,570 parameters. Input <c>(N, 3, 256, 256)</c>.</summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="dropout">The probability that an element is dropped after attention and MLP.</param>
/// <param name="attentionDropout">The probability that an attention weight is dropped.</param>
/// <param name="stochasticDepth">
/// The probability that the last block's branches are left out in training; earlier ones in proportion. 0.2 by default.
/// </param>
/// <param name="inChannels">The number of channels of the input.</param>
public sealed class Swin_V2_T(
    long numClasses = 1000, double dropout = 0, double attentionDropout = 0, double? stochasticDepth = null, long inChannels = 3)
    : SwinTransformer(nameof(Swin_V2_T), Version.V2, Tiny, numClasses, dropout, attentionDropout, stochasticDepth, inChannels);

/// <summary>SwinV2-S: 49,737,442 parameters. Input <c>(N, 3, 256, 256)</c>.</summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="dropout">The probability that an element is dropped after attention and MLP.</param>
/// <param name="attentionDropout">The probability that an attention weight is dropped.</param>
/// <param name="stochasticDepth">
/// The probability that the last block's branches are left out in training; earlier ones in proportion. 0.3 by default.
/// </param>
/// <param name="inChannels">The number of channels of the input.</param>
public sealed class Swin_V2_S(
    long numClasses = 1000, double dropout = 0, double attentionDropout = 0, double? stochasticDepth = null, long inChannels = 3)
    : SwinTransformer(nameof(Swin_V2_S), Version.V2, Small, numClasses, dropout, attentionDropout, stochasticDepth, inChannels);

/// <summary>SwinV2-B: 87,930,848 parameters. Input <c>(N, 3, 256, 256)</c>.</summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="dropout">The probability that an element is dropped after attention and MLP.</param>
/// <param name="attentionDropout">The probability that an attention weight is dropped.</param>
/// <param name="stochasticDepth">
/// The probability that the last block's branches are left out in training; earlier ones in proportion. 0.5 by default.
/// </param>
/// <param name="inChannels">The number of channels of the input.</param>
public sealed class Swin_V2_B(
    long numClasses = 1000, double dropout = 0, double attentionDropout = 0, double? stochasticDepth = null, long inChannels = 3)
    : SwinTransformer(nameof(Swin_V2_B), Version.V2, Base, numClasses, dropout, attentionDropout, stochasticDepth, inChannels);
