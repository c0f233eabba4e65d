using System.Text.RegularExpressions;
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

        if (AntiAliased().Match(TimmWeights.Called(weights, "resnet") ?? "") is { Success: true } found)
        {
            var what = found.Groups[1].Value == "blur" ? "blurs" : "averages";
            throw new DifferentNetworkException(
                weights.Source, network.GetName(), $"by the name of the file its network {what} where it halves the size, and this one does not");
        }
        return null;
    }

    [GeneratedRegex(@"resnet(blur|aa)\d")]
    private static partial Regex AntiAliased();
}
