using Luma.Neural;
using Luma.Neural.Blocks;
using Luma.Neural.Layers;
using TorchSharp.Utils;

namespace Luma.Zoo.Models;

/// <summary>
/// Tu et al., "MaxViT: Multi-Axis Vision Transformer" (2022), figure 2: every layer is a convolution block, attention among
/// neighbours, and attention among pixels spread over the whole map.
/// </summary>
/// <remarks>
/// Input <c>(N, 3, H, W)</c>, H and W multiples of 224 so that windows and grids of 7x7 fit at every stage; output logits
/// <c>(N, classes)</c>.
/// </remarks>
public abstract class MaxVit : Block
{
    private readonly long inChannels;
    private readonly Sequence stem, blocks = [], classifier;

    // Table 1: channels of the stem, channels and layers of the four stages. torchvision's stochastic depth.
    internal sealed record Size(long Stem, long[] Channels, int[] Layers, double StochasticDepth);

    internal static readonly Size Tiny = new(64, [64, 128, 256, 512], [2, 2, 5, 2], StochasticDepth: 0.2);

    // Section 4.1 and the authors' code: 32 channels a head, windows and grids of 7x7, MLPs and bottlenecks four times as wide,
    // and a quarter of the channels in squeeze-and-excitation.
    private const long HeadSize = 32, Window = 7, Expansion = 4, Squeeze = 4;

    private protected MaxVit(
        string name, Size size, long numClasses, double dropout, double attentionDropout, double? stochasticDepth, long inChannels)
        : base(name)
    {
        this.inChannels = inChannels;
        stem = Register("stem", new Sequence
        {
            new ConvNormActivation(inChannels, size.Stem, stride: 2, norm: Norm(size.Stem), activation: new GELU()),
            new ConvNormActivation(size.Stem, size.Stem),
        });

        // Probabilities at equal distances from 0 to the last one's.
        var (channels, built) = (size.Stem, 0);
        var step = (stochasticDepth ?? size.StochasticDepth) / (size.Layers.Sum() - 1);
        for (var stage = 0; stage < size.Layers.Length; stage++)
        {
            var layers = new Sequence();
            for (var i = 0; i < size.Layers[stage]; i++)
            {
                layers.Add(MaxVitLayer(channels, size.Channels[stage], stride: i == 0 ? 2 : 1, dropout, attentionDropout, built++ * step));
                channels = size.Channels[stage];
            }
            blocks.Add(new Sequence { { "layers", layers } });
        }
        Register("blocks", blocks);

        classifier = Register("classifier", new Sequence
        {
            new GlobalAvgPooling2D(),
            new Flatten(),
            new LayerNorm(channels),
            new Dense(channels, channels),
            new Tanh(),
            new Dense(channels, numClasses, bias: false),
        });

        foreach (var module in modules())
        {
            if (module is Convolution convolution) Initialize(convolution.Weight, convolution.Bias);
            if (module is Dense dense) Initialize(dense.Weight, dense.Bias);
        }
    }

    internal static ModelFamily Family { get; } = new("MaxViT",
    [
        new("maxvit_t", 30_919_624, (3, 224, 224), o => new MaxVit_T(o.NumClasses ?? 1000, inChannels: o.InChannels ?? 3))
        {
            Description = "Tu et al. 2022, MaxViT-T, 11 layers of 64 to 512 channels",
        },
    ]);

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x)
    {
        // The last stage's maps are 1/32 of the image.
        if (x.Dimensions != 4 || x.size(2) % (32 * Window) != 0 || x.size(3) % (32 * Window) != 0)
            throw InputMismatch($"(N, {inChannels}, H, W), H and W multiples of {32 * Window}", x);

        return classifier.call(blocks.call(stem.call(x)));
    }

    // The authors' code: epsilon 1e-3, momentum 0.99, which is 0.01 as PyTorch counts.
    private static BatchNorm2D Norm(long channels) => new(channels, eps: 1e-3, momentum: 0.01);

    private static Sequence MaxVitLayer(
        long inChannels, long channels, long stride, double dropout, double attentionDropout, double stochasticDepth) => new()
    {
        {
            "layers", new Sequence
            {
                { "MBconv", new PreNormMBConv(inChannels, channels, stride, stochasticDepth) },
                { "window_attention", new PartitionAttention(channels, asGrid: false, dropout, attentionDropout, stochasticDepth) },
                { "grid_attention", new PartitionAttention(channels, asGrid: true, dropout, attentionDropout, stochasticDepth) },
            }
        },
    };

    private static void Initialize(Tensor weight, Tensor? bias)
    {
        Initializers.Normal(weight, std: 0.02);
        if (bias is not null) Initializers.Constant(bias, 0);
    }

    /// <summary>Appendix A.1: an inverted residual block with squeeze-and-excitation, and a norm ahead of it.</summary>
    private sealed class PreNormMBConv : Residual
    {
        private readonly NeuralModule projection;
        private readonly StochasticDepth depth;
        private readonly Sequence layers;

        public PreNormMBConv(long inChannels, long channels, long stride, double stochasticDepth) : base(nameof(PreNormMBConv))
        {
            projection = Register("proj", Projection(inChannels, channels, stride));
            depth = Register("stochastic_depth", new StochasticDepth(stochasticDepth));
            var middle = Expansion * channels;
            layers = Register("layers", new Sequence
            {
                { "pre_norm", Norm(inChannels) },
                { "conv_a", new ConvNormActivation(inChannels, middle, 1, norm: Norm(middle), activation: new GELU()) },
                {
                    "conv_b",
                    new ConvNormActivation(middle, middle, stride: stride, groups: middle, norm: Norm(middle), activation: new GELU())
                },
                { "squeeze_excitation", new SqueezeExcitation(middle, channels / Squeeze, new SiLU()) },
                { "conv_c", new Convolution2D(middle, channels, 1) },
            });
        }

        protected override Tensor Branch(Tensor input) => depth.call(layers.call(input));

        protected override Tensor Shortcut(Tensor input) => projection.call(input);

        private static NeuralModule Projection(long inChannels, long channels, long stride)
        {
            if (stride == 1 && inChannels == channels) return new Identity();

            var projection = new Sequence();
            if (stride > 1) projection.Add(new Pooling2D(PoolingMode.Average, 3, stride, padding: 1));
            projection.Add(new Convolution2D(inChannels, channels, 1));
            return projection;
        }
    }

    /// <summary>
    /// Section 3.2: attention and an MLP, each beside a shortcut, among the pixels of windows or of grids. <c>(N, C, H, W)</c> to the
    /// same.
    /// </summary>
    private sealed class PartitionAttention : Block
    {
        private readonly bool asGrid;
        private readonly Sequence attention, mlp;
        private readonly StochasticDepth depth;

        public PartitionAttention(long channels, bool asGrid, double dropout, double attentionDropout, double stochasticDepth)
            : base(nameof(PartitionAttention))
        {
            this.asGrid = asGrid;
            attention = Register("attn_layer", new Sequence
            {
                new LayerNorm(channels),
                new RelativeAttention(channels),
                new Dropout(attentionDropout),
            });
            mlp = Register("mlp_layer", new Sequence
            {
                new LayerNorm(channels),
                new Dense(channels, Expansion * channels),
                new GELU(),
                new Dense(Expansion * channels, channels),
                new Dropout(dropout),
            });
            depth = Register("stochastic_dropout", new StochasticDepth(stochasticDepth));
        }

        protected override Tensor Compute(Tensor x)
        {
            long height = x.size(2), width = x.size(3);
            x = Ops.Permute(x, 0, 2, 3, 1);
            x = asGrid ? Windows.PartitionGrid(x, Window) : Windows.Partition(x, Window);
            x = Ops.Add(depth.call(attention.call(x)), x, inPlace: true);
            x = Ops.Add(depth.call(mlp.call(x)), x, inPlace: true);
            x = asGrid ? Windows.MergeGrid(x, Window, height, width) : Windows.Merge(x, Window, height, width);
            return Ops.Permute(x, 0, 3, 1, 2);
        }
    }

    /// <summary>
    /// Attention in several heads with a learned number for each distance and head: <c>(N, groups, T, C)</c> to the same.
    /// </summary>
    private sealed class RelativeAttention : Block
    {
        private readonly Dense projection, merge;
        private readonly long heads;

        [ComponentName(Name = "relative_position_bias_table")]
        private Parameter table;

        [ComponentName(Name = "relative_position_index")]
        private Tensor positions;

        public RelativeAttention(long channels) : base(nameof(RelativeAttention))
        {
            heads = channels / HeadSize;
            projection = Register("to_qkv", new Dense(channels, 3 * channels));
            merge = Register("merge", new Dense(channels, channels));

            const long Distances = (2 * Window) - 1;
            table = RegisterParameter("relative_position_bias_table", empty(Distances * Distances, heads));
            Initializers.TruncatedNormal(table, std: 0.02);
            positions = RegisterBuffer("relative_position_index", Windows.RelativePositions(Window));
        }

        protected override Tensor Compute(Tensor x)
        {
            var (query, key, value) = AttentionHeads.Split(projection.call(x), heads);

            // torchvision divides by the root of all channels, attention by that of a head's: the rest is done here.
            query = Ops.Scale(query, 1 / Math.Sqrt(heads));
            var joined = AttentionHeads.Join(Ops.Attention(query, key, value, Windows.PositionBias(table, positions, Window)));
            return merge.call(joined);
        }
    }
}

/// <summary>MaxViT-T: 30,919,624 parameters. Input <c>(N, 3, 224, 224)</c>.</summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="dropout">The probability that an element is dropped after an MLP.</param>
/// <param name="attentionDropout">The probability that an element is dropped after attention.</param>
/// <param name="stochasticDepth">
/// The probability that the last layer's branches are left out in training; earlier ones in proportion. 0.2 by default.
/// </param>
/// <param name="inChannels">The number of channels of the input.</param>
public sealed class MaxVit_T(
    long numClasses = 1000, double dropout = 0, double attentionDropout = 0, double? stochasticDepth = null, long inChannels = 3)
    : MaxVit(nameof(MaxVit_T), Tiny, numClasses, dropout, attentionDropout, stochasticDepth, inChannels);
