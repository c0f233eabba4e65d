using Luma.Neural;
using static Luma.Zoo.Weights.KeyMaps.TimmWeights;

namespace Luma.Zoo.Weights.KeyMaps;

/// <summary>timm's names for ConvNeXt, and those of the authors' files, which timm reads as well.</summary>
internal sealed class ConvNeXtKeyMap : KeyMap
{
    /// <inheritdoc/>
    public override StateDict? Adapt(StateDict weights, NeuralModule network, string id)
    {
        if (!weights.Contains("stem.0.weight") && !weights.Contains("downsample_layers.0.0.weight")) return null;

        Refuse(
            weights, id,
            (".grn.", "version 2's response normalisation"), ("norm_pre.", "its last norm before the pooling, not after it"),
            ("head.pre_logits.", "another layer before its head"), ("stem.2.", "a stem of overlapping windows"));

        return weights
            .Rename(name => name.Split('.') switch
            {
                ["stem" or "downsample_layers", "0", var layer, var leaf] => $"features.0.{layer}.{leaf}",
                ["stem", var layer, var leaf] => $"features.0.{layer}.{leaf}",
                ["stages", var stage, "downsample", var layer, var leaf] when IsPlace(stage, out var place) => Between(place, layer, leaf),
                ["downsample_layers", var stage, var layer, var leaf] when IsPlace(stage, out var place) => Between(place, layer, leaf),
                ["stages", var stage, "blocks", var block, .. var rest] when IsPlace(stage, out var place) => InBlock(place, block, rest),
                ["stages", var stage, var block, .. var rest] when IsPlace(stage, out var place) => InBlock(place, block, rest),
                ["head", "norm", var leaf] => $"classifier.0.{leaf}",
                ["norm", var leaf] => $"classifier.0.{leaf}",
                ["head", "fc", var leaf] => $"classifier.2.{leaf}",
                ["head", var leaf] => $"classifier.2.{leaf}",
                _ => name,
            })
            .Reshape(entry => entry.Name.Split('.') switch
            {
                [.., "layer_scale"] when entry.Shape is [var channels] => [channels, 1, 1],
                // timm can have convolutions of 1x1 for the MLP.
                [.., "block", "3" or "5", "weight"] => MatrixOf(entry),
                _ => null,
            });

        static string Between(int stage, string layer, string leaf) => $"features.{2 * stage}.{layer}.{leaf}";

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
