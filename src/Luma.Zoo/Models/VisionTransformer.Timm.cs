using Luma.Zoo.Weights;
using Luma.Zoo.Weights.KeyMaps;

namespace Luma.Zoo.Models;

public abstract partial class VisionTransformer
{
    // timm builds many networks of these parts. They show by what they have beside torchvision's, or have not.
    private static StateDict? FromTimm(StateDict weights, VisionTransformer network)
    {
        if (!weights.Contains("blocks.0.norm1.weight") || !weights.Names.Any(name => name.StartsWith("patch_embed.", StringComparison.Ordinal)))
            return null;

        TimmWeights.Refuse(
            weights, network.GetName(),
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
                ? [width, network.patches.InChannels, network.PatchSize, network.PatchSize]
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

        DifferentNetworkException Different(string what) => new(weights.Source, network.GetName(), $"its network differs, {what}");
    }
}
