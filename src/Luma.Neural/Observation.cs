namespace Luma.Neural;

/// <summary>
/// Sees a forward pass as it happens: every layer, every operation and every block, with the tensors by reference. Enough to
/// count, to summarise or to rebuild the network without knowing it.
/// </summary>
/// <remarks>
/// A tensor may be disposed of once the block that made it returns, and an in-place layer overwrites its input's values: copy
/// what is to be kept.
/// </remarks>
public interface IForwardObserver
{
    /// <summary>A block is about to run; what follows until it is left happens inside it.</summary>
    /// <param name="block">The block.</param>
    /// <param name="input">Its input.</param>
    void Entered(Block block, Tensor input);

    /// <summary>The block that was entered last has run. A block whose forward pass throws is not left.</summary>
    /// <param name="block">The block.</param>
    /// <param name="input">Its input.</param>
    /// <param name="output">Its output.</param>
    void Left(Block block, Tensor input, Tensor output);

    /// <summary>A layer has run. Its hyper-parameters and parameters are on the layer.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="input">Its input.</param>
    /// <param name="output">Its output.</param>
    void Ran(Layer layer, Tensor input, Tensor output);

    /// <summary>An operation of <see cref="Ops"/> has run.</summary>
    /// <param name="operation">The operation with its attributes.</param>
    /// <param name="inputs">Its inputs, which may be parameters.</param>
    /// <param name="outputs">Its outputs.</param>
    void Ran(Operation operation, IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> outputs);
}

/// <summary>Lets an <see cref="IForwardObserver"/> see the forward passes of the current thread.</summary>
public static class Observation
{
    // Per thread: observing on one thread sees nothing of another, and costs nothing where nobody observes.
    [ThreadStatic]
    private static IForwardObserver? current;

    internal static IForwardObserver? Current => current;

    /// <summary>Tells <paramref name="observer"/> all that runs on this thread until the result is disposed of.</summary>
    /// <param name="observer">The observer.</param>
    /// <returns>What ends the observation; dispose of it on the same thread.</returns>
    /// <remarks>Observations nest: the innermost observer alone is told.</remarks>
    public static IDisposable Begin(IForwardObserver observer)
    {
        ArgumentNullException.ThrowIfNull(observer);
        return new Scope(observer);
    }

    private sealed class Scope : IDisposable
    {
        private readonly IForwardObserver? outer = current;
        private bool ended;

        public Scope(IForwardObserver observer) => current = observer;

        public void Dispose()
        {
            if (ended) return;
            ended = true;
            current = outer;
        }
    }
}
