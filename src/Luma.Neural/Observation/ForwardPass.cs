namespace Luma.Neural.Observation;

/// <summary>Lets an <see cref="IForwardObserver"/> see the forward passes of the current thread.</summary>
public static class ForwardPass
{
    // Per thread: observing on one thread sees nothing of another, and costs nothing where nobody observes.
    [ThreadStatic]
    private static Scope? innermost;

    internal static IForwardObserver? Observer => innermost?.Observer;

    /// <summary>Tells an observer all that runs on this thread until the result is disposed of.</summary>
    /// <param name="observer">The observer.</param>
    /// <returns>What ends the observation; dispose of it on the same thread.</returns>
    /// <remarks>Observations nest: the innermost observer alone is told. They may end in any order.</remarks>
    public static IDisposable Observe(IForwardObserver observer)
    {
        ArgumentNullException.ThrowIfNull(observer);
        return innermost = new Scope(observer, innermost);
    }

    private sealed class Scope(IForwardObserver observer, Scope? outer) : IDisposable
    {
        private bool ended;

        public IForwardObserver Observer { get; } = observer;

        public void Dispose()
        {
            ended = true;
            while (innermost is { ended: true } scope) innermost = scope.Outer;
        }

        private Scope? Outer { get; } = outer;
    }
}
