namespace Luma.Neural.Blocks;

/// <summary>How many channels a network has that is made wider or narrower.</summary>
public static class Channels
{
    /// <summary>
    /// The multiple of a number that is nearest to a scaled number of channels, and at least one of it; the next one where the nearest
    /// is more than a tenth too small. So in the code of MobileNet's authors (TensorFlow's slim models, <c>make_divisible</c>).
    /// </summary>
    /// <param name="count">The number of channels, scaled.</param>
    /// <param name="divisor">What is to divide the result.</param>
    /// <returns>The number of channels.</returns>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="count"/> is not positive, or <paramref name="divisor"/> is below 1.
    /// </exception>
    public static long MakeDivisible(double count, long divisor = 8)
    {
        if (!(count > 0 && double.IsFinite(count))) throw new ArgumentOutOfRangeException(nameof(count), count, "Must be positive.");
        ArgumentOutOfRangeException.ThrowIfLessThan(divisor, 1);

        var rounded = Math.Max(divisor, (long)(count + (divisor / 2.0)) / divisor * divisor);
        return rounded < 0.9 * count ? rounded + divisor : rounded;
    }
}
