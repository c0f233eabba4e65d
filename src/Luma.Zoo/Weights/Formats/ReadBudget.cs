namespace Luma.Zoo.Weights.Formats;

/// <summary>
/// Bounds what reading a file may take: memory for what it says of its tensors, steps over that, and the bytes that its tensors expand
/// to. Each is at most four times the file's size and a constant, so no small file costs much, whatever it says.
/// </summary>
/// <param name="size">The file's size in bytes.</param>
internal sealed class ReadBudget(long size)
{
    /// <summary>How many bytes a byte of the file may cost.</summary>
    public const int Factor = 4;

    /// <summary>What a file of any size may take.</summary>
    public const long Allowance = 16L << 20;

    private readonly long limit = size > (long.MaxValue - Allowance) / Factor ? long.MaxValue : (Factor * size) + Allowance;

    /// <summary>The bytes of memory that were taken.</summary>
    public long Memory { get; private set; }

    /// <summary>The steps that were gone.</summary>
    public long Steps { get; private set; }

    /// <summary>The bytes that tensors expand to.</summary>
    public long Expanded { get; private set; }

    /// <summary>Takes memory.</summary>
    /// <param name="bytes">How much, roughly.</param>
    /// <exception cref="MalformedDataException">It is more than the file's size allows.</exception>
    public void Take(long bytes)
    {
        if (bytes > limit - Memory) throw new MalformedDataException($"what the file says of its tensors takes more than {limit} bytes of memory");
        Memory += bytes;
    }

    /// <summary>Goes steps.</summary>
    /// <param name="count">How many.</param>
    /// <exception cref="MalformedDataException">They are more than the file's size allows.</exception>
    public void Walk(long count)
    {
        if (count > limit - Steps) throw new MalformedDataException($"reading takes more than {limit} steps: the file makes more of itself than it has bytes");
        Steps += count;
    }

    /// <summary>Counts the bytes of a tensor, or of an entry that is unpacked.</summary>
    /// <param name="bytes">How many.</param>
    /// <param name="what">What it is, for the message.</param>
    /// <exception cref="MalformedDataException">All together are more than the file's size allows.</exception>
    public void Expand(long bytes, string what)
    {
        if (bytes > limit - Expanded)
            throw new MalformedDataException($"{what} of {bytes} bytes in a file of {size}: all together may have {limit}");
        Expanded += bytes;
    }
}
