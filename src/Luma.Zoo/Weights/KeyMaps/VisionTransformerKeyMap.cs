using Luma.Neural;
using Luma.Neural.Native;
using Luma.Zoo.Models;
using static Luma.Zoo.Weights.KeyMaps.TimmWeights;

namespace Luma.Zoo.Weights.KeyMaps;

/// <summary>timm's and torchvision 0.12's names for vision transformers, and position embeddings for images of another size.</summary>
internal sealed class VisionTransformerKeyMap : KeyMap
{
    private const string Positions = "encoder.pos_embedding";

    /// <inheritdoc/>
    public override StateDict? Adapt(StateDict weights, NeuralModule network, string id)
    {
        var transformer = (VisionTransformer)network;
        var renamed = FromTimm(weights, transformer, id) ?? FromOld(weights);
        return Resized(renamed ?? weights, transformer.ImageSize / transformer.PatchSize) ?? renamed;
    }

    /// <inheritdoc/>
    // The least size of published weights is the only one: some are for images of 384, 512 or 518.
    public override ModelOptions Fit(ModelOptions options, StateDict? weights, PublishedWeights? published) =>
        options with { ImageSize = options.ImageSize ?? published?.MinSize[0] };

    /// <summary>
    /// Interpolates position embeddings by where their patches lie (section 3.2 of the paper); null where nothing needs interpolation.
    /// </summary>
    /// <param name="weights">The weights under torchvision's names.</param>
    /// <param name="side">How many patches the network's images are wide.</param>
    public static StateDict? Resized(StateDict weights, long side)
    {
        if (!weights.TryGet(Positions, out var entry) || entry.Shape is not [1, var tokens and > 1, var width]) return null;
        var oldSide = (long)Math.Round(Math.Sqrt(tokens - 1));
        if (oldSide == side || oldSide * oldSide != tokens - 1) return null;

        // The embeddings, once more with their tokens first, and once more with that of the class.
        MemoryGuard.Ensure(3.0 * sizeof(float) * width * side * side, "resizing the position embeddings");
        using var scope = NewDisposeScope();
        var positions = entry.ToTensor().to(ScalarType.Float32);
        var grid = positions.narrow(1, 1, tokens - 1).permute(0, 2, 1).reshape(1, width, oldSide, oldSide);
        var resized = nn.functional.interpolate(grid, [side, side], mode: InterpolationMode.Bicubic, align_corners: true);
        var tokenFirst = cat([positions.narrow(1, 0, 1), resized.flatten(2).permute(0, 2, 1)], dim: 1);
        return weights.Replace(Positions, tokenFirst.to(entry.DType).MoveToOuterDisposeScope());
    }

    // torchvision 0.12 named the layers of the MLP for what they are.
    private static StateDict? FromOld(StateDict weights)
    {
        if (!weights.Names.Any(name => name.Contains(".mlp.linear_", StringComparison.Ordinal))) return null;

        return weights.Rename(name => name
            .Replace(".mlp.linear_1.", ".mlp.0.", StringComparison.Ordinal)
            .Replace(".mlp.linear_2.", ".mlp.3.", StringComparison.Ordinal));
    }

    // timm builds many networks of these parts. They show by what they have beside torchvision's, or lack.
    private static StateDict? FromTimm(StateDict weights, VisionTransformer network, string id)
    {
        if (!weights.Contains("blocks.0.norm1.weight")) return null;
        if (!weights.Names.Any(name => name.StartsWith("patch_embed.", StringComparison.Ordinal))) return null;

        Refuse(
            weights, id,
            ("patch_embed.backbone.", "a convolutional network before it"), ("pre_logits.", "another layer before its head"),
            ("norm_pre.", "a norm before its layers"), ("reg_token", "registers beside its class token"),
            ("dist_token", "a token for distillation"), ("attn_pool.", "an attention before its head"),
            ("rel_pos", "positions relative to each other"), ("relative_position", "positions relative to each other"),
            (".ls1.", "scaled branches"), (".gamma_1", "scaled branches"), ("q_norm.", "norms of queries and keys"),
            ("fc_norm.", "the mean of its tokens before its head"));
        if (!weights.Contains("cls_token")) throw Different("it has no class token");
        if (!weights.TryGet("pos_embed", out var positions)) throw Different("it has no position embeddings");
        if (positions.Shape is [1, var count, _] && Math.Sqrt(count) % 1 == 0) throw Different("it gives its class token no position");
        if (!weights.Contains("blocks.0.attn.qkv.bias")) throw Different("its queries, keys and values have no bias");

        return weights
            .Rename(name => name.Split('.') switch
            {
                ["cls_token"] => "class_token",
                ["pos_embed"] => "encoder.pos_embedding",
                ["patch_embed", "proj", var leaf] => $"conv_proj.{leaf}",
                ["blocks", var block, .. var rest] => $"encoder.layers.encoder_layer_{block}.{InBlock(rest)}",
                ["norm", var leaf] => $"encoder.ln.{leaf}",
                ["head", var leaf] => $"heads.head.{leaf}",
                _ => name,
            })
            // Its oldest files cut the image by a dense layer.
            .Reshape(entry => entry is { Name: "conv_proj.weight", Shape: [var width, _] }
                ? [width, network.InChannels, network.PatchSize, network.PatchSize]
                : null);

        static string InBlock(string[] rest) => rest switch
        {
            ["norm1", var leaf] => $"ln_1.{leaf}",
            ["attn", "qkv", var leaf] => $"self_attention.in_proj_{leaf}",
            ["attn", "proj", var leaf] => $"self_attention.out_proj.{leaf}",
            ["norm2", var leaf] => $"ln_2.{leaf}",
            ["mlp", "fc1", var leaf] => $"mlp.0.{leaf}",
            ["mlp", "fc2", var leaf] => $"mlp.3.{leaf}",
            _ => string.Join('.', rest),
        };

        DifferentNetworkException Different(string what) => new(weights.Source, id, $"its network differs, {what}");
    }
}
