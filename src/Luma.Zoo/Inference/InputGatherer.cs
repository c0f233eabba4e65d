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
    public Task<T> AddAsync(Tensor input, Func<Tensor, T> read)
    {
        var request = new Request(input, read);
        requests.Writer.TryWrite(request);
        if (Interlocked.Increment(ref waiting) == 1) Start();
        return request.Done.Task;
    }

    private void Start() => _ = passes.RunAsync(Work, CancellationToken.None);

    private bool Work()
    {
        var batch = Take();
        try
        {
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
        if (Interlocked.Add(ref waiting, -batch.Count) > 0) Start();
        return true;
    }

    private List<Request> Take()
    {
        var start = Stopwatch.GetTimestamp();
        var batch = new List<Request>();
        while (batch.Count < options.MaxBatch)
        {
            if (requests.Reader.TryRead(out var request))
            {
                batch.Add(request);
                continue;
            }
            var left = options.MaxDelay - Stopwatch.GetElapsedTime(start);
            if (batch.Count > 0 && (left <= TimeSpan.Zero || !requests.Reader.WaitToReadAsync().AsTask().Wait(left))) break;
        }
        return batch;
    }

    private sealed class Request(Tensor input, Func<Tensor, T> read)
    {
        public Tensor Input => input;

        public TaskCompletionSource<T> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Read(Tensor row) => Done.TrySetResult(read(row));
    }
}
