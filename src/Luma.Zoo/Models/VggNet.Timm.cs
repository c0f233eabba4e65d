using Luma.Zoo.Weights;
using Luma.Zoo.Weights.KeyMaps;

namespace Luma.Zoo.Models;

public abstract partial class VGGNet
{
    // timm slides the fully connected layers over the maps as convolutions and averages last. On maps of at most 7x7, which both houses
    // bring to 7x7, that is the same; on larger ones torchvision, and this network, average first.
    private static StateDict? FromTimm(StateDict weights, VGGNet network)
    {
        if (!weights.Contains("pre_logits.fc1.weight")) return null;
        if (network is VGGNet_11_LRN)
            throw new DifferentNetworkException(weights.Source, network.GetName(), "timm's networks have no local response normalisation");

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
