using Luma.Neural;
using Luma.Neural.Blocks;
using Luma.Neural.Layers;
using TorchSharp.Utils;

namespace Luma.Zoo.Models;

/// <summary>The plan of a <see cref="MaxVit"/>: Tu et al. 2022, table 1, section 4.1 and the authors' code.</summary>
/// <param name="Stem">The number of channels of the stem.</param>
/// <param name="Channels">The number of channels in each stage.</param>
/// <param name="Layers">The number of layers in each stage.</param>
/// <param name="StochasticDepth">
/// The probability that the last layer's branches are left out in training; the layers before it get less in proportion.
/// </param>
public sealed record MaxVitPlan(int Stem, IReadOnlyList<int> Channels, IReadOnlyList<int> Layers, double StochasticDepth = 0)
{
    /// <summary>How many pixels windows and grids are wide.</summary>
    public int Window { get; init; } = 7;

    /// <summary>The number of channels of an attention head.</summary>
    public int HeadSize { get; init; } = 32;

    /// <summary>The probability that an element is dropped after an MLP.</summary>
    public double Dropout { get; init; }

    /// <summary>The probability that an element is dropped after attention.</summary>
    public double AttentionDropout { get; init; }
}

/// <summary>
/// Tu et al., "MaxViT: Multi-Axis Vision Transformer" (2022), figure 2: every layer is a convolution block, attention among
/// neighbours, and attention among pixels spread over the whole map.
/// </summary>
/// <remarks>
/// Input <c>(N, 3, H, W)</c>, H and W multiples of 224 so that windows and grids of 7x7 fit at every stage; output logits
/// <c>(N, 1000)</c>.
/// </remarks>
public sealed class MaxVit : Block
{
    // The authors' code: MLPs and bottlenecks four times as wide, and a quarter of the channels in squeeze-and-excitation.
    private const long Expansion = 4, Squeeze = 4;

    private readonly long inChannels, multiple;
    private readonly Sequence stem, blocks, classifier;

    /// <summary>The plans of the published networks by their ids. The stochastic depth is torchvision's.</summary>
    public static IReadOnlyDictionary<string, MaxVitPlan> Plans { get; } = new Dictionary<string, MaxVitPlan>
    {
        // stem, channels, layers, stochastic depth
        ["maxvit_t"] = new(64, [64, 128, 256, 512], [2, 2, 5, 2], 0.2),
    }.AsReadOnly();

    /// <summary>Makes a network from a plan: a published one, or your own.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="options">
    /// What else may be chosen: <see cref="ModelOptions.Dropout"/>, <see cref="ModelOptions.AttentionDropout"/> and
    /// <see cref="ModelOptions.StochasticDepth"/>.
    /// </param>
    /// <exception cref="ArgumentException">
    /// The plan has no stages, its lists differ in length, channels cannot be divided into heads, or an option is not the network's.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is below 1, or a probability does not lie between 0 and 1.</exception>
    public MaxVit(MaxVitPlan plan, ModelOptions? options = null) : base(nameof(MaxVit))
    {
        ArgumentNullException.ThrowIfNull(plan);
        PlanGuard.Probability(plan.Dropout);
        PlanGuard.Probability(plan.AttentionDropout);
        options = ModelOptions.For(
            options, nameof(MaxVit), nameof(ModelOptions.Dropout), nameof(ModelOptions.AttentionDropout),
            nameof(ModelOptions.StochasticDepth));
        plan = plan with
        {
            Dropout = options.Dropout ?? plan.Dropout,
            AttentionDropout = options.AttentionDropout ?? plan.AttentionDropout,
            StochasticDepth = options.StochasticDepth ?? plan.StochasticDepth,
        };
        PlanGuard.Stages(plan.Channels, plan.Layers);
        PlanGuard.AtLeast(1, plan.Stem);
        PlanGuard.AtLeast(1, plan.Window);
        PlanGuard.AtLeast(1, plan.HeadSize);
        foreach (var channels in plan.Channels) PlanGuard.Divides(channels, plan.HeadSize);
        PlanGuard.Probability(plan.StochasticDepth);

        // The stem and every stage halve the size.
        inChannels = options.InChannels ?? 3;
        multiple = (2L << plan.Channels.Count) * plan.Window;

        stem = Register("stem", new Sequence
        {
            new ConvNormActivation(inChannels, plan.Stem, stride: 2, norm: Norm(plan.Stem), activation: new GELU()),
            new ConvNormActivation(plan.Stem, plan.Stem),
        });
        blocks = Register<Sequence>("blocks", [.. Enumerable.Range(0, plan.Channels.Count).Select(stage => Stage(plan, stage))]);
        classifier = Register("classifier", new Sequence
        {
            new GlobalAvgPooling2D(),
            new Flatten(),
            new LayerNorm(plan.Channels[^1]),
            new Dense(plan.Channels[^1], plan.Channels[^1]),
            new Tanh(),
            new Dense(plan.Channels[^1], options.NumClasses ?? 1000, bias: false),
        });
        WeightDrawing.Draw(
            this, convolution => Initializers.Normal(convolution.Weight, std: 0.02),
            dense => Initializers.Normal(dense.Weight, std: 0.02));
    }

    internal static ModelFamily Family { get; } = new("MaxViT",
    [
        new("maxvit_t", 30_919_624, (3, 224, 224), options => new MaxVit(Plans["maxvit_t"], options))
        {
            Description = "Tu et al. 2022, MaxViT-T, 11 layers of 64 to 512 channels",
        },
    ]);

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x)
    {
        if (x.Dimensions != 4 || x.size(2) % multiple != 0 || x.size(3) % multiple != 0)
            throw InputMismatch($"(N, {inChannels}, H, W), H and W multiples of {multiple}", x);

        return classifier.call(blocks.call(stem.call(x)));
    }

    // The authors' code: epsilon 1e-3, momentum 0.99, which is 0.01 as PyTorch counts.
    private static BatchNorm2D Norm(long channels) => new(channels, eps: 1e-3, momentum: 0.01);

    private static Sequence Stage(MaxVitPlan plan, int stage)
    {
        // Probabilities at equal distances from 0 to the last one's.
        var step = plan.StochasticDepth / Math.Max(1, plan.Layers.Sum() - 1);
        var first = plan.Layers.Take(stage).Sum();
        var (before, channels) = (stage == 0 ? plan.Stem : plan.Channels[stage - 1], plan.Channels[stage]);
        Sequence layers = [.. Enumerable.Range(0, plan.Layers[stage]).Select(Layer)];
        return new() { { "layers", layers } };

        Sequence Layer(int place) => place == 0
            ? MaxVitLayer(plan, before, channels, stride: 2, first * step)
            : MaxVitLayer(plan, channels, channels, stride: 1, (first + place) * step);
    }

    private static Sequence MaxVitLayer(MaxVitPlan plan, long inChannels, long channels, long stride, double stochasticDepth) => new()
    {
        {
            "layers", new Sequence
            {
                { "MBconv", new PreNormMBConv(inChannels, channels, stride, stochasticDepth) },
                { "window_attention", new PartitionAttention(plan, channels, asGrid: false, stochasticDepth) },
                { "grid_attention", new PartitionAttention(plan, channels, asGrid: true, stochasticDepth) },
            }
        },
    };

    /// <summary>Appendix A.1: an inverted residual block with squeeze-and-excitation, and a norm ahead of it.</summary>
    private sealed class PreNormMBConv : Block
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

        protected override Tensor Compute(Tensor x) => Ops.Add(depth.call(layers.call(x)), projection.call(x), inPlace: true);

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
        private readonly long window;
        private readonly Sequence attention, mlp;
        private readonly StochasticDepth depth;

        public PartitionAttention(MaxVitPlan plan, long channels, bool asGrid, double stochasticDepth) : base(nameof(PartitionAttention))
        {
            (this.asGrid, window) = (asGrid, plan.Window);
            attention = Register("attn_layer", new Sequence
            {
                new LayerNorm(channels),
                new RelativeAttention(channels, plan.HeadSize, plan.Window),
                new Dropout(plan.AttentionDropout),
            });
            mlp = Register("mlp_layer", new Sequence
            {
                new LayerNorm(channels),
                new Dense(channels, Expansion * channels),
                new GELU(),
                new Dense(Expansion * channels, channels),
                new Dropout(plan.Dropout),
            });
            depth = Register("stochastic_dropout", new StochasticDepth(stochasticDepth));
        }

        protected override Tensor Compute(Tensor x)
        {
            long height = x.size(2), width = x.size(3);
            x = Ops.Permute(x, 0, 2, 3, 1);
            x = asGrid ? Windows.PartitionGrid(x, window) : Windows.Partition(x, window);
            x = Ops.Add(depth.call(attention.call(x)), x, inPlace: true);
            x = Ops.Add(depth.call(mlp.call(x)), x, inPlace: true);
            x = asGrid ? Windows.MergeGrid(x, window, height, width) : Windows.Merge(x, window, height, width);
            return Ops.Permute(x, 0, 3, 1, 2);
        }
    }

    /// <summary>
    /// Attention in several heads with a learned number for each distance and head: <c>(N, groups, T, C)</c> to the same.
    /// </summary>
    private sealed class RelativeAttention : Block
    {
        private readonly Dense projection, merge;
        private readonly long heads, window;

        [ComponentName(Name = "relative_position_bias_table")]
        private Parameter table;

        [ComponentName(Name = "relative_position_index")]
        private Tensor positions;

        public RelativeAttention(long channels, long headSize, long window) : base(nameof(RelativeAttention))
        {
            (heads, this.window) = (channels / headSize, window);
            projection = Register("to_qkv", new Dense(channels, 3 * channels));
            merge = Register("merge", new Dense(channels, channels));

            var distances = (2 * window) - 1;
            table = RegisterParameter("relative_position_bias_table", empty(distances * distances, heads));
            Initializers.TruncatedNormal(table, std: 0.02);
            positions = RegisterBuffer("relative_position_index", Windows.RelativePositions(window));
        }

        protected override Tensor Compute(Tensor x)
        {
            var (query, key, value) = AttentionHeads.Split(projection.call(x), heads);

            // torchvision divides by the root of all channels, attention by that of a head's: the rest is done here.
            query = Ops.Scale(query, 1 / Math.Sqrt(heads));
            var joined = AttentionHeads.Join(Ops.Attention(query, key, value, Windows.PositionBias(table, positions, window)));
            return merge.call(joined);
        }
    }
}
