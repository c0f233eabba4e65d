using Luma.Neural;
using Luma.Neural.Observation;
using Luma.Neural.Operations;
using Luma.Zoo.Weights;

namespace Luma.Zoo.Inference;

/// <summary>Watches a forward pass for what comes to the network's last layer.</summary>
/// <remarks>
/// The features of positions are the input of the last operation before that layer, or of that layer itself, that has more than one position: what pools
/// them, flattens them, or takes one of them. That holds of every network, whatever it does so with.
/// </remarks>
/// <param name="network">The network.</param>
/// <param name="kind">Which features to keep.</param>
internal sealed class FeatureObserver(NeuralModule network, EmbeddingKind kind) : IForwardObserver, IDisposable
{
    private readonly nn.Module? head = ClassifierHead.FindLast(network);
    private bool isBeforeHead = true;

    /// <summary>The features, or null where there have been none. They are the observer's.</summary>
    public Tensor? Found { get; private set; }

    /// <inheritdoc/>
    public void Entered(NeuralModule module, Tensor input)
    {
        if (!isBeforeHead || !ReferenceEquals(module, head)) return;

        isBeforeHead = false;
        if (kind == EmbeddingKind.Pooled || HasPositions(input)) Keep(input);
    }

    /// <inheritdoc/>
    public void Ran(Operation operation, ReadOnlySpan<Tensor?> inputs, Tensor output)
    {
        if (isBeforeHead && kind == EmbeddingKind.Positions && inputs is [{ } input, ..] && HasPositions(input)) Keep(input);
    }

    /// <inheritdoc/>
    public void Dispose() => Found?.Dispose();

    // Channels stand first or last: a single position is (C, 1, 1) or (1, 1, C).
    private static bool HasPositions(Tensor tensor) => tensor.dim() is 3 or 4 && tensor.shape.Skip(1).Count(size => size > 1) > 1;

    // The network may dispose of its own tensor; this is another on the same memory.
    private void Keep(Tensor tensor)
    {
        Found?.Dispose();
        Found = tensor.detach().DetachFromDisposeScope();
    }
}
