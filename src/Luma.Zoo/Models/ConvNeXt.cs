using Luma.Neural;
using Luma.Neural.Blocks;
using Luma.Neural.Layers;
using Luma.Zoo.Weights.KeyMaps;
using TorchSharp.Utils;

namespace Luma.Zoo.Models;

/// <summary>The plan of a <see cref="ConvNeXt"/>: Liu et al. 2022, section 3.</summary>
/// <param name="Channels">The number of channels in each stage.</param>
/// <param name="Blocks">The number of blocks in each stage.</param>
/// <param name="StochasticDepth">
/// The probability that the last block's branch is left out in training; the blocks before it get less in proportion.
/// </param>
public sealed record ConvNeXtPlan(IReadOnlyList<int> Channels, IReadOnlyList<int> Blocks, double StochasticDepth = 0)
{
    /// <summary>What the branches are scaled by at first (appendix A.1).</summary>
    public double LayerScale { get; init; } = 1e-6;
}

/// <summary>
/// Liu et al., "A ConvNet for the 2020s" (2022): a residual network brought up to date step by step until it is built like a
/// transformer, with depthwise convolutions where that has attention.
/// </summary>
/// <remarks>Input <c>(N, 3, H, W)</c> of at least 32x32, made for 224x224; output logits <c>(N, 1000)</c>.</remarks>
public sealed class ConvNeXt : Sequence
{
    // The authors' code: the epsilon of every norm.
    private const double Epsilon = 1e-6;

    /// <summary>The plans of the published networks by their ids. The stochastic depth is torchvision's.</summary>
    public static IReadOnlyDictionary<string, ConvNeXtPlan> Plans { get; } = new Dictionary<string, ConvNeXtPlan>
    {
        // channels, blocks, stochastic depth
        ["convnext_tiny"] = new([96, 192, 384, 768], [3, 3, 9, 3], 0.1),
        ["convnext_small"] = new([96, 192, 384, 768], [3, 3, 27, 3], 0.4),
        ["convnext_base"] = new([128, 256, 512, 1024], [3, 3, 27, 3], 0.5),
        ["convnext_large"] = new([192, 384, 768, 1536], [3, 3, 27, 3], 0.5),
    }.AsReadOnly();

    /// <summary>Makes a network from a plan: a published one, or your own.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="options">What else may be chosen: <see cref="ModelOptions.StochasticDepth"/>.</param>
    /// <exception cref="ArgumentException">
    /// The plan has no stages, its lists differ in length, or an option is not the network's.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is below 1, or a probability does not lie between 0 and 1.</exception>
    public ConvNeXt(ConvNeXtPlan plan, ModelOptions? options = null) : base(nameof(ConvNeXt))
    {
        ArgumentNullException.ThrowIfNull(plan);
        options = ModelOptions.For(options, nameof(ConvNeXt), nameof(ModelOptions.StochasticDepth));
        plan = plan with { StochasticDepth = options.StochasticDepth ?? plan.StochasticDepth };
        PlanGuard.Stages(plan.Channels, plan.Blocks);
        PlanGuard.Probability(plan.StochasticDepth);
        PlanGuard.Finite(plan.LayerScale);

        var features = new Sequence { Stem(options.InChannels ?? 3, plan.Channels[0]) };
        for (var stage = 0; stage < plan.Blocks.Count; stage++)
        {
            if (stage > 0) features.Add(Downsampling(plan.Channels[stage - 1], plan.Channels[stage]));
            features.Add(Stage(plan, stage));
        }
        Add("features", features);
        Add("avgpool", new GlobalAvgPooling2D());
        Add("classifier", new Sequence
        {
            new LayerNorm2D(plan.Channels[^1], Epsilon),
            new Flatten(),
            new Dense(plan.Channels[^1], options.NumClasses ?? 1000),
        });

        // Appendix A.1.
        WeightDrawing.Draw(
            this, convolution => Initializers.TruncatedNormal(convolution.Weight, std: 0.02),
            dense => Initializers.TruncatedNormal(dense.Weight, std: 0.02));
    }

    internal static ModelFamily Family { get; } = new("ConvNeXt",
    [
        Variant("convnext_tiny", 28_589_128, "Liu et al. 2022, ConvNeXt-T, 18 blocks of 96 to 768 channels"),
        Variant("convnext_small", 50_223_688, "Liu et al. 2022, ConvNeXt-S, 36 blocks of 96 to 768 channels"),
        Variant("convnext_base", 88_591_464, "Liu et al. 2022, ConvNeXt-B, 36 blocks of 128 to 1024 channels"),
        Variant("convnext_large", 197_767_336, "Liu et al. 2022, ConvNeXt-L, 36 blocks of 192 to 1536 channels"),
    ]);

    private static ConvNormActivation Stem(long inChannels, long channels) =>
        new(inChannels, channels, kernelSize: 4, stride: 4, padding: 0, bias: true, norm: new LayerNorm2D(channels, Epsilon));

    private static Sequence Downsampling(long inChannels, long outChannels) =>
    [
        new LayerNorm2D(inChannels, Epsilon),
        new Convolution2D(inChannels, outChannels, 2, stride: 2),
    ];

    private static Sequence Stage(ConvNeXtPlan plan, int stage)
    {
        var (first, last) = (plan.Blocks.Take(stage).Sum(), Math.Max(1, plan.Blocks.Sum() - 1));
        return [.. Enumerable.Range(first, plan.Blocks[stage]).Select(BlockAt)];

        ConvNeXtBlock BlockAt(int place) => new(plan.Channels[stage], plan.LayerScale, plan.StochasticDepth * place / last);
    }

    private static ModelVariant Variant(string id, long parameters, string description) =>
        new(id, parameters, (3, 224, 224), options => new ConvNeXt(Plans[id], options))
        {
            Description = description,
            KeyMap = new ConvNeXtKeyMap(),
        };

    /// <summary>Figure 4, right: a wide depthwise convolution, then an MLP on each pixel's channels, beside a shortcut.</summary>
    private sealed class ConvNeXtBlock : Block
    {
        private readonly Sequence block;
        private readonly StochasticDepth depth;

        [ComponentName(Name = "layer_scale")]
        private Parameter scale;

        public ConvNeXtBlock(long channels, double layerScale, double stochasticDepth) : base(nameof(ConvNeXtBlock))
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
            Initializers.Constant(scale, layerScale);
            depth = Register("stochastic_depth", new StochasticDepth(stochasticDepth));
        }

        protected override Tensor Compute(Tensor x) => Ops.Add(depth.call(Ops.Multiply(scale, block.call(x))), x, inPlace: true);
    }
}
