using System.Text.RegularExpressions;
using Luma.Neural;

namespace Luma.Zoo.Weights.KeyMaps;

/// <summary>
/// timm's names are torchvision's, for networks that compute the same and for some that do not: these are refused. Only the file's name
/// tells of what blurs or averages, for it has no weights.
/// </summary>
internal sealed partial class ResNetKeyMap : KeyMap
{
    /// <inheritdoc/>
    public override StateDict? Adapt(StateDict weights, NeuralModule network, string id)
    {
        TimmWeights.Refuse(
            weights, id, ("conv1.0.", "a stem of three convolutions"), (".se.", "an attention of channels in its blocks"));

        if (AntiAliased().Match(TimmWeights.Called(weights, "resnet") ?? "") is { Success: true } found)
        {
            var what = found.Groups[1].Value == "blur" ? "blurs" : "averages";
            throw new DifferentNetworkException(
                weights.Source, id, $"by the name of the file its network {what} where it halves the size, and this one does not");
        }
        return null;
    }

    [GeneratedRegex(@"resnet(blur|aa)\d")]
    private static partial Regex AntiAliased();
}
