using Luma.Neural;
using Luma.Neural.Blocks;
using Luma.Neural.Layers;
using Luma.Zoo.Weights.KeyMaps;

namespace Luma.Zoo.Models;

/// <summary>The version of a <see cref="SwinTransformer"/>: which of the two papers it follows.</summary>
public enum SwinVersion
{
    /// <summary>The first paper: norms ahead of the branches, and a table of position biases.</summary>
    V1,

    /// <summary>The second paper: norms behind the branches, attention by cosines, and a small network for position biases.</summary>
    V2,
}

/// <summary>The plan of a <see cref="SwinTransformer"/>: section 3.3 of the first paper.</summary>
/// <param name="Channels">The number of channels in the first stage; each has twice those of the one before.</param>
/// <param name="Blocks">The number of blocks in each stage.</param>
/// <param name="Heads">The number of attention heads in each stage.</param>
/// <param name="StochasticDepth">
/// The probability that the last block's branches are left out in training; the blocks before it get less in proportion.
/// </param>
public sealed record SwinTransformerPlan(int Channels, IReadOnlyList<int> Blocks, IReadOnlyList<int> Heads, double StochasticDepth = 0)
{
    /// <summary>Which of the two papers the network follows.</summary>
    public SwinVersion Version { get; init; }

    /// <summary>How many pixels of the map a window is wide: at least 2.</summary>
    public int Window { get; init; } = 7;

    /// <summary>The probability that an element is dropped after attention and in an MLP.</summary>
    public double Dropout { get; init; }

    /// <summary>The probability that an attention weight is dropped.</summary>
    public double AttentionDropout { get; init; }
}

/// <summary>
/// Liu et al., "Swin Transformer: Hierarchical Vision Transformer using Shifted Windows" (2021): attention within windows, which
/// shift from block to block, on maps that become smaller and deeper from stage to stage. Version 2 is Liu et al., "Swin Transformer
/// V2: Scaling Up Capacity and Resolution" (2022).
/// </summary>
/// <remarks>
/// Input <c>(N, 3, H, W)</c> of any size, made for 224x224 or, in version 2, 256x256; output logits <c>(N, 1000)</c>.
/// </remarks>
public sealed partial class SwinTransformer : Sequence
{
    // A window's attention weights are the square of its square.
    private const int MostWindow = 128;

    /// <summary>The plans of the published networks by their ids. The stochastic depth is torchvision's.</summary>
    public static IReadOnlyDictionary<string, SwinTransformerPlan> Plans { get; } = new Dictionary<string, SwinTransformerPlan>
    {
        // channels, blocks, heads, stochastic depth
        ["swin_t"] = new(96, [2, 2, 6, 2], [3, 6, 12, 24], 0.2),
        ["swin_s"] = new(96, [2, 2, 18, 2], [3, 6, 12, 24], 0.3),
        ["swin_b"] = new(128, [2, 2, 18, 2], [4, 8, 16, 32], 0.5),
        ["swin_v2_t"] = new(96, [2, 2, 6, 2], [3, 6, 12, 24], 0.2) { Version = SwinVersion.V2, Window = 8 },
        ["swin_v2_s"] = new(96, [2, 2, 18, 2], [3, 6, 12, 24], 0.3) { Version = SwinVersion.V2, Window = 8 },
        ["swin_v2_b"] = new(128, [2, 2, 18, 2], [4, 8, 16, 32], 0.5) { Version = SwinVersion.V2, Window = 8 },
    }.AsReadOnly();

    /// <summary>Makes a network from a plan: a published one, or your own.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="options">
    /// What else may be chosen: <see cref="ModelOptions.Dropout"/>, <see cref="ModelOptions.AttentionDropout"/> and
    /// <see cref="ModelOptions.StochasticDepth"/>.
    /// </param>
    /// <exception cref="ArgumentException">
    /// The plan has no stages, its lists differ in length, channels cannot be divided among heads, or an option is not the network's.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is too small, or a probability does not lie between 0 and 1.</exception>
    public SwinTransformer(SwinTransformerPlan plan, ModelOptions? options = null) : base(nameof(SwinTransformer))
    {
        ArgumentNullException.ThrowIfNull(plan);
        PlanGuard.Probability(plan.Dropout);
        options = ModelOptions.For(
            options, nameof(SwinTransformer), nameof(ModelOptions.Dropout), nameof(ModelOptions.AttentionDropout),
            nameof(ModelOptions.StochasticDepth));
        plan = plan with
        {
            Dropout = options.Dropout ?? plan.Dropout,
            AttentionDropout = options.AttentionDropout ?? plan.AttentionDropout,
            StochasticDepth = options.StochasticDepth ?? plan.StochasticDepth,
        };
        if (!Enum.IsDefined(plan.Version)) throw new ArgumentOutOfRangeException("plan.Version", plan.Version, "There is no such version.");
        PlanGuard.Stages(plan.Blocks, plan.Heads);
        PlanGuard.AtLeast(1, plan.Channels);
        PlanGuard.Between(2, MostWindow, plan.Window);
        PlanGuard.Probability(plan.AttentionDropout);
        PlanGuard.Probability(plan.StochasticDepth);
        (Version, Window) = (plan.Version, plan.Window);

        var features = new Sequence { Patches(options.InChannels ?? 3, plan.Channels) };
        for (var stage = 0; stage < plan.Blocks.Count; stage++)
        {
            if (stage > 0) features.Add(new PatchMerging(Channels(plan, stage - 1), plan.Version));
            features.Add(Stage(plan, stage));
        }
        var channels = Channels(plan, plan.Blocks.Count - 1);
        Add("features", features);
        Add("norm", new LayerNorm(channels));
        Add("permute", new Permute(0, 3, 1, 2));
        Add("avgpool", new GlobalAvgPooling2D());
        Add("flatten", new Flatten());
        Add("head", new Dense(channels, options.NumClasses ?? 1000));
        WeightDrawing.Draw(this, dense: dense => Initializers.TruncatedNormal(dense.Weight, std: 0.02));
    }

    internal static ModelFamily Family { get; } = new("Swin Transformer",
    [
        Variant("swin_t", 28_288_354, 224, "Liu et al. 2021, Swin-T, 12 blocks of 96 to 768 channels"),
        Variant("swin_s", 49_606_258, 224, "Liu et al. 2021, Swin-S, 24 blocks of 96 to 768 channels"),
        Variant("swin_b", 87_768_224, 224, "Liu et al. 2021, Swin-B, 24 blocks of 128 to 1024 channels"),
        Variant("swin_v2_t", 28_351_570, 256, "Liu et al. 2022, SwinV2-T, 12 blocks of 96 to 768 channels"),
        Variant("swin_v2_s", 49_737_442, 256, "Liu et al. 2022, SwinV2-S, 24 blocks of 96 to 768 channels"),
        Variant("swin_v2_b", 87_930_848, 256, "Liu et al. 2022, SwinV2-B, 24 blocks of 128 to 1024 channels"),
    ]);

    internal SwinVersion Version { get; }

    internal long Window { get; }

    private static long Channels(SwinTransformerPlan plan, int stage) => (long)plan.Channels << stage;

    // Section 3.1: patches of 4x4 pixels.
    private static Sequence Patches(long inChannels, long channels) =>
    [
        new Convolution2D(inChannels, channels, 4, stride: 4),
        new Permute(0, 2, 3, 1),
        new LayerNorm(channels),
    ];

    private static Sequence Stage(SwinTransformerPlan plan, int stage)
    {
        var channels = Channels(plan, stage);
        PlanGuard.Divides(channels, plan.Heads[stage], "plan.Heads");

        var (first, last) = (plan.Blocks.Take(stage).Sum(), Math.Max(1, plan.Blocks.Sum() - 1));
        return [.. Enumerable.Range(0, plan.Blocks[stage]).Select(BlockAt)];

        SwinBlock BlockAt(int place) =>
            new(plan, channels, plan.Heads[stage], shifts: place % 2 == 1, plan.StochasticDepth * (first + place) / last);
    }

    private static ModelVariant Variant(string id, long parameters, int size, string description) =>
        new(id, parameters, (3, size, size), options => new SwinTransformer(Plans[id], options))
        {
            Description = description,
            KeyMap = new SwinTransformerKeyMap(),
        };

    /// <summary>
    /// Figure 3b: attention and an MLP, each beside a shortcut. Version 1 normalises what goes into them, version 2 what comes out
    /// (figure 1 of its paper).
    /// </summary>
    private sealed class SwinBlock : Block
    {
        private readonly SwinVersion version;
        private readonly LayerNorm norm1, norm2;
        private readonly ShiftedWindowAttention attention;
        private readonly StochasticDepth depth;
        private readonly Mlp mlp;

        public SwinBlock(SwinTransformerPlan plan, long channels, long heads, bool shifts, double stochasticDepth)
            : base(nameof(SwinBlock))
        {
            version = plan.Version;
            var shift = shifts ? plan.Window / 2 : 0;

            norm1 = Register("norm1", new LayerNorm(channels));
            attention = Register<ShiftedWindowAttention>("attn", version == SwinVersion.V1
                ? new AttentionV1(channels, heads, plan.Window, shift, plan.Dropout, plan.AttentionDropout)
                : new AttentionV2(channels, heads, plan.Window, shift, plan.Dropout, plan.AttentionDropout));
            depth = Register("stochastic_depth", new StochasticDepth(stochasticDepth));
            norm2 = Register("norm2", new LayerNorm(channels));
            mlp = Register("mlp", new Mlp(channels, 4 * channels, dropout: plan.Dropout));

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
            version == SwinVersion.V1 ? branch.call(norm.call(x)) : norm.call(branch.call(x));
    }

    /// <summary>
    /// Section 3.1: four neighbours become one pixel with twice the channels. <c>(N, H, W, C)</c> to
    /// <c>(N, ceil(H / 2), ceil(W / 2), 2C)</c>.
    /// </summary>
    private sealed class PatchMerging : Block
    {
        private readonly SwinVersion version;
        private readonly Dense reduction;
        private readonly LayerNorm norm;

        public PatchMerging(long channels, SwinVersion version) : base(nameof(PatchMerging))
        {
            this.version = version;
            reduction = Register("reduction", new Dense(4 * channels, 2 * channels, bias: false));
            norm = Register("norm", new LayerNorm(version == SwinVersion.V1 ? 4 * channels : 2 * channels));
        }

        protected override Tensor Compute(Tensor x)
        {
            if (x.size(1) % 2 == 1) x = Ops.ZeroPad(x, 1, after: 1);
            if (x.size(2) % 2 == 1) x = Ops.ZeroPad(x, 2, after: 1);

            // The four one behind the other: upper left, lower left, upper right, lower right.
            x = Ops.Unflatten(Ops.Unflatten(x, 2, -1, 2), 1, -1, 2);
            x = Ops.Flatten(Ops.Permute(x, 0, 1, 3, 4, 2, 5), 3);
            return version == SwinVersion.V1 ? reduction.call(norm.call(x)) : norm.call(reduction.call(x));
        }
    }
}
