namespace Luma.Neural;

/// <summary>
/// A value that holds on one thread until this is disposed of, there or, after an <c>await</c>, on another. Scopes nest: the innermost value
/// holds. They may end in any order. On one thread nothing is seen of another, and it costs nothing where there is no value.
/// </summary>
/// <typeparam name="T">The value; there is one chain of scopes for each type.</typeparam>
internal sealed class ThreadScope<T> : IDisposable
{
    [ThreadStatic]
    private static ThreadScope<T>? innermost;

    private readonly ThreadScope<T>? outer;
    private readonly T value;
    private volatile bool ended;

    private ThreadScope(T value, ThreadScope<T>? outer) => (this.value, this.outer) = (value, outer);

    /// <summary>Lets a value hold from now on.</summary>
    public static IDisposable Begin(T value) => innermost = new(value, Innermost());

    /// <summary>The value that holds, or the default where there is none.</summary>
    public static T? Current => Innermost() is { } scope ? scope.value : default;

    public void Dispose()
    {
        ended = true;
        // On another thread this does nothing, and the scope's own thread lets go of it when it looks next.
        Innermost();
    }

    private static ThreadScope<T>? Innermost()
    {
        while (innermost is { } scope && scope.ended) innermost = scope.outer;
        return innermost;
    }
}
