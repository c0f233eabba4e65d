using Luma.Neural;

namespace Luma.Zoo.Weights.KeyMaps;

/// <summary>
/// timm slides VGG's fully connected layers over the maps as convolutions and averages last. On maps of at most 7x7, which both houses
/// bring to 7x7, that is the same; on larger ones torchvision, and the networks here, average first.
/// </summary>
internal sealed class VggKeyMap : FeaturesKeyMap
{
    /// <inheritdoc/>
    public override StateDict? Adapt(StateDict weights, NeuralModule network, string id)
    {
        if (!weights.Contains("pre_logits.fc1.weight")) return base.Adapt(weights, network, id);
        if (id is "vgg11_lrn" or "vgg11_lrn_bn")
            throw new DifferentNetworkException(weights.Source, id, "timm's networks have no local response normalisation");

        return weights
            .Rename(name => name.Split('.') switch
            {
                ["pre_logits", "fc1", var leaf] => $"classifier.0.{leaf}",
                ["pre_logits", "fc2", var leaf] => $"classifier.3.{leaf}",
                ["head", "fc", var leaf] => $"classifier.6.{leaf}",
                _ => name,
            })
            .Reshape(entry => entry.Name is "classifier.0.weight" or "classifier.3.weight" ? TimmWeights.MatrixOf(entry) : null);
    }
}
