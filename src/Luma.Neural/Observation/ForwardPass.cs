namespace Luma.Neural.Observation;

/// <summary>Lets an <see cref="IForwardObserver"/> see the forward passes of the current thread.</summary>
public static class ForwardPass
{
    // Per thread: observing on one thread sees nothing of another, and costs nothing where nobody observes.
    [ThreadStatic]
    private static IForwardObserver? observer;

    internal static IForwardObserver? Observer => observer;

    /// <summary>Tells an observer all that runs on this thread until the result is disposed of.</summary>
    /// <param name="observer">The observer.</param>
    /// <returns>What ends the observation; dispose of it on the same thread.</returns>
    /// <remarks>Observations nest: the innermost observer alone is told.</remarks>
    public static IDisposable Observe(IForwardObserver observer)
    {
        ArgumentNullException.ThrowIfNull(observer);
        return new Scope(observer);
    }

    private sealed class Scope : IDisposable
    {
        private readonly IForwardObserver? outer = observer;
        private bool ended;

        public Scope(IForwardObserver inner) => observer = inner;

        public void Dispose()
        {
            if (ended) return;
            ended = true;
            observer = outer;
        }
    }
}
