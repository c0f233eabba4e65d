using System.Runtime.CompilerServices;
using Luma.Zoo.Images;

namespace Luma.Zoo.Inference;

// Many images.
public sealed partial class Classifier
{
    /// <summary>Classifies images in batches, as they are asked for; one that cannot be used does not stop the others.</summary>
    /// <param name="images">The images. They are asked for on the caller's thread, only as fast as the results are taken.</param>
    /// <param name="options">How, or null for the defaults.</param>
    /// <param name="cancellation">Takes no more images; the results of those taken still come, then the exception.</param>
    /// <returns>What became of each image, in their order unless <see cref="BatchOptions.IsOrdered"/> is off.</returns>
    /// <remarks>
    /// What the images' source throws comes after the results of the images before it. Where the source blocks, the results that are ready
    /// come when it gives the next image; <see cref="ClassifyManyAsync(IEnumerable{ImageSource}, BatchOptions?, CancellationToken)"/> does not wait for that.
    /// </remarks>
    /// <exception cref="InvalidOperationException">The model's output does not fit the labels.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public IEnumerable<Classification> ClassifyMany(
        IEnumerable<ImageSource> images, BatchOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(images);
        options ??= new BatchOptions();
        return Results();

        IEnumerable<Classification> Results()
        {
            foreach (var result in Classifying(options).Run(images.Select(image => new ImageItem(null, image)), cancellation)) yield return Classified(result);
        }
    }

    /// <summary>
    /// As <see cref="ClassifyMany"/>, without blocking the caller. The images are asked for on another thread, and results do not wait for
    /// images that are long in coming.
    /// </summary>
    /// <inheritdoc cref="ClassifyMany"/>
    public IAsyncEnumerable<Classification> ClassifyManyAsync(
        IEnumerable<ImageSource> images, BatchOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(images);
        return ClassifyManyAsync(images.Select(image => new ImageItem(null, image)), options, cancellation);
    }

    /// <inheritdoc cref="ClassifyManyAsync(IEnumerable{ImageSource}, BatchOptions?, CancellationToken)"/>
    public IAsyncEnumerable<Classification> ClassifyManyAsync(
        IAsyncEnumerable<ImageSource> images, BatchOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(images);
        return ClassifyManyAsync(images.Select(image => new ImageItem(null, image)), options, cancellation);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<Classification> ClassifyManyAsync(
        IEnumerable<ImageItem> items, BatchOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(items);
        return ClassifyManyAsync(new PatientSource(items), options, cancellation);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<Classification> ClassifyManyAsync(
        IAsyncEnumerable<ImageItem> items, BatchOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(items);
        return ClassifyEachAsync(items, options ?? new BatchOptions(), cancellation);
    }

    private async IAsyncEnumerable<Classification> ClassifyEachAsync(
        IAsyncEnumerable<ImageItem> items, BatchOptions options, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await foreach (var result in Classifying(options).RunAsync(items, cancellation).ConfigureAwait(false)) yield return Classified(result);
    }

    private Pipeline<IReadOnlyList<Prediction>> Classifying(BatchOptions options) =>
        new(options, writer, calls, passes, mostPasses, input => Predict(input, options));

    private static Classification Classified(BatchResult<IReadOnlyList<Prediction>> result) =>
        new(result.Item.Source.Name, result.Value ?? [], result.Error) { Index = result.Index, Key = result.Item.Key };
}
