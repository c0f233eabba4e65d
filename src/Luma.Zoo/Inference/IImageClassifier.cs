using Luma.Zoo.Images;

namespace Luma.Zoo.Inference;

/// <summary>Says what images show. Any number of threads may use one at a time.</summary>
public interface IImageClassifier
{
    /// <summary>Classifies one image.</summary>
    /// <param name="source">The image: a path, a stream, bytes or pixels will do.</param>
    /// <param name="options">Which predictions to give, or null for the five likeliest classes.</param>
    /// <param name="cancellation">Ends it before the next step: reading and decoding, or the model.</param>
    /// <returns>The most likely classes, the likeliest first.</returns>
    /// <exception cref="ImageException">The image cannot be read, or is none that can be used.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    Task<IReadOnlyList<Prediction>> ClassifyAsync(ImageSource source, ClassifyOptions? options = null, CancellationToken cancellation = default);

    /// <summary>Classifies images as they come; one that cannot be used does not stop the others.</summary>
    /// <param name="items">The images. They are asked for only as fast as the results are taken.</param>
    /// <param name="options">How, or null for the defaults.</param>
    /// <param name="cancellation">Takes no more images; the results of those taken still come, then the exception.</param>
    /// <returns>What became of each image.</returns>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    IAsyncEnumerable<Classification> ClassifyManyAsync(
        IAsyncEnumerable<ImageItem> items, BatchOptions? options = null, CancellationToken cancellation = default);

    /// <inheritdoc cref="ClassifyManyAsync(IAsyncEnumerable{ImageItem}, BatchOptions?, CancellationToken)"/>
    IAsyncEnumerable<Classification> ClassifyManyAsync(
        IEnumerable<ImageItem> items, BatchOptions? options = null, CancellationToken cancellation = default);

    /// <summary>Gives the features of one image: what the network makes of it before its last layer.</summary>
    /// <param name="source">The image: a path, a stream, bytes or pixels will do.</param>
    /// <param name="options">Which features, or null for one vector.</param>
    /// <param name="cancellation">Ends it before the next step: reading and decoding, or the model.</param>
    /// <returns>The features.</returns>
    /// <exception cref="ImageException">The image cannot be read, or is none that can be used.</exception>
    /// <exception cref="NotSupportedException">The network has no features of that kind.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    Task<Embedding> EmbedAsync(ImageSource source, EmbedOptions? options = null, CancellationToken cancellation = default);

    /// <summary>Gives the features of images as they come; one that cannot be used does not stop the others.</summary>
    /// <param name="items">The images. They are asked for only as fast as the results are taken.</param>
    /// <param name="options">Which features, or null for one vector each.</param>
    /// <param name="batches">How the images are put together, or null for the defaults.</param>
    /// <param name="cancellation">Takes no more images; the results of those taken still come, then the exception.</param>
    /// <returns>What became of each image.</returns>
    /// <exception cref="NotSupportedException">The network has no features of that kind.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    IAsyncEnumerable<EmbeddedImage> EmbedManyAsync(
        IAsyncEnumerable<ImageItem> items, EmbedOptions? options = null, BatchOptions? batches = null, CancellationToken cancellation = default);

    /// <inheritdoc cref="EmbedManyAsync(IAsyncEnumerable{ImageItem}, EmbedOptions?, BatchOptions?, CancellationToken)"/>
    IAsyncEnumerable<EmbeddedImage> EmbedManyAsync(
        IEnumerable<ImageItem> items, EmbedOptions? options = null, BatchOptions? batches = null, CancellationToken cancellation = default);
}
