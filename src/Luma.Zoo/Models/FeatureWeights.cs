using Luma.Zoo.Weights;

namespace Luma.Zoo.Models;

/// <summary>Files that hold the weights of a network's <c>features</c> alone.</summary>
internal static class FeatureWeights
{
    /// <summary>Names the weights as the whole network does (<c>0.weight</c> is its <c>features.0.weight</c>); null where they are so named.</summary>
    public static StateDict? Name(StateDict weights) =>
        weights.Entries.Count > 0 && weights.Names.All(name => char.IsAsciiDigit(name.FirstOrDefault()))
            ? weights.Rename(name => $"features.{name}")
            : null;
}
