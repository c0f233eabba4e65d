namespace Luma.Zoo.Inference;

/// <summary>How to classify many images.</summary>
/// <remarks>
/// An image's batch, and its place in it, follow from its place among the images alone, so the answers are the same to the last bit however
/// fast the images are decoded and whether or not they come in order. <see cref="MaxDelay"/> alone makes batches by time.
/// </remarks>
public sealed record BatchOptions : ClassifyOptions
{
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

    /// <summary>How many images are decoded at a time; by default as many as there are processors, which is also the most.</summary>
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
    /// How many bytes the batches may have together that are being filled, computed, or wait for the caller to take their results: 256 MiB
    /// by default. There is always one batch; while it is computed the next ones are filled if they fit. Of files and decoded
    /// pixels the bytes are bounded by <see cref="Images.DecodeOptions"/>.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is below 1.</exception>
    public long MaxBytesInFlight
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            field = value;
        }
    } = 256 << 20;

    /// <summary>Whether results come in the order of the images, as they do by default, or batch by batch as they are done.</summary>
    public bool IsOrdered { get; init; } = true;

    /// <summary>
    /// How long images may wait for their batch to become full, where they come from an asynchronous source; then it is computed as it is.
    /// Null, the default, waits for as long as it takes.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is negative, or longer than a timer can be.</exception>
    public TimeSpan? MaxDelay
    {
        get;
        init
        {
            if (value is { } delay)
            {
                ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero, nameof(value));
                ArgumentOutOfRangeException.ThrowIfGreaterThan(delay, TimeSpan.FromMilliseconds(int.MaxValue), nameof(value));
            }
            field = value;
        }
    }

    /// <summary>Hears, as the results of each batch are handed out, how many images are done; or null.</summary>
    public IProgress<long>? Progress { get; init; }
}
