using Luma.Neural;
using Luma.Zoo.Weights;

namespace Luma.Zoo.Models;

public abstract partial class ResNet
{
    // timm's names are torchvision's, for networks that compute the same and for some that do not. Only the file's name tells of what
    // blurs or averages: it has no weights.
    private static StateDict? RefuseOthers(StateDict weights, NeuralModule network)
    {
        TimmWeights.Refuse(
            weights, network,
            ("conv1.0.", "a stem of three convolutions"), (".se.", "an attention of channels in its blocks"));

        var called = TimmWeights.Called(weights, "resnet") ?? "";
        if (called.Contains("resnetblur", StringComparison.Ordinal))
            throw Different("blurs where it halves the size");
        if (called.Contains("resnetaa", StringComparison.Ordinal))
            throw Different("averages where it halves the size");
        return null;

        DifferentNetworkException Different(string what) =>
            new(weights.Source, network.GetName(), $"by the name of the file its network {what}, and this one does not");
    }
}
