using Luma.Zoo.Images;

namespace Luma.Zoo.Inference;

/// <summary>One class that an image may show.</summary>
/// <param name="Index">The class's place among the model's outputs.</param>
/// <param name="Label">Its name.</param>
/// <param name="Probability">How likely it is, from 0 to 1.</param>
public sealed record Prediction(int Index, string Label, float Probability);

/// <summary>What became of one image out of many: predictions, or the reason why there are none.</summary>
/// <param name="Name">The source's name; null where it has none.</param>
/// <param name="Predictions">The most likely classes, the likeliest first; empty where the image could not be used.</param>
/// <param name="Error">Why the image could not be used, or null.</param>
public sealed record Classification(string? Name, IReadOnlyList<Prediction> Predictions, ImageException? Error = null);

/// <summary>How to classify many images.</summary>
public sealed record BatchOptions
{
    /// <summary>How many predictions each image gets; 5 by default.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is below 1.</exception>
    public int Top
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            field = value;
        }
    } = 5;

    /// <summary>How many images go through the model together; 16 by default.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is below 1.</exception>
    public int BatchSize
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            field = value;
        }
    } = 16;

    /// <summary>How many images are decoded at a time; by default as many as there are processors.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is below 1.</exception>
    public int Decoders
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            field = value;
        }
    } = Environment.ProcessorCount;

    /// <summary>
    /// How many batches are prepared before the model is free for them; 2 by default. Each holds its images' input: <c>4 * C * H * W</c> bytes
    /// an image.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is below 0.</exception>
    public int Ahead
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            field = value;
        }
    } = 2;

    /// <summary>
    /// Whether results come in the order of the images, as they do by default. Otherwise batches come as they are ready, so that a slow image
    /// holds up no batch but its own.
    /// </summary>
    public bool IsOrdered { get; init; } = true;

    /// <summary>Hears after each batch how many images are done, or null.</summary>
    public IProgress<long>? Progress { get; init; }
}
