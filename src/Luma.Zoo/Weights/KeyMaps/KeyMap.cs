using Luma.Neural;

namespace Luma.Zoo.Weights.KeyMaps;

/// <summary>How weights that others have saved fit a family's networks: under which names and shapes, and with which options.</summary>
internal class KeyMap
{
    /// <summary>For networks whose weights have no other names.</summary>
    public static KeyMap None { get; } = new();

    /// <summary>Turns weights that were saved under other names or shapes into a network's.</summary>
    /// <param name="weights">The weights, which are disposed of last.</param>
    /// <param name="network">The network.</param>
    /// <param name="id">The network's id, for messages.</param>
    /// <returns>The weights under the network's names, or null where they need no turning.</returns>
    /// <exception cref="DifferentNetworkException">The weights are for a network that computes something else.</exception>
    public virtual StateDict? Adapt(StateDict weights, NeuralModule network, string id) => null;

    /// <summary>Chooses what a network needs for the weights to fit, beside what a user has chosen.</summary>
    /// <param name="options">What the user has chosen.</param>
    /// <param name="weights">The weights, or null where they have not been opened.</param>
    /// <param name="published">What is known about them where they are published ones.</param>
    /// <returns>The options to build the network with.</returns>
    public virtual ModelOptions Fit(ModelOptions options, StateDict? weights, PublishedWeights? published) => options;
}
