using System.Collections.Concurrent;

namespace Luma.Zoo.Inference.Compilation;

/// <summary>What an engine makes of a network for inputs of each kind, when the first of them comes. Any number of threads may use it at a time.</summary>
/// <typeparam name="TInputs">Tells one kind of inputs from another.</typeparam>
/// <typeparam name="TProgram">What is made; one may serve several kinds.</typeparam>
/// <param name="owner">Who is named where it is used after it has been disposed of.</param>
/// <param name="compile">Makes a program, or takes one of those that are there. Called for one kind at a time: each takes memory for the weights once more.</param>
internal sealed class ProgramCache<TInputs, TProgram>(object owner, Func<TInputs, IEnumerable<KeyValuePair<TInputs, TProgram>>, TProgram> compile) : IDisposable
    where TInputs : notnull
    where TProgram : IDisposable
{
    private readonly ConcurrentDictionary<TInputs, TProgram> programs = [];
    private readonly SemaphoreSlim compiling = new(1);
    private readonly ReaderWriterLockSlim running = new(LockRecursionPolicy.SupportsRecursion);
    private bool disposed;

    /// <summary>Uses the program for inputs of a kind, which is not disposed of before.</summary>
    /// <exception cref="ObjectDisposedException">It has been disposed of already.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled while it waited until another program was made.</exception>
    public T Use<T>(TInputs inputs, Func<TProgram, T> use, CancellationToken cancellation = default)
    {
        running.EnterReadLock();
        try
        {
            ObjectDisposedException.ThrowIf(disposed, owner);
            return use(For(inputs, cancellation));
        }
        finally
        {
            running.ExitReadLock();
        }
    }

    /// <summary>Refuses further calls, waits for those under way, and disposes of the programs.</summary>
    public void Dispose()
    {
        running.EnterWriteLock();
        try
        {
            if (disposed) return;
            disposed = true;
            foreach (var program in programs.Values.Distinct()) program.Dispose();
            programs.Clear();
        }
        finally
        {
            running.ExitWriteLock();
        }
    }

    // Where it fails nothing is kept: the next call may fare better, where memory was short.
    private TProgram For(TInputs inputs, CancellationToken cancellation)
    {
        if (programs.TryGetValue(inputs, out var program)) return program;

        compiling.Wait(cancellation);
        try
        {
            return programs.TryGetValue(inputs, out program) ? program : programs[inputs] = compile(inputs, programs);
        }
        finally
        {
            compiling.Release();
        }
    }
}
