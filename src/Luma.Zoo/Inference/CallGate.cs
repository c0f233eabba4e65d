namespace Luma.Zoo.Inference;

/// <summary>Lets in as many calls as may run at a time, and waits for those inside before it closes for good.</summary>
/// <param name="capacity">How many may run at a time.</param>
internal sealed class CallGate(int capacity) : IDisposable
{
    private readonly SemaphoreSlim places = new(capacity, capacity);
    private readonly ThreadScheduler threads = new(capacity, roomy: true);
    private readonly Lock changing = new();
    private readonly ManualResetEventSlim empty = new(initialState: true);
    private int calls;
    private bool closed;

    /// <summary>The gate's own threads, for work that belongs to calls and takes a place by <see cref="Hold"/>.</summary>
    public TaskScheduler Threads => threads;

    /// <summary>Does work once there is a place. Closing the gate does not wait for it.</summary>
    public void Hold(Action work)
    {
        places.Wait();
        try
        {
            work();
        }
        finally
        {
            places.Release();
        }
    }

    /// <summary>Counts a call that takes no place, so that closing waits for its <see cref="End"/>.</summary>
    /// <exception cref="ObjectDisposedException">The gate is closed.</exception>
    public void Begin() => Count();

    /// <summary>Ends what <see cref="Begin"/> began.</summary>
    public void End() => Uncount();

    /// <summary>Refuses to go on where the gate is closed.</summary>
    /// <exception cref="ObjectDisposedException">The gate is closed.</exception>
    public void ThrowIfClosed()
    {
        lock (changing) ObjectDisposedException.ThrowIf(closed, typeof(Classifier));
    }

    /// <summary>Enters, and waits for a place.</summary>
    /// <returns>What leaves when it is disposed of.</returns>
    /// <exception cref="ObjectDisposedException">The gate is closed.</exception>
    /// <exception cref="OperationCanceledException">The waiting was cancelled.</exception>
    public Pass Enter(CancellationToken cancellation = default)
    {
        Count();
        try
        {
            places.Wait(cancellation);
            return new Pass(this);
        }
        catch
        {
            Uncount();
            throw;
        }
    }

    /// <summary>Makes a call inside, on one of the gate's own threads, and waits for it.</summary>
    /// <remarks>
    /// libtorch has threads of its own for each thread that computes, and they spin for a while after their work. With one set for each caller they
    /// would take the processors from each other.
    /// </remarks>
    /// <exception cref="ObjectDisposedException">The gate is closed.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public T Run<T>(Func<T> call, CancellationToken cancellation) => RunAsync(call, cancellation).GetAwaiter().GetResult();

    /// <summary>Makes a call inside, on one of the gate's own threads.</summary>
    /// <remarks>
    /// Not on the thread pool: where all of its threads wait in <see cref="Enter"/>, a call that was let in would hold its place until
    /// the pool grows.
    /// </remarks>
    /// <exception cref="ObjectDisposedException">The gate is closed.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public Task<T> RunAsync<T>(Func<T> call, CancellationToken cancellation)
    {
        Count();
        var begun = false;
        var task = Task.Factory.StartNew(Inside, cancellation, ThreadScheduler.Options, threads);
        task.ContinueWith(
            _ =>
            {
                if (!begun) Uncount();
            },
            CancellationToken.None, TaskContinuationOptions.OnlyOnCanceled | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return task;

        T Inside()
        {
            begun = true;
            try
            {
                places.Wait(cancellation);
                try
                {
                    return call();
                }
                finally
                {
                    places.Release();
                }
            }
            finally
            {
                Uncount();
            }
        }
    }

    /// <summary>Lets nobody in any more, and waits until everybody has left.</summary>
    public void Dispose()
    {
        lock (changing) closed = true;
        WaitUntilEmpty();
    }

    /// <summary>Waits until everybody has left, whoever may come afterwards.</summary>
    public void WaitUntilEmpty() => empty.Wait();

    private void Count()
    {
        lock (changing)
        {
            ObjectDisposedException.ThrowIf(closed, typeof(Classifier));
            if (calls++ == 0) empty.Reset();
        }
    }

    private void Uncount()
    {
        lock (changing)
        {
            if (--calls == 0) empty.Set();
        }
    }

    /// <summary>A place inside.</summary>
    public readonly struct Pass(CallGate gate) : IDisposable
    {
        public void Dispose()
        {
            gate.places.Release();
            gate.Uncount();
        }
    }
}
