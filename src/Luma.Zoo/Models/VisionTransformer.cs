using Luma.Neural;
using Luma.Neural.Blocks;
using Luma.Neural.Layers;
using Luma.Zoo.Weights;
using TorchSharp.Utils;

namespace Luma.Zoo.Models;

/// <summary>
/// Dosovitskiy et al., "An Image is Worth 16x16 Words: Transformers for Image Recognition at Scale" (2020), figure 1: the image is
/// cut into patches, each becomes a token, a class token goes before them, and a transformer's encoder reads them all.
/// </summary>
/// <remarks>Input <c>(N, 3, S, S)</c> of exactly the image size S that it was made for, output logits <c>(N, classes)</c>.</remarks>
public abstract partial class VisionTransformer : Block
{
    private readonly Convolution2D patches;
    private readonly Encoder encoder;
    private readonly Sequence heads;

    [ComponentName(Name = "class_token")]
    private Parameter classToken;

    // Table 1 of the paper.
    internal sealed record Size(int Layers, int Heads, int Hidden, int Mlp);

    internal static readonly Size
        Base = new(Layers: 12, Heads: 12, Hidden: 768, Mlp: 3072),
        Large = new(Layers: 24, Heads: 16, Hidden: 1024, Mlp: 4096),
        Huge = new(Layers: 32, Heads: 16, Hidden: 1280, Mlp: 5120);

    private protected VisionTransformer(
        string name, Size size, int patchSize, long numClasses, int imageSize, double dropout, double attentionDropout, long inChannels)
        : base(name)
    {
        if (imageSize < patchSize || imageSize % patchSize != 0)
            throw new ArgumentOutOfRangeException(nameof(imageSize), imageSize, $"Must be a multiple of the patch size, {patchSize}.");

        (ImageSize, PatchSize) = (imageSize, patchSize);
        var sequenceLength = (imageSize / patchSize * (imageSize / patchSize)) + 1;

        classToken = RegisterParameter("class_token", zeros(1, 1, size.Hidden));
        patches = Register("conv_proj", new Convolution2D(inChannels, size.Hidden, patchSize, stride: patchSize));
        encoder = Register("encoder", new Encoder(sequenceLength, size, dropout, attentionDropout));
        var head = new Dense(size.Hidden, numClasses);
        heads = Register("heads", new Sequence { { "head", head } });

        Initializers.TruncatedNormal(patches.Weight, std: Math.Sqrt(1.0 / Initializers.Fans(patches.Weight).In));
        Initializers.Constant(patches.Bias!, 0);
        // Fresh heads answer 0 for every class.
        Initializers.Constant(head.Weight, 0);
        Initializers.Constant(head.Bias!, 0);
    }

    internal static ModelFamily Family { get; } = new("Vision Transformer",
    [
        Entry("vit_b_16", 86_567_656, (classes, side, channels) => new ViT_B_16(classes, side, inChannels: channels), "Dosovitskiy et al. 2020, ViT-Base with patches of 16x16"),
        Entry("vit_b_32", 88_224_232, (classes, side, channels) => new ViT_B_32(classes, side, inChannels: channels), "Dosovitskiy et al. 2020, ViT-Base with patches of 32x32"),
        Entry("vit_l_16", 304_326_632, (classes, side, channels) => new ViT_L_16(classes, side, inChannels: channels), "Dosovitskiy et al. 2020, ViT-Large with patches of 16x16"),
        Entry("vit_l_32", 306_535_400, (classes, side, channels) => new ViT_L_32(classes, side, inChannels: channels), "Dosovitskiy et al. 2020, ViT-Large with patches of 32x32"),
        Entry("vit_h_14", 632_045_800, (classes, side, channels) => new ViT_H_14(classes, side, inChannels: channels), "Dosovitskiy et al. 2020, ViT-Huge with patches of 14x14"),
    ]);

    private static ModelVariant Entry(string id, long parameters, Func<long, int, long, VisionTransformer> build, string description) =>
        new(id, parameters, (3, 224, 224), o => build(o.NumClasses ?? 1000, o.ImageSize ?? 224, o.InChannels ?? 3))
        {
            Description = description,
            AdaptWeights = (weights, network) => Adapt(weights, (VisionTransformer)network),
            // The least size of published weights is the only one: some are for images of 384, 512 or 518.
            FitOptions = (options, published) => options with { ImageSize = options.ImageSize ?? published.MinSize[0] },
        };

    private static StateDict? Adapt(StateDict weights, VisionTransformer network)
    {
        var renamed = FromTimm(weights, network) ?? FromOld(weights);
        return Resized(renamed ?? weights, network.ImageSize / network.PatchSize) ?? renamed;
    }

    // torchvision 0.12 named the layers of the MLP for what they are.
    private static StateDict? FromOld(StateDict weights) => weights.Names.Any(name => name.Contains(".mlp.linear_", StringComparison.Ordinal))
        ? weights.Rename(name => name
            .Replace(".mlp.linear_1.", ".mlp.0.", StringComparison.Ordinal).Replace(".mlp.linear_2.", ".mlp.3.", StringComparison.Ordinal))
        : null;

    // Section 3.2 of the paper: for another image size the position embeddings are interpolated by where their patches lie.
    internal static StateDict? Resized(StateDict weights, long side)
    {
        const string Name = "encoder.pos_embedding";
        if (!weights.TryGet(Name, out var entry) || entry.Shape is not [1, var tokens and > 1, var width]) return null;
        var oldSide = (long)Math.Round(Math.Sqrt(tokens - 1));
        if (oldSide == side || oldSide * oldSide != tokens - 1) return null;

        using var scope = NewDisposeScope();
        var positions = entry.ToTensor().to(ScalarType.Float32);
        var grid = positions.narrow(1, 1, tokens - 1).permute(0, 2, 1).reshape(1, width, oldSide, oldSide);
        var resized = nn.functional.interpolate(grid, [side, side], mode: InterpolationMode.Bicubic, align_corners: true);
        return weights.Replace(Name, cat([positions.narrow(1, 0, 1), resized.flatten(2).permute(0, 2, 1)], 1).to(entry.DType).MoveToOuterDisposeScope());
    }

    /// <summary>The side of the images that it takes.</summary>
    public int ImageSize { get; }

    /// <summary>The side of a patch.</summary>
    public int PatchSize { get; }

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x)
    {
        // The position embeddings are for one image size.
        if (x.Dimensions != 4 || x.size(2) != ImageSize || x.size(3) != ImageSize)
            throw InputMismatch($"(N, {patches.InChannels}, {ImageSize}, {ImageSize})", x);

        var tokens = Ops.Permute(Ops.Flatten(patches.call(x), 2), 0, 2, 1);
        x = Ops.Concat([Ops.Expand(classToken, x.size(0), -1, -1), tokens], dimension: 1);
        x = encoder.call(x);
        return heads.call(Ops.Select(x, 1, 0));
    }

    /// <summary>Position embeddings, the layers, and a last norm: <c>(N, T, E)</c> to <c>(N, T, E)</c>.</summary>
    private sealed class Encoder : Block
    {
        private readonly Dropout dropout;
        private readonly Sequence layers = [];
        private readonly LayerNorm norm;

        [ComponentName(Name = "pos_embedding")]
        private Parameter positions;

        public Encoder(int sequenceLength, Size size, double dropout, double attentionDropout) : base(nameof(Encoder))
        {
            positions = RegisterParameter("pos_embedding", empty(1, sequenceLength, size.Hidden));
            Initializers.Normal(positions, std: 0.02);

            this.dropout = Register("dropout", new Dropout(dropout));
            for (var i = 0; i < size.Layers; i++) layers.Add($"encoder_layer_{i}", new EncoderBlock(size, dropout, attentionDropout));
            Register("layers", layers);
            norm = Register("ln", new LayerNorm(size.Hidden, eps: 1e-6));
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

        public EncoderBlock(Size size, double dropout, double attentionDropout) : base(nameof(EncoderBlock))
        {
            norm1 = Register("ln_1", new LayerNorm(size.Hidden, eps: 1e-6));
            attention = Register("self_attention", new MultiheadAttention(size.Hidden, size.Heads, attentionDropout));
            this.dropout = Register("dropout", new Dropout(dropout));
            norm2 = Register("ln_2", new LayerNorm(size.Hidden, eps: 1e-6));
            mlp = Register("mlp", new Mlp(size.Hidden, size.Mlp, dropout: dropout) { StateVersion = 2 });

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

/// <summary>ViT-Base with patches of 16x16: 86,567,656 parameters. Input <c>(N, 3, 224, 224)</c> by default.</summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="imageSize">The side of the images: a multiple of 16.</param>
/// <param name="dropout">The probability that an element is dropped after attention, MLP and embedding.</param>
/// <param name="attentionDropout">The probability that an attention weight is dropped.</param>
/// <param name="inChannels">The number of channels of the input.</param>
public sealed class ViT_B_16(
    long numClasses = 1000, int imageSize = 224, double dropout = 0, double attentionDropout = 0, long inChannels = 3)
    : VisionTransformer(nameof(ViT_B_16), Base, 16, numClasses, imageSize, dropout, attentionDropout, inChannels);

/// <summary>ViT-Base with patches of 32x32: 88,224,232 parameters. Input <c>(N, 3, 224, 224)</c> by default.</summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="imageSize">The side of the images: a multiple of 32.</param>
/// <param name="dropout">The probability that an element is dropped after attention, MLP and embedding.</param>
/// <param name="attentionDropout">The probability that an attention weight is dropped.</param>
/// <param name="inChannels">The number of channels of the input.</param>
public sealed class ViT_B_32(
    long numClasses = 1000, int imageSize = 224, double dropout = 0, double attentionDropout = 0, long inChannels = 3)
    : VisionTransformer(nameof(ViT_B_32), Base, 32, numClasses, imageSize, dropout, attentionDropout, inChannels);

/// <summary>ViT-Large with patches of 16x16: 304,326,632 parameters. Input <c>(N, 3, 224, 224)</c> by default.</summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="imageSize">The side of the images: a multiple of 16.</param>
/// <param name="dropout">The probability that an element is dropped after attention, MLP and embedding.</param>
/// <param name="attentionDropout">The probability that an attention weight is dropped.</param>
/// <param name="inChannels">The number of channels of the input.</param>
public sealed class ViT_L_16(
    long numClasses = 1000, int imageSize = 224, double dropout = 0, double attentionDropout = 0, long inChannels = 3)
    : VisionTransformer(nameof(ViT_L_16), Large, 16, numClasses, imageSize, dropout, attentionDropout, inChannels);

/// <summary>ViT-Large with patches of 32x32: 306,535,400 parameters. Input <c>(N, 3, 224, 224)</c> by default.</summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="imageSize">The side of the images: a multiple of 32.</param>
/// <param name="dropout">The probability that an element is dropped after attention, MLP and embedding.</param>
/// <param name="attentionDropout">The probability that an attention weight is dropped.</param>
/// <param name="inChannels">The number of channels of the input.</param>
public sealed class ViT_L_32(
    long numClasses = 1000, int imageSize = 224, double dropout = 0, double attentionDropout = 0, long inChannels = 3)
    : VisionTransformer(nameof(ViT_L_32), Large, 32, numClasses, imageSize, dropout, attentionDropout, inChannels);

/// <summary>ViT-Huge with patches of 14x14: 632,045,800 parameters. Input <c>(N, 3, 224, 224)</c> by default.</summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="imageSize">The side of the images: a multiple of 14.</param>
/// <param name="dropout">The probability that an element is dropped after attention, MLP and embedding.</param>
/// <param name="attentionDropout">The probability that an attention weight is dropped.</param>
/// <param name="inChannels">The number of channels of the input.</param>
public sealed class ViT_H_14(
    long numClasses = 1000, int imageSize = 224, double dropout = 0, double attentionDropout = 0, long inChannels = 3)
    : VisionTransformer(nameof(ViT_H_14), Huge, 14, numClasses, imageSize, dropout, attentionDropout, inChannels);
