namespace Luma.Zoo.Weights;

/// <summary>
/// Weights of a network that computes something else than the one that they were to be loaded into, or may do so, whether or not their
/// names and shapes would fit. The network is as it was.
/// </summary>
/// <param name="source">Where the weights came from.</param>
/// <param name="network">The network that they were to be loaded into.</param>
/// <param name="reason">What is different.</param>
public sealed class DifferentNetworkException(string source, string network, string reason)
    : Exception($"{source} is not for {network}: {reason}.")
{
    /// <summary>What is different, and where it helps what to do.</summary>
    public string Reason { get; } = reason;
}
