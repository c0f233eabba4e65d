using System.Runtime.ExceptionServices;
using Luma.Zoo.Images;

namespace Luma.Zoo.Inference;

/// <summary>
/// Reads, decodes and prepares images on threads of its own while the caller computes, a few batches ahead and no more: how many are in
/// memory does not depend on how many there are.
/// </summary>
/// <remarks>
/// One thread takes the images from the caller's sequence, as they are needed; others prepare them. When it is stopped, what is being
/// prepared is finished, and nothing else is begun. Threads of its own, because preparing may wait for memory, and the sequence for anything.
/// </remarks>
internal sealed class BatchPipeline : IDisposable
{
    private readonly IEnumerable<ImageSource> sources;
    private readonly Func<ImageBatch> allocate;
    private readonly Action<ImageBatch, int> prepare;
    private readonly bool isOrdered;
    private readonly CancellationTokenRegistration registration;

    // Everything below is guarded by it.
    private readonly object changing = new();
    private readonly Queue<(ImageBatch Batch, int Index)> work = [];
    private readonly List<ImageBatch> open = [];
    private TaskCompletionSource<ImageBatch?>? waiting;
    private ExceptionDispatchInfo? failure;
    private int permits;
    private bool hasEnded, isStopped, isDisposed;

    /// <summary>Begins to prepare batches.</summary>
    /// <param name="sources">The images.</param>
    /// <param name="allocate">Makes room for a batch.</param>
    /// <param name="prepare">Prepares the image of a batch at a place.</param>
    /// <param name="decoders">How many threads prepare images.</param>
    /// <param name="ahead">How many batches are prepared before they are asked for.</param>
    /// <param name="isOrdered">Whether batches come in the order of their images; else as they are ready.</param>
    /// <param name="cancellation">Stops it.</param>
    public BatchPipeline(
        IEnumerable<ImageSource> sources, Func<ImageBatch> allocate, Action<ImageBatch, int> prepare, int decoders, int ahead, bool isOrdered,
        CancellationToken cancellation)
    {
        (this.sources, this.allocate, this.prepare, this.isOrdered, permits) = (sources, allocate, prepare, isOrdered, ahead);
        isStopped = cancellation.IsCancellationRequested;
        Start(TakeImages, "Luma.Zoo images");
        for (var i = 0; i < decoders; i++) Start(Prepare, "Luma.Zoo decoder");
        registration = cancellation.Register(Stop);

        static void Start(ThreadStart run, string name) => new Thread(run) { IsBackground = true, Name = name }.Start();
    }

    /// <summary>The next batch. Only one may be asked for at a time.</summary>
    /// <returns>The batch, which is the caller's to dispose of; null where there is none left, or it was stopped.</returns>
    public Task<ImageBatch?> NextAsync()
    {
        lock (changing)
        {
            permits++;
            // What waits for it goes on elsewhere, not on a thread that has the lock.
            waiting = new(TaskCreationOptions.RunContinuationsAsynchronously);
            var next = waiting.Task;
            Changed();
            return next;
        }
    }

    /// <summary>Stops it, and forgets what was prepared. A thread that waits for the caller's sequence ends when that answers.</summary>
    public void Dispose()
    {
        registration.Dispose();
        lock (changing)
        {
            (isStopped, isDisposed) = (true, true);
            foreach (var batch in open.Where(batch => batch.IsReady)) batch.Dispose();
            open.RemoveAll(batch => batch.IsReady);
            Monitor.PulseAll(changing);
        }
    }

    private void Stop()
    {
        lock (changing)
        {
            isStopped = true;
            Changed();
        }
    }

    // Takes images from the caller's sequence.
    private void TakeImages()
    {
        try
        {
            using var images = sources.GetEnumerator();
            while (MayBegin() && images.MoveNext() && Fill(images))
            {
            }
        }
        catch (Exception error)
        {
            lock (changing) failure ??= ExceptionDispatchInfo.Capture(error);
        }
        lock (changing)
        {
            hasEnded = true;
            foreach (var batch in open) batch.IsClosed = true;
            Changed();
        }
    }

    private bool MayBegin()
    {
        lock (changing)
        {
            while (permits == 0 && !isStopped) Monitor.Wait(changing);
            permits--;
            return !isStopped;
        }
    }

    // False where there are no more images.
    private bool Fill(IEnumerator<ImageSource> images)
    {
        var batch = allocate();
        lock (changing)
        {
            if (isStopped) batch.Dispose();
            else open.Add(batch);
        }
        var more = true;
        while (more && Add(batch, images.Current)) more = images.MoveNext();
        return more;
    }

    // False where the batch takes no further image.
    private bool Add(ImageBatch batch, ImageSource image)
    {
        ArgumentNullException.ThrowIfNull(image);
        lock (changing)
        {
            if (isStopped) return false;
            work.Enqueue((batch, batch.Add(image)));
            batch.IsClosed = batch.IsFull;
            Changed();
            return !batch.IsClosed;
        }
    }

    // Prepares one image after the other.
    private void Prepare()
    {
        while (TakeWork() is var (batch, index))
        {
            ImageException? problem = null;
            ExceptionDispatchInfo? fatal = null;
            try
            {
                prepare(batch, index);
            }
            catch (ImageException error)
            {
                problem = error;
                batch.Floats(index).Clear();
            }
            catch (Exception error)
            {
                fatal = ExceptionDispatchInfo.Capture(error);
            }
            lock (changing)
            {
                if (fatal is null)
                {
                    batch.Finish(index, problem);
                }
                else
                {
                    batch.Skip(index);
                    (failure, isStopped) = (failure ?? fatal, true);
                }
                Settle(batch);
            }
        }
    }

    // Null where there is no more work.
    private (ImageBatch Batch, int Index)? TakeWork()
    {
        lock (changing)
        {
            while (true)
            {
                if (work.TryDequeue(out var next))
                {
                    if (!isStopped) return next;
                    next.Batch.Skip(next.Index);
                    Settle(next.Batch);
                }
                else if (hasEnded || isStopped)
                {
                    return null;
                }
                else
                {
                    Monitor.Wait(changing);
                }
            }
        }
    }

    // After an image of a batch. The lock is held.
    private void Settle(ImageBatch batch)
    {
        if (!batch.IsReady) return;
        if (isDisposed && open.Remove(batch)) batch.Dispose();
        Changed();
    }

    // Wakes whoever waits for something. The lock is held.
    private void Changed()
    {
        Monitor.PulseAll(changing);
        if (waiting is null) return;

        var batch = isOrdered ? open.FirstOrDefault() : open.Find(IsDone);
        if (batch is not null && IsDone(batch))
        {
            open.Remove(batch);
            Take().SetResult(batch);
        }
        else if ((hasEnded || isStopped) && open.Count == 0)
        {
            if (failure is null) Take().SetResult(null);
            else Take().SetException(failure.SourceException);
        }
    }

    private bool IsDone(ImageBatch batch) => batch.IsReady && (batch.IsClosed || isStopped);

    private TaskCompletionSource<ImageBatch?> Take()
    {
        var taken = waiting!;
        waiting = null;
        return taken;
    }
}
