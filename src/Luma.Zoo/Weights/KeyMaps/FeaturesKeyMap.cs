using Luma.Neural;

namespace Luma.Zoo.Weights.KeyMaps;

/// <summary>Some files hold the weights of a network's <c>features</c> alone.</summary>
internal class FeaturesKeyMap : KeyMap
{
    /// <summary>Names the weights as the whole network does: <c>0.weight</c> is its <c>features.0.weight</c>.</summary>
    /// <inheritdoc/>
    public override StateDict? Adapt(StateDict weights, NeuralModule network, string id) =>
        weights.Entries.Count > 0 && weights.Names.All(name => char.IsAsciiDigit(name.FirstOrDefault()))
            ? weights.Rename(name => $"features.{name}")
            : null;
}
