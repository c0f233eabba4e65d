using System.Runtime.CompilerServices;
using Luma.Neural.Observation;
using Luma.Zoo.Images;

namespace Luma.Zoo.Inference;

// Features.
public sealed partial class Classifier
{
    /// <summary>Gives the features of one image: what the network makes of it before its last layer.</summary>
    /// <param name="image">The image: a path, a stream, bytes or pixels will do.</param>
    /// <param name="options">Which features, or null for one vector.</param>
    /// <returns>The features.</returns>
    /// <exception cref="ImageException">The image cannot be read, or is none that can be used.</exception>
    /// <exception cref="NotSupportedException">The network has no features of that kind.</exception>
    /// <exception cref="ObjectDisposedException">The classifier has been disposed of.</exception>
    public Embedding Embed(ImageSource image, EmbedOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(image);
        options ??= new EmbedOptions();
        using var call = calls.Enter();
        return One(image, input => Embed(input, options), CancellationToken.None);
    }

    /// <inheritdoc/>
    public Task<Embedding> EmbedAsync(ImageSource source, EmbedOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        options ??= new EmbedOptions();
        return calls.RunAsync(() => One(source, input => Embed(input, options), cancellation), cancellation);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<EmbeddedImage> EmbedManyAsync(
        IEnumerable<ImageItem> items, EmbedOptions? options = null, BatchOptions? batches = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(items);
        return EmbedManyAsync(new PatientSource(items), options, batches, cancellation);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<EmbeddedImage> EmbedManyAsync(
        IAsyncEnumerable<ImageItem> items, EmbedOptions? options = null, BatchOptions? batches = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(items);
        return EmbedEachAsync(items, options ?? new EmbedOptions(), batches ?? new BatchOptions(), cancellation);
    }

    private async IAsyncEnumerable<EmbeddedImage> EmbedEachAsync(
        IAsyncEnumerable<ImageItem> items, EmbedOptions options, BatchOptions batches, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var pipeline = new Pipeline<Embedding>(batches, writer, calls, passes, mostPasses, input => Embed(input, options));
        await foreach (var result in pipeline.RunAsync(items, cancellation).ConfigureAwait(false))
            yield return new(result.Index, result.Item.Key, result.Item.Source.Name, result.Value, result.Error);
    }

    // Whoever calls it has a pass.
    private Embedding[] Embed(Tensor input, EmbedOptions options)
    {
        using var inference = inference_mode();
        using var scope = NewDisposeScope();
        using var features = new FeatureObserver(model, options.Kind);
        using (ForwardPass.Observe(features)) Infer(input);

        var found = features.Found ?? throw new NotSupportedException(
            options.Kind == EmbeddingKind.Pooled ? "The network has no last layer whose input could be given." : "The network has no features of single positions.");
        if (options.Kind == EmbeddingKind.Pooled && found.dim() > 2) found = found.dim() == 4 ? found.mean([2, 3]) : found.flatten(1);
        found = found.to(ScalarType.Float32);
        if (options.Normalize) found = nn.functional.normalize(found.flatten(1), p: 2, dim: 1, eps: 1e-12).view(found.shape);

        var shape = found.shape[1..];
        var size = (int)shape.Aggregate(1L, (product, length) => product * length);
        return [.. found.cpu().contiguous().data<float>().ToArray().Chunk(size).Select(values => new Embedding(shape, values))];
    }
}
