using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Threading.Tasks.Dataflow;

namespace Luma.Zoo.Inference;

/// <summary>
/// Takes images from a source, decodes them into batches and computes these, all at the same time, and hands out the results.
/// </summary>
/// <remarks>
/// The source is only asked when the caller asks for a result, one image at a time, in the caller's own flow or by a <see cref="PatientSource"/>. Everything else runs on the gates' threads, and goes on while the caller is busy, until the batches in
/// flight are done.
/// </remarks>
/// <typeparam name="T">What the network says of an image.</typeparam>
[SuppressMessage("Design", "CA1001", Justification = "A semaphore holds nothing unless its wait handle is asked for, and the last batch may still be releasing it.")]
internal sealed class Pipeline<T>
{
    private readonly BatchOptions options;
    private readonly InputWriter writer;
    private readonly CallGate calls, passes;
    private readonly Func<Tensor, T[]> compute;
    private readonly int mostBatches;
    private readonly InputMemory memory;
    private readonly ActionBlock<(InputBatch<T> Batch, int Place, ImageItem Item)> decoders;

    // The batches whose results are not handed out, the oldest first. The last may still be filled.
    private readonly List<InputBatch<T>> batches = [];
    private readonly SemaphoreSlim finished = new(0);
    private InputBatch<T>? filling;
    private long added, handedOut;
    private bool ended, cancelled;
    private volatile bool stopped;
    private ExceptionDispatchInfo? failure;

    /// <summary>Prepares a pipeline for one enumeration.</summary>
    /// <param name="options">How.</param>
    /// <param name="writer">Makes images into input.</param>
    /// <param name="calls">Bounds how many images are decoded at a time.</param>
    /// <param name="passes">Bounds how many batches are computed at a time.</param>
    /// <param name="mostPasses">How many these are.</param>
    /// <param name="compute">Makes <c>(N, C, H, W)</c> into N results.</param>
    public Pipeline(BatchOptions options, InputWriter writer, CallGate calls, CallGate passes, int mostPasses, Func<Tensor, T[]> compute)
    {
        calls.ThrowIfClosed();
        (this.options, this.writer, this.calls, this.passes, this.compute) = (options, writer, calls, passes, compute);
        // A span over the batch must not be longer than spans can be.
        var batchSize = (int)Math.Clamp(int.MaxValue / writer.Bytes, 1, options.BatchSize);
        memory = new(batchSize, writer.Shape);
        // Besides those that are computed one that is ready and one that is filled.
        mostBatches = (int)Math.Clamp(options.MaxBytesInFlight / (batchSize * writer.Bytes), 1, mostPasses + 2);
        decoders = new(Decode, new() { MaxDegreeOfParallelism = options.Decoders, TaskScheduler = calls.Threads, EnsureOrdered = false });
    }

    // Batches cannot be handed out before they are full, so the one that is filled goes on.
    private bool IsFull => filling is null && batches.Count >= mostBatches;

    /// <summary>Runs, with the source asked on the caller's thread.</summary>
    public IEnumerable<BatchResult<T>> Run(IEnumerable<ImageItem> items, CancellationToken cancellation)
    {
        using var registration = cancellation.UnsafeRegister(_ => finished.Release(), null);
        IEnumerator<ImageItem>? source = null;
        try
        {
            while (true)
            {
                if (TakeReady() is { } ready)
                {
                    foreach (var result in ready) yield return result;
                    continue;
                }
                if (CheckCancelled(cancellation)) continue;

                if (!ended && !IsFull) Next();
                else if (batches.Count > 0) finished.Wait(CancellationToken.None);
                else break;
            }
            ThrowEnd(cancellation);
        }
        finally
        {
            Stop();
            while (batches.Exists(batch => !batch.IsDone)) finished.Wait(CancellationToken.None);
            source?.Dispose();
        }

        void Next()
        {
            try
            {
                source ??= items.GetEnumerator();
                if (source.MoveNext()) Add(source.Current);
                else End();
            }
            catch (Exception exception)
            {
                Fail(exception);
            }
        }
    }

    /// <summary>Runs, with the source asked in the caller's flow.</summary>
    public async IAsyncEnumerable<BatchResult<T>> RunAsync(IAsyncEnumerable<ImageItem> items, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var registration = cancellation.UnsafeRegister(_ => finished.Release(), null);
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        IAsyncEnumerator<ImageItem>? source = null;
        Task<bool>? moving = null;
        Task? news = null;
        try
        {
            while (true)
            {
                if (TakeReady() is { } ready)
                {
                    foreach (var result in ready) yield return result;
                    continue;
                }
                if (CheckCancelled(cancellation)) continue;

                if (!ended && !IsFull) await NextAsync().ConfigureAwait(false);
                else if (batches.Count > 0) await NewsAsync().ConfigureAwait(false);
                else break;
            }
            ThrowEnd(cancellation);
        }
        finally
        {
            Stop();
            await stopping.CancelAsync().ConfigureAwait(false);
            while (batches.Exists(batch => !batch.IsDone)) await NewsAsync().ConfigureAwait(false);
            // A source cannot be disposed of while it is asked.
            if (moving is not null) await moving.ContinueWith(task => task.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).ConfigureAwait(false);
            if (source is not null) await source.DisposeAsync().ConfigureAwait(false);
        }

        async Task NextAsync()
        {
            try
            {
                source ??= items.GetAsyncEnumerator(stopping.Token);
                if (moving is null)
                {
                    var next = source.MoveNextAsync();
                    if (next.IsCompletedSuccessfully)
                    {
                        Take(next.Result);
                        return;
                    }
                    moving = next.AsTask();
                }
                if (!moving.IsCompleted) await ElsewhereAsync(moving).ConfigureAwait(false);
                if (!moving.IsCompleted) return;

                var moved = moving;
                moving = null;
                Take(await moved.ConfigureAwait(false));
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                // The source may hear of it first.
                CheckCancelled(cancellation);
            }
            catch (Exception exception)
            {
                Fail(exception);
            }
        }

        void Take(bool moved)
        {
            if (moved) Add(source!.Current);
            else End();
        }

        // Waits for the source, for results, and where images wait for others, for no longer than they may.
        async Task ElsewhereAsync(Task moving)
        {
            news ??= finished.WaitAsync(CancellationToken.None);
            if (options.MaxDelay is not { } delay || filling is null)
            {
                await Task.WhenAny(moving, news).ConfigureAwait(false);
            }
            else
            {
                using var timer = new CancellationTokenSource();
                var late = Task.Delay(delay, timer.Token);
                if (await Task.WhenAny(moving, news, late).ConfigureAwait(false) == late) Close();
                await timer.CancelAsync().ConfigureAwait(false);
            }
            if (news.IsCompleted) news = null;
        }

        async Task NewsAsync()
        {
            await (news ?? finished.WaitAsync(CancellationToken.None)).ConfigureAwait(false);
            news = null;
        }
    }

    private void Add(ImageItem? item)
    {
        if (item?.Source is null) throw new ArgumentException($"Image {added} is null.");
        if (filling is null) batches.Add(filling = new InputBatch<T>(memory, added));

        var place = filling.Add(item);
        added++;
        decoders.Post((filling, place, item));
        if (filling.IsFull) Close();
    }

    // The batch that is filled gets no more images.
    private void Close()
    {
        if (filling is not { } batch) return;

        calls.Begin();
        batch.IsCounted = true;
        filling = null;
        Release(batch);
    }

    private void Decode((InputBatch<T> Batch, int Place, ImageItem Item) image)
    {
        if (!stopped) calls.Hold(() => image.Batch.Write(image.Place, image.Item.Source, writer));
        Release(image.Batch);
    }

    private void Release(InputBatch<T> batch)
    {
        if (!batch.Release()) return;

        // Without anybody to take the results there is nothing left but to give the memory back.
        if (stopped) Compute(batch);
        else _ = passes.RunAsync(() => Compute(batch), CancellationToken.None);
    }

    private bool Compute(InputBatch<T> batch)
    {
        batch.Compute(stopped ? null : compute);
        if (batch.IsCounted) calls.End();
        finished.Release();
        return true;
    }

    private List<BatchResult<T>>? TakeReady()
    {
        var place = options.IsOrdered ? (batches is [{ IsDone: true }, ..] ? 0 : -1) : batches.FindIndex(batch => batch.IsDone);
        if (place < 0) return null;

        var batch = batches[place];
        batches.RemoveAt(place);
        if (batch.Failure is { } error) ExceptionDispatchInfo.Throw(error);
        options.Progress?.Report(handedOut += batch.Count);
        return [.. batch.Results()];
    }

    private bool CheckCancelled(CancellationToken cancellation)
    {
        if (ended || !cancellation.IsCancellationRequested) return false;

        cancelled = true;
        End();
        return true;
    }

    private void End()
    {
        ended = true;
        try
        {
            Close();
        }
        catch (ObjectDisposedException exception)
        {
            // The classifier was closed in the meantime.
            var batch = filling!;
            filling = null;
            batch.Fail(exception);
            Release(batch);
        }
    }

    private void Fail(Exception exception)
    {
        failure = ExceptionDispatchInfo.Capture(exception);
        End();
    }

    // What is behind the last result.
    private void ThrowEnd(CancellationToken cancellation)
    {
        failure?.Throw();
        if (cancelled) throw new OperationCanceledException(cancellation);
    }

    private void Stop()
    {
        stopped = true;
        if (filling is { } batch)
        {
            filling = null;
            Release(batch);
        }
        decoders.Complete();
        memory.Close();
    }
}
