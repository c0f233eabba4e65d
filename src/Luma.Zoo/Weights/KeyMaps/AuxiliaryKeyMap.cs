using Luma.Neural;
using Luma.Neural.Blocks;

namespace Luma.Zoo.Weights.KeyMaps;

/// <summary>
/// Weight files with and without auxiliary heads. torchvision's published files have them, and come from TensorFlow, which normalises
/// images in another way.
/// </summary>
/// <param name="keepsPublished">
/// Whether the heads of published weights are kept where nothing else is asked for, which torchvision does for one network.
/// </param>
/// <param name="heads">What the names of the heads begin with.</param>
internal sealed class AuxiliaryKeyMap(bool keepsPublished, params string[] heads) : KeyMap
{
    /// <summary>Leaves out the heads where the network has none.</summary>
    /// <inheritdoc/>
    public override StateDict? Adapt(StateDict weights, NeuralModule network, string id) =>
        network is AuxiliaryNetwork { HasAuxiliaries: false } && weights.Names.Any(IsOfHead)
            ? weights.Rename(name => IsOfHead(name) ? null : name)
            : null;

    /// <summary>Published weights decide as in torchvision; for any other file the network has heads if the file has.</summary>
    /// <inheritdoc/>
    public override ModelOptions Fit(ModelOptions options, StateDict? weights, PublishedWeights? published) => options with
    {
        AuxiliaryHeads = options.AuxiliaryHeads ?? (published is null ? weights?.Names.Any(IsOfHead) : keepsPublished),
        TransformInput = options.TransformInput ?? (published is null ? null : true),
    };

    private bool IsOfHead(string name) => heads.Any(head => name.StartsWith(head, StringComparison.Ordinal));
}
