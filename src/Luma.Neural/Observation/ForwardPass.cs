namespace Luma.Neural.Observation;

/// <summary>Lets an <see cref="IForwardObserver"/> see the forward passes of the current thread.</summary>
public static class ForwardPass
{
    internal static IForwardObserver? Observer => ThreadScope<IForwardObserver>.Current;

    /// <summary>Tells an observer all that runs on this thread until the result is disposed of.</summary>
    /// <param name="observer">The observer.</param>
    /// <returns>What ends the observation.</returns>
    /// <remarks>Observations nest: the innermost observer alone is told. They may end in any order.</remarks>
    public static IDisposable Observe(IForwardObserver observer)
    {
        ArgumentNullException.ThrowIfNull(observer);
        return ThreadScope<IForwardObserver>.Begin(observer);
    }
}
