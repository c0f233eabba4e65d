using Luma.Neural;

namespace Luma.Zoo.Weights.KeyMaps;

/// <summary>
/// The two LeNets-5 take each other's weights: where one has a convolution over all of its 5x5 input, the other has a fully connected
/// layer.
/// </summary>
internal sealed class LeNetKeyMap : KeyMap
{
    private const string C5 = "conv3.weight", Hidden = "fc1.weight";

    // lenet_5_conv's names, and lenet_5's for the same numbers.
    private static readonly (string Conv, string Dense)[] Layers =
        [("conv1", "conv1"), ("conv2", "conv2"), ("conv3", "fc1"), ("linear1", "fc2"), ("linear2", "fc3")];

    /// <inheritdoc/>
    public override StateDict? Adapt(StateDict weights, NeuralModule network, string id) => id switch
    {
        "lenet_5" when weights.Contains(C5) => Rename(weights, layer => layer.Conv, layer => layer.Dense)
            .Reshape(entry => entry.Name == Hidden ? TimmWeights.MatrixOf(entry) : null),
        "lenet_5_conv" when weights.Contains(Hidden) => Rename(weights, layer => layer.Dense, layer => layer.Conv)
            .Reshape(entry => entry.Name == C5 && entry.Shape is [120, 400] ? [120, 16, 5, 5] : null),
        _ => null,
    };

    private static StateDict Rename(
        StateDict weights, Func<(string Conv, string Dense), string> from, Func<(string Conv, string Dense), string> to)
    {
        var names = Layers.ToDictionary(from, to);
        return weights.Rename(
            name => name.Split('.') is [var layer, var leaf] && names.TryGetValue(layer, out var other) ? $"{other}.{leaf}" : name);
    }
}
