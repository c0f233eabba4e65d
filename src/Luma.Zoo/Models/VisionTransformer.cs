using Luma.Neural;
using Luma.Neural.Blocks;
using Luma.Neural.Layers;
using Luma.Zoo.Weights.KeyMaps;
using TorchSharp.Utils;

namespace Luma.Zoo.Models;

/// <summary>The plan of a <see cref="VisionTransformer"/>: Dosovitskiy et al. 2020, table 1.</summary>
/// <param name="PatchSize">The side of a patch in pixels.</param>
/// <param name="Layers">The number of the encoder's layers.</param>
/// <param name="Heads">The number of attention heads.</param>
/// <param name="Hidden">The width of a token.</param>
/// <param name="Mlp">The number of units between the dense layers of an MLP.</param>
public sealed record VisionTransformerPlan(int PatchSize, int Layers, int Heads, int Hidden, int Mlp)
{
    /// <summary>The side of the images in pixels: a multiple of the patch's.</summary>
    public int ImageSize { get; init; } = 224;

    /// <summary>The probability that an element is dropped after the embedding, after attention and in an MLP.</summary>
    public double Dropout { get; init; }

    /// <summary>The probability that an attention weight is dropped.</summary>
    public double AttentionDropout { get; init; }
}

/// <summary>
/// Dosovitskiy et al., "An Image is Worth 16x16 Words: Transformers for Image Recognition at Scale" (2020), figure 1: the image is
/// cut into patches, each becomes a token, a class token goes before them, and a transformer's encoder reads them all.
/// </summary>
/// <remarks>Input <c>(N, 3, S, S)</c> of exactly the image size S that it was made for, output logits <c>(N, 1000)</c>.</remarks>
public sealed class VisionTransformer : Block
{
    private readonly Convolution2D patches;
    private readonly Encoder encoder;
    private readonly Sequence heads;

    [ComponentName(Name = "class_token")]
    private Parameter classToken;

    /// <summary>The plans of the published networks by their ids.</summary>
    public static IReadOnlyDictionary<string, VisionTransformerPlan> Plans { get; } = new Dictionary<string, VisionTransformerPlan>
    {
        // patch, layers, heads, hidden, MLP
        ["vit_b_16"] = new(16, 12, 12, 768, 3072),
        ["vit_b_32"] = new(32, 12, 12, 768, 3072),
        ["vit_l_16"] = new(16, 24, 16, 1024, 4096),
        ["vit_l_32"] = new(32, 24, 16, 1024, 4096),
        ["vit_h_14"] = new(14, 32, 16, 1280, 5120),
    }.AsReadOnly();

    /// <summary>Makes a network from a plan: a published one, or your own.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="options">
    /// What else may be chosen: <see cref="ModelOptions.ImageSize"/>, <see cref="ModelOptions.Dropout"/> and
    /// <see cref="ModelOptions.AttentionDropout"/>.
    /// </param>
    /// <exception cref="ArgumentException">A token cannot be divided among the heads, or an option is not the network's.</exception>
    /// <exception cref="ArgumentOutOfRangeException">
    /// A number is below 1, the image size is no multiple of the patch size, or a probability does not lie between 0 and 1.
    /// </exception>
    public VisionTransformer(VisionTransformerPlan plan, ModelOptions? options = null) : base(nameof(VisionTransformer))
    {
        ArgumentNullException.ThrowIfNull(plan);
        PlanGuard.Probability(plan.Dropout);
        PlanGuard.Probability(plan.AttentionDropout);
        options = ModelOptions.For(
            options, nameof(VisionTransformer), nameof(ModelOptions.ImageSize), nameof(ModelOptions.Dropout),
            nameof(ModelOptions.AttentionDropout));
        plan = plan with
        {
            ImageSize = options.ImageSize ?? plan.ImageSize,
            Dropout = options.Dropout ?? plan.Dropout,
            AttentionDropout = options.AttentionDropout ?? plan.AttentionDropout,
        };
        PlanGuard.AtLeast(1, plan.PatchSize);
        PlanGuard.AtLeast(1, plan.Layers);
        PlanGuard.AtLeast(1, plan.Heads);
        PlanGuard.AtLeast(1, plan.Hidden);
        PlanGuard.AtLeast(1, plan.Mlp);
        PlanGuard.Divides(plan.Hidden, plan.Heads);
        if (plan.ImageSize < plan.PatchSize || plan.ImageSize % plan.PatchSize != 0)
        {
            throw new ArgumentOutOfRangeException(
                options.ImageSize is null ? "plan.ImageSize" : nameof(options), plan.ImageSize,
                $"The image size must be a multiple of the patch size, {plan.PatchSize}.");
        }
        (ImageSize, PatchSize) = (plan.ImageSize, plan.PatchSize);

        classToken = RegisterParameter("class_token", zeros(1, 1, plan.Hidden));
        patches = Register("conv_proj", new Convolution2D(options.InChannels ?? 3, plan.Hidden, PatchSize, stride: PatchSize));
        encoder = Register("encoder", new Encoder(plan));
        var head = new Dense(plan.Hidden, options.NumClasses ?? 1000);
        heads = Register("heads", new Sequence { { "head", head } });

        Initializers.TruncatedNormal(patches.Weight, std: Math.Sqrt(1.0 / Initializers.Fans(patches.Weight).In));
        Initializers.Constant(patches.Bias!, 0);
        // Fresh heads answer 0 for every class.
        Initializers.Constant(head.Weight, 0);
        Initializers.Constant(head.Bias!, 0);
    }

    internal static ModelFamily Family { get; } = new("Vision Transformer",
    [
        Variant("vit_b_16", 86_567_656, "Dosovitskiy et al. 2020, ViT-Base with patches of 16x16"),
        Variant("vit_b_32", 88_224_232, "Dosovitskiy et al. 2020, ViT-Base with patches of 32x32"),
        Variant("vit_l_16", 304_326_632, "Dosovitskiy et al. 2020, ViT-Large with patches of 16x16"),
        Variant("vit_l_32", 306_535_400, "Dosovitskiy et al. 2020, ViT-Large with patches of 32x32"),
        Variant("vit_h_14", 632_045_800, "Dosovitskiy et al. 2020, ViT-Huge with patches of 14x14"),
    ]);

    /// <summary>The side of the images that it takes.</summary>
    public int ImageSize { get; }

    /// <summary>The side of a patch.</summary>
    public int PatchSize { get; }

    internal long InChannels => patches.InChannels;

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x)
    {
        // The position embeddings are for one image plan.
        if (x.Dimensions != 4 || x.size(2) != ImageSize || x.size(3) != ImageSize)
            throw InputMismatch($"(N, {InChannels}, {ImageSize}, {ImageSize})", x);

        var tokens = Ops.Permute(Ops.Flatten(patches.call(x), 2), 0, 2, 1);
        x = Ops.Concat([Ops.ExpandLike(classToken, tokens), tokens], dimension: 1);
        x = encoder.call(x);
        return heads.call(Ops.Select(x, 1, 0));
    }

    private static ModelVariant Variant(string id, long parameters, string description) =>
        new(id, parameters, (3, 224, 224), options => new VisionTransformer(Plans[id], options))
        {
            Description = description,
            KeyMap = new VisionTransformerKeyMap(),
        };

    /// <summary>Position embeddings, the layers, and a last norm: <c>(N, T, E)</c> to <c>(N, T, E)</c>.</summary>
    private sealed class Encoder : Block
    {
        private readonly Dropout dropout;
        private readonly Sequence layers = [];
        private readonly LayerNorm norm;

        [ComponentName(Name = "pos_embedding")]
        private Parameter positions;

        public Encoder(VisionTransformerPlan plan) : base(nameof(Encoder))
        {
            var side = plan.ImageSize / plan.PatchSize;
            positions = RegisterParameter("pos_embedding", empty(1, (side * side) + 1, plan.Hidden));
            Initializers.Normal(positions, std: 0.02);

            dropout = Register("dropout", new Dropout(plan.Dropout));
            for (var layer = 0; layer < plan.Layers; layer++) layers.Add($"encoder_layer_{layer}", new EncoderBlock(plan));
            Register("layers", layers);
            norm = Register("ln", new LayerNorm(plan.Hidden, eps: 1e-6));
        }

        protected override Tensor Compute(Tensor x) => norm.call(layers.call(dropout.call(Ops.Add(x, positions))));
    }

    /// <summary>Figure 1, right: attention and an MLP, each after a norm and beside a shortcut.</summary>
    private sealed class EncoderBlock : Block
    {
        private readonly LayerNorm norm1, norm2;
        private readonly MultiheadAttention attention;
        private readonly Dropout dropout;
        private readonly Mlp mlp;

        public EncoderBlock(VisionTransformerPlan plan) : base(nameof(EncoderBlock))
        {
            norm1 = Register("ln_1", new LayerNorm(plan.Hidden, eps: 1e-6));
            attention = Register("self_attention", new MultiheadAttention(plan.Hidden, plan.Heads, plan.AttentionDropout));
            dropout = Register("dropout", new Dropout(plan.Dropout));
            norm2 = Register("ln_2", new LayerNorm(plan.Hidden, eps: 1e-6));
            mlp = Register("mlp", new Mlp(plan.Hidden, plan.Mlp, dropout: plan.Dropout) { StateVersion = 2 });

            foreach (var layer in new[] { mlp.First, mlp.Second })
            {
                Initializers.XavierUniform(layer.Weight);
                Initializers.Normal(layer.Bias!, std: 1e-6);
            }
        }

        protected override Tensor Compute(Tensor x)
        {
            x = Ops.Add(dropout.call(attention.call(norm1.call(x))), x);
            return Ops.Add(x, mlp.call(norm2.call(x)));
        }
    }
}
