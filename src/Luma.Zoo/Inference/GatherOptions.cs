namespace Luma.Zoo.Inference;

/// <summary>How single calls from many callers are put together into batches.</summary>
/// <remarks>
/// The last digits of an answer depend on how many images go through a network together, so with this they depend on who else calls. A
/// call that finds nobody waiting is computed alone at once, unless <see cref="MaxDelay"/> says otherwise.
/// </remarks>
public sealed record GatherOptions
{
    /// <summary>How many images go through the model together at most; 8 by default.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is below 1.</exception>
    public int MaxBatch
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            field = value;
        }
    } = 8;

    /// <summary>
    /// How long a batch that is not full waits for more before it is computed. 0 by default: it has what has come while the one before it was
    /// computed.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is negative, or longer than a minute.</exception>
    public TimeSpan MaxDelay
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, TimeSpan.Zero);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, TimeSpan.FromMinutes(1));
            field = value;
        }
    }
}
