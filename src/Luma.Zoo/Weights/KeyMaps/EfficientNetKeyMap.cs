using Luma.Neural;
using Luma.Neural.Layers;

namespace Luma.Zoo.Weights.KeyMaps;

/// <summary>
/// timm's names for EfficientNet. The norms' epsilon and the padding are in no weight file: timm's efficientnet_b0 to b7 have PyTorch's,
/// tf_efficientnet_b0 to b7 TensorFlow's, under the same names. torchvision has PyTorch's padding, and from B5 on and in version 2
/// TensorFlow's epsilon.
/// </summary>
internal sealed class EfficientNetKeyMap : KeyMap
{
    /// <inheritdoc/>
    public override StateDict? Adapt(StateDict weights, NeuralModule network, string id)
    {
        if (!weights.Contains("conv_stem.weight")) return null;

        if (network.modules().OfType<BatchNorm>().First().Eps > 1e-5)
        {
            throw Different(
                "timm's networks of this kind have an epsilon of 1e-5 in their norms, "
                + "or, where they have this one's of 1e-3, TensorFlow's padding");
        }

        var called = TimmWeights.Called(weights, "efficientnet") ?? "";
        if (called.Contains("tf_efficientnet", StringComparison.Ordinal))
        {
            throw Different(
                "by the name of the file its network has TensorFlow's padding and an epsilon of 1e-3 in its norms; "
                + $"timm's {id} has neither, and would fit");
        }
        if (called.Contains("efficientnet_blur", StringComparison.Ordinal))
            throw Different("by the name of the file its network blurs where it halves the size, and this one does not");
        if (!called.Contains("efficientnet_b", StringComparison.Ordinal))
        {
            throw Different(
                $"nothing in it tells timm's {id}, which would fit, from tf_{id}, which computes something else: "
                + "name the file, or the folder that it is in, after the one that it is");
        }
        return weights.Rename(name => name.Split('.') switch
        {
            ["conv_stem", var leaf] => $"features.0.0.{leaf}",
            ["bn1", var leaf] => $"features.0.1.{leaf}",
            // The first stage's blocks do not widen.
            ["blocks", "0", var block, .. var rest] => InBlock($"features.1.{block}.block", rest, ["conv_dw", "se", "conv_pw"]),
            ["blocks", var stage, var block, .. var rest] when TimmWeights.IsPlace(stage, out var place) =>
                InBlock($"features.{place + 1}.{block}.block", rest, ["conv_pw", "conv_dw", "se", "conv_pwl"]),
            ["conv_head", var leaf] => $"features.8.0.{leaf}",
            ["bn2", var leaf] => $"features.8.1.{leaf}",
            ["classifier", var leaf] => $"classifier.1.{leaf}",
            _ => name,
        });

        DifferentNetworkException Different(string reason) => new(weights.Source, id, reason);

        // A norm bears the number of its convolution: bn1 follows the first, and the squeeze and excitation is not counted.
        static string InBlock(string block, string[] rest, string[] layers)
        {
            string[] convolutions = [.. layers.Where(layer => layer != "se")];
            return rest switch
            {
                ["se", "conv_reduce", var leaf] => $"{block}.{Array.IndexOf(layers, "se")}.fc1.{leaf}",
                ["se", "conv_expand", var leaf] => $"{block}.{Array.IndexOf(layers, "se")}.fc2.{leaf}",
                [var layer, var leaf] when convolutions.Contains(layer) => $"{block}.{Array.IndexOf(layers, layer)}.0.{leaf}",
                [['b', 'n', var number], var leaf] when number - '1' is var index && index >= 0 && index < convolutions.Length =>
                    $"{block}.{Array.IndexOf(layers, convolutions[index])}.1.{leaf}",
                _ => $"{block}.{string.Join('.', rest)}",
            };
        }
    }
}
