namespace Luma.Neural.Layers;

/// <summary>
/// A number for every spatial axis of a layer: one number for all axes (<c>3</c>), or one per axis from the outermost to the
/// innermost (<c>(1, 7)</c> is one row high and seven columns wide).
/// </summary>
public readonly record struct PerAxis
{
    private readonly int count;
    private readonly long first, second, third;

    /// <summary>How many numbers were given: 1 stands for every axis.</summary>
    public int Count => count + 1;

    private PerAxis(int count, long first, long second = 0, long third = 0) =>
        (this.count, this.first, this.second, this.third) = (count - 1, first, second, third);

    /// <summary>The number for one axis.</summary>
    /// <param name="axis">The axis, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such axis.</exception>
    public long this[int axis] => Count == 1 ? first : axis switch
    {
        0 => first,
        1 when Count > 1 => second,
        2 when Count > 2 => third,
        _ => throw new ArgumentOutOfRangeException(nameof(axis), axis, $"{this} has no axis {axis}."),
    };

    /// <summary>The same number for every axis.</summary>
    public static implicit operator PerAxis(long size) => new(1, size);

    /// <summary>Height and width.</summary>
    public static implicit operator PerAxis((long Height, long Width) size) => new(2, size.Height, size.Width);

    /// <summary>Depth, height and width.</summary>
    public static implicit operator PerAxis((long Depth, long Height, long Width) size) => new(3, size.Depth, size.Height, size.Width);

    /// <summary>Writes the numbers out for a layer of <paramref name="rank"/> spatial axes.</summary>
    /// <param name="rank">The number of spatial axes.</param>
    /// <param name="minimum">The least that each number may be.</param>
    /// <param name="name">The argument's name, for the exception.</param>
    /// <returns>One number per axis.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The count does not fit the rank, or a number is below the minimum.</exception>
    public long[] ToArray(int rank, long minimum, string name)
    {
        if (Count != 1 && Count != rank)
            throw new ArgumentOutOfRangeException(name, this, $"Expected one number, or one for each of {rank} axes.");

        var numbers = new long[rank];
        for (var axis = 0; axis < rank; axis++)
        {
            numbers[axis] = this[axis];
            if (numbers[axis] < minimum)
                throw new ArgumentOutOfRangeException(name, this, $"Every number must be at least {minimum}.");
        }
        return numbers;
    }

    /// <summary>The number itself, or the numbers with a cross between them: <c>3</c>, <c>1x7</c>.</summary>
    public override string ToString() => Count switch
    {
        3 => $"{first}x{second}x{third}",
        2 => $"{first}x{second}",
        _ => $"{first}",
    };
}
