using Luma.Neural;

namespace Luma.Zoo.Weights;

/// <summary>Whether weights are a network's, by their names, and what they tell of it. The network is built when it is first asked for.</summary>
/// <param name="variant">The network.</param>
internal sealed class NetworkFit(ModelVariant variant) : IDisposable
{
    private Block? network;

    /// <summary>Whether weights have all of the network's names and no others, also such as its family knows how to turn.</summary>
    /// <param name="weights">The weights.</param>
    public bool Accepts(StateDict weights)
    {
        if (network is null)
        {
            using var skip = Initializers.Skip();
            network = variant.Build(new ModelOptions());
        }
        return Accepts(variant, network, weights);
    }

    /// <summary>Whether weights have all of a network's names and no others, also such as its family knows how to turn.</summary>
    /// <param name="variant">The network's entry in the catalogue.</param>
    /// <param name="network">The network.</param>
    /// <param name="weights">The weights.</param>
    public static bool Accepts(ModelVariant variant, NeuralModule network, StateDict weights)
    {
        try
        {
            using var adapted = variant.AdaptWeights(weights, network);
            return WeightLoader.HasNames(adapted ?? weights, network.state_dict());
        }
        catch (Exception error) when (error is DifferentNetworkException or WeightFileException)
        {
            return false;
        }
    }

    /// <summary>For how many classes weights are, where nothing but that keeps them from fitting; null where they fit, or do not for other reasons.</summary>
    /// <param name="variant">The network's entry in the catalogue.</param>
    /// <param name="network">The network with its own number of classes.</param>
    /// <param name="weights">The weights.</param>
    public static long? ClassesOf(ModelVariant variant, NeuralModule network, StateDict weights)
    {
        try
        {
            using var adapted = variant.AdaptWeights(weights, network);
            var state = adapted ?? weights;
            return ClassifierHead.Unfit(network, state) is [var name, ..] && state.TryGet(name, out var head) && head.Shape is [var classes and > 0, ..] ? classes : null;
        }
        catch (DifferentNetworkException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => network?.Dispose();
}
