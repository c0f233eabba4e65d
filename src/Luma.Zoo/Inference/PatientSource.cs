namespace Luma.Zoo.Inference;

/// <summary>
/// Asks a sequence for its next image on a thread of its own, so that the results of those before it need not wait where it takes long to
/// come, such as from a pipe.
/// </summary>
/// <param name="items">The sequence. It is asked for one image at a time, and only when that is wanted.</param>
internal sealed class PatientSource(IEnumerable<ImageItem> items) : IAsyncEnumerable<ImageItem>
{
    /// <inheritdoc/>
    public IAsyncEnumerator<ImageItem> GetAsyncEnumerator(CancellationToken cancellationToken = default) => new Enumerator(items, cancellationToken);

    private sealed class Enumerator(IEnumerable<ImageItem> items, CancellationToken cancellation) : IAsyncEnumerator<ImageItem>
    {
        private readonly ThreadScheduler thread = new(capacity: 1);
        private IEnumerator<ImageItem>? source;
        private Task? last;

        public ImageItem Current => source!.Current;

        public ValueTask<bool> MoveNextAsync()
        {
            var moving = Start(() => (source ??= items.GetEnumerator()).MoveNext());
            last = moving;
            // Nobody can interrupt a sequence, but one need not wait for it.
            return new(moving.WaitAsync(cancellation));
        }

        public ValueTask DisposeAsync()
        {
            if (last is null) return default;

            var isWaitedFor = !last.IsCompleted;
            var disposing = Start(() =>
            {
                source?.Dispose();
                return true;
            });
            // Where the sequence still waits for something, it is disposed of when it has it.
            return isWaitedFor ? default : new(disposing);
        }

        private Task<bool> Start(Func<bool> call) => Task.Factory.StartNew(call, CancellationToken.None, ThreadScheduler.Options, thread);
    }
}
