using System.Text.RegularExpressions;
using Luma.Neural;

namespace Luma.Zoo.Weights.KeyMaps;

/// <summary>
/// Files from before PyTorch 0.4, which allowed dots in a module's name, have <c>norm.1</c> for <c>norm1</c>; torchvision still publishes
/// such. timm's names are today's, but where its network blurs, the stem has three convolutions.
/// </summary>
internal sealed partial class DenseNetKeyMap : KeyMap
{
    /// <inheritdoc/>
    public override StateDict? Adapt(StateDict weights, NeuralModule network, string id)
    {
        TimmWeights.Refuse(weights, id, ("features.conv1.", "a stem of three convolutions"));
        return weights.Names.Any(name => Dotted().IsMatch(name)) ? weights.Rename(name => Dotted().Replace(name, "$1$2.")) : null;
    }

    [GeneratedRegex(@"(?<=\.denselayer\d+\.)(norm|conv)\.([12])\.")]
    private static partial Regex Dotted();
}
