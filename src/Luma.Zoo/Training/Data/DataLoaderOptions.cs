using Luma.Zoo.Images;
using Luma.Zoo.Training.Augmentation;

namespace Luma.Zoo.Training.Data;

/// <summary>How a <see cref="DataLoader"/> makes batches.</summary>
public sealed record DataLoaderOptions
{
    /// <summary>How many images make a batch; the last of an epoch has what is left.</summary>
    public int BatchSize { get; init; } = 32;

    /// <summary>Whether each epoch has an order of its own; otherwise it is that of the data set.</summary>
    public bool Shuffle { get; init; }

    /// <summary>
    /// Whether a last batch of a single image is left out, as training with batch norm needs: of one image there is no variance. Not where
    /// all batches are of one image.
    /// </summary>
    public bool DropLastImage { get; init; }

    /// <summary>How images are changed at random, or null: then each becomes what the preset makes of it.</summary>
    public TrainingTransform? Transform { get; init; }

    /// <summary>What the order and the changes are drawn from.</summary>
    public int Seed { get; init; }

    /// <summary>How many threads decode and change images. By default as many as there are processors.</summary>
    public int? Workers { get; init; }

    /// <summary>How many batches are made ahead of the one that is being used.</summary>
    public int Prefetch { get; init; } = 2;

    /// <summary>
    /// How many bytes of decoded images are kept from one epoch to the next, at four bytes a pixel: 0, which is the default, keeps none.
    /// Images are kept as they come until that much is full.
    /// </summary>
    public long CacheBytes { get; init; }

    /// <summary>What is decoded, and how large it may be.</summary>
    public DecodeOptions Decoding { get; init; } = DecodeOptions.Default;

    /// <summary>Whether an image that cannot be read is an error, in place of being reported and left out.</summary>
    public bool StopAtUnreadable { get; init; }

    /// <summary>Throws if an option makes no sense.</summary>
    /// <exception cref="ArgumentException">An option is out of its range; the exception names it.</exception>
    public void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(BatchSize, 1);
        if (Workers is { } workers) ArgumentOutOfRangeException.ThrowIfLessThan(workers, 1, nameof(Workers));
        ArgumentOutOfRangeException.ThrowIfLessThan(Prefetch, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(CacheBytes);
        ArgumentNullException.ThrowIfNull(Decoding);
        Transform?.Validate();
    }
}
