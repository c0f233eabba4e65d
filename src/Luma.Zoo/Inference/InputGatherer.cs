using System.Diagnostics;
using System.Threading.Channels;

namespace Luma.Zoo.Inference;

/// <summary>Puts the inputs of single calls together: whatever has come while a batch is computed makes the next one.</summary>
/// <typeparam name="T">What a caller gets.</typeparam>
/// <param name="options">How many, and for how long.</param>
/// <param name="passes">Where batches are computed.</param>
/// <param name="infer">Makes <c>(N, C, H, W)</c> into <c>(N, ...)</c>.</param>
internal sealed class InputGatherer<T>(GatherOptions options, CallGate passes, Func<Tensor, Tensor> infer)
{
    private readonly Channel<Request> requests = Channel.CreateUnbounded<Request>();

    // How many requests are not done. Whoever makes it 1 starts the work, which goes on until it is 0.
    private int waiting;

    /// <summary>Computes one input, together with others if there are any.</summary>
    /// <param name="input"><c>(C, H, W)</c>; it stays the caller's.</param>
    /// <param name="read">Makes the input's row of the output, <c>(1, ...)</c>, into the result.</param>
    /// <param name="cancellation">Withdraws the input as long as it waits. What is part of a batch is computed.</param>
    /// <exception cref="OperationCanceledException">It was withdrawn; nobody reads the input any more.</exception>
    public async Task<T> AddAsync(Tensor input, Func<Tensor, T> read, CancellationToken cancellation = default)
    {
        var request = new Request(input, read);
        requests.Writer.TryWrite(request);
        if (Interlocked.Increment(ref waiting) == 1) Start();
        using var withdrawal = cancellation.Register(() => request.Withdraw(cancellation));
        return await request.Done.Task.ConfigureAwait(false);
    }

    private void Start() => _ = passes.RunAsync(Work, CancellationToken.None);

    private bool Work()
    {
        var batch = Take(out var withdrawn);
        try
        {
            if (batch.Count == 0) return true;
            using var inference = inference_mode();
            using var scope = NewDisposeScope();
            var output = infer(stack(batch.Select(request => request.Input)));
            if (output.size(0) != batch.Count) throw new InvalidOperationException($"The model gives {output.size(0)} outputs for {batch.Count} images.");
            foreach (var (place, request) in batch.Index()) request.Read(output.narrow(0, place, 1));
        }
        catch (Exception exception)
        {
            foreach (var request in batch) request.Done.TrySetException(exception);
        }
        finally
        {
            if (Interlocked.Add(ref waiting, -(batch.Count + withdrawn)) > 0) Start();
        }
        return true;
    }

    private List<Request> Take(out int withdrawn)
    {
        withdrawn = 0;
        var start = Stopwatch.GetTimestamp();
        var batch = new List<Request>();
        while (batch.Count < options.MaxBatch)
        {
            if (requests.Reader.TryRead(out var request))
            {
                if (request.TryTake()) batch.Add(request);
                else withdrawn++;
                continue;
            }
            if (withdrawn > 0 && batch.Count == 0) break;
            var left = options.MaxDelay - Stopwatch.GetElapsedTime(start);
            if (batch.Count > 0 && (left <= TimeSpan.Zero || !requests.Reader.WaitToReadAsync().AsTask().Wait(left))) break;
        }
        return batch;
    }

    private sealed class Request(Tensor input, Func<Tensor, T> read)
    {
        private bool settled;

        public Tensor Input => input;

        public TaskCompletionSource<T> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Whether it may be computed: it has not been withdrawn, and cannot be any more.</summary>
        public bool TryTake() => Interlocked.Exchange(ref settled, true) is false;

        /// <summary>Ends the waiting, where it has not been taken.</summary>
        public void Withdraw(CancellationToken cancellation)
        {
            if (TryTake()) Done.TrySetCanceled(cancellation);
        }

        public void Read(Tensor row) => Done.TrySetResult(read(row));
    }
}
