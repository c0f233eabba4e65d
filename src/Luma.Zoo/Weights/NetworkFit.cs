using Luma.Neural;

namespace Luma.Zoo.Weights;

/// <summary>Whether weights are a network's, by their names, and what they tell of it. Networks are built when they are first needed.</summary>
/// <param name="variant">The network.</param>
internal sealed class NetworkFit(ModelVariant variant) : IDisposable
{
    // The sets of weights in one file ask for no more than a few different ones, such as with auxiliary heads and without.
    private readonly Dictionary<ModelOptions, Block> networks = [];

    /// <summary>Whether weights have all of the network's names and no others, also such as its family knows how to turn.</summary>
    /// <param name="weights">The weights.</param>
    public bool Accepts(StateDict weights)
    {
        // What the weights themselves ask for.
        var options = variant.KeyMap.Fit(new ModelOptions(), weights, published: null);
        if (!networks.TryGetValue(options, out var network))
        {
            using var skip = Initializers.Skip();
            networks[options] = network = variant.Build(options);
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
            using var adapted = variant.Adapt(weights, network);
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
            using var adapted = variant.Adapt(weights, network);
            var state = adapted ?? weights;
            return ClassifierHead.Unfit(network, state) is [var name, ..] && state.TryGet(name, out var head) && head.Shape is [var classes and > 0, ..] ? classes : null;
        }
        catch (DifferentNetworkException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var network in networks.Values) network.Dispose();
    }
}
