using System.Diagnostics;
using System.Runtime.CompilerServices;
using Luma.Zoo.Images;
using Luma.Zoo.Inference;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Luma.Zoo.DependencyInjection;

/// <summary>
/// A classifier that is made when it is first asked for something, once for all who ask, and tells what it does. Where making it
/// failed, the next call tries again.
/// </summary>
/// <param name="name">Its name.</param>
/// <param name="monitor">Has its options; they are read, and so checked, when it is made.</param>
/// <param name="logger">Where it writes.</param>
/// <param name="instruments">What counts; owned.</param>
internal sealed class LazyClassifier(
    string name, IOptionsMonitor<LumaClassifierOptions> monitor, ILogger logger, ClassifierInstruments instruments) : IImageClassifier, IAsyncDisposable, IDisposable
{
    private readonly Lock changing = new();
    private readonly CancellationTokenSource closing = new();
    private Task<Classifier>? made;
    private bool disposed;

    /// <summary>Its options.</summary>
    public LumaClassifierOptions Options => monitor.Get(name);

    /// <summary>Whether it is there; null where nobody has asked for it, or it is being made.</summary>
    /// <param name="error">Why it is not.</param>
    public bool? IsMade(out Exception? error)
    {
        lock (changing)
        {
            error = disposed ? new ObjectDisposedException(nameof(IImageClassifier)) : made?.Exception?.InnerException;
            return error is not null || made is { IsCanceled: true } ? false : made is { IsCompletedSuccessfully: true } ? true : null;
        }
    }

    /// <summary>Makes the classifier if need be, and waits for it.</summary>
    /// <param name="cancellation">Ends the waiting; the classifier is made all the same.</param>
    public Task<Classifier> GetAsync(CancellationToken cancellation)
    {
        lock (changing)
        {
            ObjectDisposedException.ThrowIf(disposed, typeof(IImageClassifier));
            if (made is null or { IsFaulted: true } or { IsCanceled: true }) made = MakeAsync(Options);
            return made.WaitAsync(cancellation);
        }
    }

    /// <summary>Makes the classifier if need be, and lets it compute once.</summary>
    public async Task WarmUpAsync(CancellationToken cancellation)
    {
        var classifier = await GetAsync(cancellation).ConfigureAwait(false);
        var start = Stopwatch.GetTimestamp();
        using var input = zeros(classifier.Preset.GetInputShape());
        await classifier.ClassifyAsync(ImageSource.FromTensor(input), new ClassifyOptions(), cancellation).ConfigureAwait(false);
        logger.WarmedUp(name, Stopwatch.GetElapsedTime(start).TotalSeconds);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<Prediction>> ClassifyAsync(ImageSource source, ClassifyOptions? options = null, CancellationToken cancellation = default) =>
        OneAsync("classify", classifier => classifier.ClassifyAsync(source, options, cancellation), cancellation);

    /// <inheritdoc/>
    public Task<Embedding> EmbedAsync(ImageSource source, EmbedOptions? options = null, CancellationToken cancellation = default) =>
        OneAsync("embed", classifier => classifier.EmbedAsync(source, options, cancellation), cancellation);

    /// <inheritdoc/>
    public IAsyncEnumerable<Classification> ClassifyManyAsync(
        IAsyncEnumerable<ImageItem> items, BatchOptions? options = null, CancellationToken cancellation = default) =>
        ManyAsync("classify_many", classifier => classifier.ClassifyManyAsync(items, options, cancellation), result => result.Error, cancellation);

    /// <inheritdoc/>
    public IAsyncEnumerable<Classification> ClassifyManyAsync(
        IEnumerable<ImageItem> items, BatchOptions? options = null, CancellationToken cancellation = default) =>
        ManyAsync("classify_many", classifier => classifier.ClassifyManyAsync(items, options, cancellation), result => result.Error, cancellation);

    /// <inheritdoc/>
    public IAsyncEnumerable<EmbeddedImage> EmbedManyAsync(
        IAsyncEnumerable<ImageItem> items, EmbedOptions? options = null, BatchOptions? batches = null, CancellationToken cancellation = default) =>
        ManyAsync("embed_many", classifier => classifier.EmbedManyAsync(items, options, batches, cancellation), result => result.Error, cancellation);

    /// <inheritdoc/>
    public IAsyncEnumerable<EmbeddedImage> EmbedManyAsync(
        IEnumerable<ImageItem> items, EmbedOptions? options = null, BatchOptions? batches = null, CancellationToken cancellation = default) =>
        ManyAsync("embed_many", classifier => classifier.EmbedManyAsync(items, options, batches, cancellation), result => result.Error, cancellation);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Close() is not { } making) return;

        await closing.CancelAsync().ConfigureAwait(false);
        // What could not be made is nothing to dispose of.
        await making.ContinueWith(task => task.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).ConfigureAwait(false);
        if (making.IsCompletedSuccessfully) await Task.Run(making.Result.Dispose).ConfigureAwait(false);
        End();
    }

    /// <inheritdoc/>
    // A provider that is disposed of without await. Nothing of the waiting needs this thread.
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    private Task<Classifier>? Close()
    {
        lock (changing)
        {
            if (disposed) return null;
            disposed = true;
            if (made is null) End();
            return made;
        }
    }

    private void End()
    {
        instruments.Dispose();
        closing.Dispose();
    }

    private async Task<Classifier> MakeAsync(LumaClassifierOptions options)
    {
        // Whoever asks first need not be kept until the files are found.
        await Task.Yield();
        using var activity = instruments.BeginLoading(options.Model);
        var start = Stopwatch.GetTimestamp();
        try
        {
            var how = options.Device is { } device ? options.Classifier with { Device = LumaClassifierValidation.ParseDevice(device) } : options.Classifier;
            var classifier = await ModelZoo.CreateClassifierAsync(options.Model, how, cancellationToken: closing.Token).ConfigureAwait(false);
            var time = Stopwatch.GetElapsedTime(start);
            instruments.Loaded(time);
            logger.Loaded(name, options.Model, time.TotalSeconds);
            foreach (var warning in classifier.LoadReport?.Warnings ?? []) logger.WeightWarning(name, options.Model, warning);
            return classifier;
        }
        catch (Exception exception)
        {
            activity?.SetStatus(ActivityStatusCode.Error, exception.Message);
            if (exception is not OperationCanceledException) logger.LoadFailed(name, options.Model, exception);
            throw;
        }
    }

    private async Task<T> OneAsync<T>(string operation, Func<Classifier, Task<T>> call, CancellationToken cancellation)
    {
        using var counted = instruments.Begin(operation);
        try
        {
            var classifier = await GetAsync(cancellation).ConfigureAwait(false);
            var result = await call(classifier).ConfigureAwait(false);
            counted.End("ok");
            return result;
        }
        catch (Exception exception)
        {
            counted.End(Tell(counted, operation, exception));
            throw;
        }
    }

    private async IAsyncEnumerable<T> ManyAsync<T>(
        string operation, Func<Classifier, IAsyncEnumerable<T>> call, Func<T, ImageException?> findError, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var counted = instruments.Begin(operation);
        var classifier = await ToldAsync(() => new ValueTask<Classifier>(GetAsync(cancellation))).ConfigureAwait(false);
        await using var results = call(classifier).GetAsyncEnumerator(cancellation);
        while (await ToldAsync(results.MoveNextAsync).ConfigureAwait(false))
        {
            var error = findError(results.Current);
            if (error is not null) logger.BadImage(name, error.Message);
            counted.Count(error is null ? "ok" : "bad_image");
            yield return results.Current;
        }

        async ValueTask<TResult> ToldAsync<TResult>(Func<ValueTask<TResult>> step)
        {
            try
            {
                return await step().ConfigureAwait(false);
            }
            catch (Exception exception)
            {
                Tell(counted, operation, exception);
                throw;
            }
        }
    }

    private string Tell(ClassifierInstruments.Call counted, string operation, Exception exception)
    {
        var outcome = counted.Fail(exception);
        if (outcome == "bad_image") logger.BadImage(name, exception.Message);
        else if (outcome == "error") logger.Failed(name, operation, exception);
        return outcome;
    }
}
