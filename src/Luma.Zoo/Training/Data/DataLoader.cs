using System.Runtime.CompilerServices;
using Luma.Neural.Native;
using Luma.Zoo.Images;
using Luma.Zoo.Inference;
using Luma.Zoo.Training.Augmentation;

namespace Luma.Zoo.Training.Data;

/// <summary>
/// Makes batches of a data set's images, a few ahead of the one that is being used, on all processors: reads, decodes, changes at
/// random, normalises.
/// </summary>
/// <remarks>
/// What is drawn at random depends on the seed, the epoch and the image alone, so neither the number of threads nor a start in the middle of an epoch
/// changes a batch. Batches come in their order. For one reader at a time.
/// </remarks>
public sealed class DataLoader
{
    private readonly IDataset data;
    private readonly ImagePreset preset;
    private readonly DataLoaderOptions options;
    private readonly SampleReader reader;
    private readonly ThreadScheduler threads;

    /// <summary>Makes a loader.</summary>
    /// <param name="data">The images.</param>
    /// <param name="preset">What makes an image into the network's input.</param>
    /// <param name="options">How batches are made, or null for the defaults.</param>
    /// <exception cref="ArgumentException">The preset or an option makes no sense.</exception>
    public DataLoader(IDataset data, ImagePreset preset, DataLoaderOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(preset);
        this.options = options ??= new();
        preset.Validate();
        options.Validate();
        NativeLibraries.EnsureLoaded();
        (this.data, this.preset) = (data, preset);
        reader = new(data, preset, options);
        threads = new(options.Workers ?? Environment.ProcessorCount);
    }

    /// <summary>How many batches an epoch has.</summary>
    public int Steps
    {
        get
        {
            var steps = AllSteps;
            return options.DropLastImage && options.BatchSize > 1 && data.Count % options.BatchSize == 1 && steps > 1 ? steps - 1 : steps;
        }
    }

    /// <summary>The images that could not be read so far, each once, with the reason.</summary>
    public IReadOnlyList<ImageException> Unreadable => reader.Unreadable;

    /// <summary>Makes the batches of an epoch.</summary>
    /// <param name="epoch">The epoch, from 1.</param>
    /// <param name="firstStep">The first batch, from 0: those before it are not made.</param>
    /// <param name="cancellation">Stops the making.</param>
    /// <returns>
    /// The batches, which are the caller's to dispose of. A batch of which no image could be read is left out.
    /// </returns>
    /// <exception cref="ImageException">An image could not be read, and <see cref="DataLoaderOptions.StopAtUnreadable"/> is set.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async IAsyncEnumerable<(int Step, Batch Batch)> ReadAsync(
        int epoch, int firstStep = 0, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(epoch, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(firstStep);

        var order = Order(epoch);
        await foreach (var made in ReadAsync(epoch, firstStep, Steps, order, cancellation).ConfigureAwait(false)) yield return made;
    }

    /// <inheritdoc cref="DecodeBudget.Pause"/>
    internal DecodeBudget.Room.Share Pause(Device device) => reader.Pause(device);

    /// <summary>All images in the order of the data set, in batches of the same size.</summary>
    internal async IAsyncEnumerable<Batch> ReadInOrderAsync([EnumeratorCancellation] CancellationToken cancellation = default)
    {
        await foreach (var (_, batch) in ReadAsync(epoch: 1, firstStep: 0, AllSteps, order: null, cancellation).ConfigureAwait(false)) yield return batch;
    }

    /// <summary>The images of a batch.</summary>
    internal int[] PlacesOf(int epoch, int step) => Places(step, Order(epoch));

    /// <summary>What images show.</summary>
    internal Tensor TargetsOf(int[] indices) => Targets(indices);

    // A batch may be as large as numbers are.
    private int AllSteps => (int)((data.Count + (options.BatchSize - 1L)) / options.BatchSize);

    private int[]? Order(int epoch) => options.Shuffle ? new SampleRandom(options.Seed, epoch, 0, SampleRandom.Purpose.Order).NextOrder(data.Count) : null;

    private int[] Places(int step, int[]? order)
    {
        var first = step * options.BatchSize;
        return [.. Enumerable.Range(first, Math.Min(options.BatchSize, data.Count - first)).Select(i => order is null ? i : order[i])];
    }

    private async IAsyncEnumerable<(int Step, Batch Batch)> ReadAsync(
        int epoch, int firstStep, int steps, int[]? order, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var ahead = new Queue<(int Step, Task<Batch?> Made)>();
        var next = firstStep;
        try
        {
            while (true)
            {
                while (next < steps && ahead.Count <= options.Prefetch) ahead.Enqueue((next, Make(epoch, next++, order, stop.Token)));
                if (ahead.Count == 0) yield break;

                var (step, made) = ahead.Dequeue();
                Batch? batch;
                try
                {
                    batch = await made.ConfigureAwait(false);
                }
                catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
                {
                    throw new OperationCanceledException(cancellation);
                }
                if (batch is not null) yield return (step, batch);
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            foreach (var (_, made) in ahead)
            {
                // Nobody waits for these any more; what they made is freed, and what went wrong with them matters to nobody.
                await made.ContinueWith(
                    task =>
                    {
                        if (task.IsCompletedSuccessfully) task.Result?.Dispose();
                        else _ = task.Exception;
                    },
                    CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).ConfigureAwait(false);
            }
        }
    }

    private async Task<Batch?> Make(int epoch, int step, int[]? order, CancellationToken cancellation)
    {
        var places = Places(step, order);
        var shape = preset.GetInputShape();
        MemoryGuard.Ensure(shape.Aggregate((double)places.Length * sizeof(float), (product, size) => product * size), "a batch of images");
        var inputs = empty([places.Length, .. shape], ScalarType.Float32).DetachFromDisposeScope();
        try
        {
            var read = await Task.WhenAll(places.Select((index, place) => Task.Factory.StartNew(
                () =>
                {
                    cancellation.ThrowIfCancellationRequested();
                    return reader.Read(epoch, index, inputs, place, places.Length);
                },
                CancellationToken.None, ThreadScheduler.Options, threads))).ConfigureAwait(false);
            return Finish(epoch, step, places, read, ref inputs);
        }
        catch
        {
            inputs.Dispose();
            throw;
        }
    }

    private Batch? Finish(int epoch, int step, int[] places, bool[] read, ref Tensor inputs)
    {
        int[] kept = [.. places.Where((_, place) => read[place])];
        // Of one image there is no variance, here neither.
        if (kept.Length == 0 || (kept.Length == 1 && places.Length > 1 && options.DropLastImage))
        {
            inputs.Dispose();
            return null;
        }

        using var scope = NewDisposeScope();
        var images = inputs;
        if (kept.Length < places.Length)
        {
            images = inputs.index_select(0, tensor(read.Index().Where(entry => entry.Item).Select(entry => (long)entry.Index).ToArray()));
            inputs.Dispose();
        }
        var targets = Targets(kept);
        if (options.Transform is { Mixing.Count: > 0 } transform)
        {
            var whole = images;
            (images, targets) = transform.Mix(images, OneHot(targets), new SampleRandom(options.Seed, epoch, step, SampleRandom.Purpose.Mixing));
            if (!ReferenceEquals(whole, images)) whole.Dispose();
        }
        return new(images.DetachFromDisposeScope(), targets.DetachFromDisposeScope(), kept);
    }

    private Tensor OneHot(Tensor targets) =>
        targets.dtype == ScalarType.Int64 ? nn.functional.one_hot(targets, data.Classes.Count).to(ScalarType.Float32) : targets;

    private Tensor Targets(int[] indices)
    {
        if (data.Task == ClassificationTask.SingleLabel) return tensor(indices.Select(index => (long)data.GetLabels(index)[0]).ToArray());

        var classes = data.Classes.Count;
        var flags = new float[indices.Length * classes];
        foreach (var (row, index) in indices.Index())
        {
            foreach (var label in data.GetLabels(index)) flags[(row * classes) + label] = 1;
        }
        return tensor(flags, [indices.Length, classes]);
    }
}
