using Luma.Zoo.Weights;
using Luma.Zoo.Weights.KeyMaps;

namespace Luma.Zoo.Models;

public abstract partial class ConvNeXt
{
    // timm's names, and those of the authors' files, which timm reads as well.
    private static StateDict? FromTimm(StateDict weights, ConvNeXt network)
    {
        if (!weights.Contains("stem.0.weight") && !weights.Contains("downsample_layers.0.0.weight")) return null;

        TimmWeights.Refuse(
            weights, network.GetName(),
            (".grn.", "version 2's response normalisation"), ("norm_pre.", "its last norm before the pooling, not after it"),
            ("head.pre_logits.", "another layer before its head"), ("stem.2.", "a stem of overlapping windows"));

        return weights
            .Rename(name => name.Split('.') switch
            {
                ["stem" or "downsample_layers", "0", var layer, var leaf] => $"features.0.{layer}.{leaf}",
                ["stem", var layer, var leaf] => $"features.0.{layer}.{leaf}",
                ["stages", var stage, "downsample", var layer, var leaf] when IsPlace(stage, out var place) => $"features.{2 * place}.{layer}.{leaf}",
                ["downsample_layers", var stage, var layer, var leaf] when IsPlace(stage, out var place) => $"features.{2 * place}.{layer}.{leaf}",
                ["stages", var stage, "blocks", var block, .. var rest] when IsPlace(stage, out var place) => InBlock(place, block, rest),
                ["stages", var stage, var block, .. var rest] when IsPlace(stage, out var place) => InBlock(place, block, rest),
                ["head", "norm", var leaf] => $"classifier.0.{leaf}",
                ["norm", var leaf] => $"classifier.0.{leaf}",
                ["head", "fc", var leaf] => $"classifier.2.{leaf}",
                ["head", var leaf] => $"classifier.2.{leaf}",
                _ => name,
            })
            // timm can have convolutions of 1x1 for the MLP.
            .Reshape(entry =>
                entry.Name.EndsWith(".layer_scale", StringComparison.Ordinal) ? entry.Shape is [var channels] ? [channels, 1, 1] : null
                : entry.Name.EndsWith(".block.3.weight", StringComparison.Ordinal) || entry.Name.EndsWith(".block.5.weight", StringComparison.Ordinal)
                    ? TimmWeights.MatrixOf(entry)
                : null);

        static bool IsPlace(string part, out int place) => TimmWeights.IsPlace(part, out place);

        static string InBlock(int stage, string block, string[] rest)
        {
            var here = $"features.{(2 * stage) + 1}.{block}";
            return rest switch
            {
                ["conv_dw" or "dwconv", var leaf] => $"{here}.block.0.{leaf}",
                ["norm", var leaf] => $"{here}.block.2.{leaf}",
                ["mlp", "fc1", var leaf] => $"{here}.block.3.{leaf}",
                ["pwconv1", var leaf] => $"{here}.block.3.{leaf}",
                ["mlp", "fc2", var leaf] => $"{here}.block.5.{leaf}",
                ["pwconv2", var leaf] => $"{here}.block.5.{leaf}",
                ["gamma"] => $"{here}.layer_scale",
                _ => $"{here}.{string.Join('.', rest)}",
            };
        }
    }
}
