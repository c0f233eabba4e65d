using Luma.Neural;
using Luma.Zoo.Models;
using static Luma.Zoo.Weights.KeyMaps.TimmWeights;

namespace Luma.Zoo.Weights.KeyMaps;

/// <summary>
/// timm's names for Swin Transformer, and those of the authors' files and of timm before 0.9: these merge patches at a stage's end, not
/// at its beginning, and keep what follows from the size of the windows and of the image.
/// </summary>
internal sealed class SwinTransformerKeyMap : KeyMap
{
    // timm's networks of version 2 with larger windows shrink them in the last stage, where the map is smaller.
    private const long TimmsWindow = 8;

    private static readonly string[] Buffers = ["relative_position_index", "relative_coords_table"];

    /// <inheritdoc/>
    public override StateDict? Adapt(StateDict weights, NeuralModule network, string id)
    {
        if (!weights.Contains("layers.0.blocks.0.norm1.weight")) return null;

        Refuse(weights, id, ("absolute_pos_embed", "absolute positions"));
        CheckWindows(weights, (SwinTransformer)network, id);

        var merges = weights.Names.Any(name => name.StartsWith("layers.0.downsample.", StringComparison.Ordinal)) ? 2 : 0;
        var renamed = weights.Rename(name => name.Split('.') switch
        {
            [.., "attn_mask" or "relative_position_index" or "relative_coords_table" or "k_bias" or "q_bias" or "v_bias"] => null,
            ["patch_embed", "proj", var leaf] => $"features.0.0.{leaf}",
            ["patch_embed", "norm", var leaf] => $"features.0.2.{leaf}",
            ["layers", var stage, "downsample", .. var rest] when IsPlace(stage, out var place) =>
                $"features.{(2 * place) + merges}.{string.Join('.', rest)}",
            ["layers", var stage, "blocks", var block, .. var rest] when IsPlace(stage, out var place) =>
                $"features.{(2 * place) + 1}.{block}.{InBlock(rest)}",
            ["head", "fc", var leaf] => $"head.{leaf}",
            _ => name,
        });
        return renamed.With([.. OwnBuffers(network), .. JoinedBiases(weights)]);

        static string InBlock(string[] rest) => rest switch
        {
            ["mlp", "fc1", var leaf] => $"mlp.0.{leaf}",
            ["mlp", "fc2", var leaf] => $"mlp.3.{leaf}",
            _ => string.Join('.', rest),
        };
    }

    // Weights of version 1 show the size of their windows. Those of version 2 fit windows of every size: only buffers, which older files
    // have, or the file's name tell the size that they were trained for.
    private static void CheckWindows(StateDict weights, SwinTransformer network, string id)
    {
        var window = network.Window;
        foreach (var entry in weights.Entries)
        {
            var side = entry.Name[(entry.Name.LastIndexOf('.') + 1)..] switch
            {
                "relative_position_bias_table" when entry.Shape is [var distances, _] => ((long)Math.Round(Math.Sqrt(distances)) + 1) / 2,
                "relative_position_index" when entry.Shape is [var pixels, _] => (long)Math.Round(Math.Sqrt(pixels)),
                "relative_coords_table" when entry.Shape is [1, var distances, _, _] => (distances + 1) / 2,
                _ => window,
            };
            if (side != window) throw Different($"its windows are {side} pixels wide ('{entry.Name}'), and this one's {window}");
        }
        if (network.Version == SwinVersion.V1) return;
        if (weights.Names.Any(name => Buffers.Any(buffer => name.EndsWith(buffer, StringComparison.Ordinal)))) return;
        if (window != TimmsWindow)
            throw Different($"of timm's networks only those with windows of {TimmsWindow} pixels fit, and this one's are {window} wide");

        var called = Called(weights, "swinv2") ?? "";
        if (called.Contains("window8_256", StringComparison.Ordinal)) return;
        throw called.Contains("_window", StringComparison.Ordinal)
            ? Different("by the name of the file its windows have another size; timm's network that would fit ends in window8_256")
            : Different(
                "nothing in it tells timm's network with windows of 8 pixels, which would fit, from that with others: "
                + "name the file, or the folder that it is in, after the one that it is, which ends in window8_256");

        DifferentNetworkException Different(string reason) => new(weights.Source, id, reason);
    }

    private static IEnumerable<KeyValuePair<string, Tensor>> OwnBuffers(NeuralModule network) =>
        from entry in network.named_buffers()
        where Buffers.Any(buffer => entry.name.EndsWith($".{buffer}", StringComparison.Ordinal))
        select KeyValuePair.Create(entry.name, entry.buffer.clone());

    // Version 2 keeps the biases of queries and values apart, and has none for keys.
    private static IEnumerable<KeyValuePair<string, Tensor>> JoinedBiases(StateDict weights)
    {
        foreach (var entry in weights.Entries)
        {
            if (entry.Name.Split('.') is not ["layers", var stage, "blocks", var block, "attn", "q_bias"]
                || !IsPlace(stage, out var place)
                || !weights.TryGet($"layers.{stage}.blocks.{block}.attn.v_bias", out var values)
                || entry.Shape is not [_] || values.Shape is not [_])
                continue;

            using var scope = NewDisposeScope();
            var query = entry.ToTensor();
            var joined = cat([query, zeros_like(query), values.ToTensor()]).MoveToOuterDisposeScope();
            yield return KeyValuePair.Create($"features.{(2 * place) + 1}.{block}.attn.qkv.bias", joined);
        }
    }
}
