using Luma.Neural;
using Luma.Neural.Blocks;
using Luma.Zoo.Weights;

namespace Luma.Zoo.Models;

/// <summary>Auxiliary heads in weight files: published ones have them, networks for use mostly not.</summary>
internal static class AuxiliaryWeights
{
    /// <summary>Leaves out the heads' weights where the network has no heads; null where nothing is to be left out.</summary>
    public static StateDict? Drop(StateDict weights, NeuralModule network, params string[] heads)
    {
        return network is AuxiliaryNetwork { HasAuxiliaries: false } && weights.Names.Any(IsOfHead)
            ? weights.Rename(name => IsOfHead(name) ? null : name)
            : null;

        bool IsOfHead(string name) => heads.Any(head => name.StartsWith(head, StringComparison.Ordinal));
    }
}
