namespace Luma.Zoo.Training.Augmentation;

/// <summary>
/// The randomness of one sample in one epoch. It is a function of the seed, the epoch and the sample alone, so what is drawn depends neither
/// on how many threads read ahead nor on where a training was interrupted.
/// </summary>
/// <remarks>SplitMix64: Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators" (2014), figure 17. Used by one thread.</remarks>
/// <param name="seed">The seed of the training.</param>
/// <param name="epoch">The epoch, from 1.</param>
/// <param name="sample">The sample's place in the data set, or a batch's in the epoch, from 0.</param>
/// <param name="purpose">Tells apart what is drawn for different ends with the same three numbers.</param>
public sealed class SampleRandom(long seed, long epoch, long sample, SampleRandom.Purpose purpose = SampleRandom.Purpose.Augmentation)
{
    private const ulong Step = 0x9E3779B97F4A7C15;

    private ulong state = Mix(Mix(Mix(Mix((ulong)seed) ^ (ulong)epoch) ^ (ulong)sample) ^ (ulong)purpose);

    /// <summary>What randomness is for.</summary>
    public enum Purpose
    {
        /// <summary>Changing one image.</summary>
        Augmentation,

        /// <summary>Mixing the images of a batch.</summary>
        Mixing,

        /// <summary>The order of the images in an epoch.</summary>
        Order,

        /// <summary>Which images are held out.</summary>
        Split,

        /// <summary>What the network itself draws in a step, as dropout does.</summary>
        Network,
    }

    /// <summary>Draws a number from [0, 1).</summary>
    /// <returns>The number.</returns>
    public double NextDouble() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Draws a number from [<paramref name="from"/>, <paramref name="to"/>).</summary>
    /// <param name="from">The least.</param>
    /// <param name="to">What it stays below.</param>
    /// <returns>The number.</returns>
    public double NextDouble(double from, double to) => from + ((to - from) * NextDouble());

    /// <summary>Draws an integer from 0 to <paramref name="count"/> - 1.</summary>
    /// <param name="count">How many there are to choose from.</param>
    /// <returns>The integer.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The count is below 1.</exception>
    public int Next(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        return (int)Math.BigMul(NextBits(), (ulong)count, out _);
    }

    /// <summary>Draws whether something happens.</summary>
    /// <param name="probability">How likely it is, from 0 to 1.</param>
    /// <returns>Whether it happens.</returns>
    public bool Happens(double probability) => NextDouble() < probability;

    /// <summary>Draws from the normal distribution with mean 0 and deviation 1.</summary>
    /// <returns>The number.</returns>
    /// <remarks>Box and Muller's way; of its two numbers one is used.</remarks>
    public double NextNormal() => Math.Sqrt(-2 * Math.Log(1 - NextDouble())) * Math.Cos(2 * Math.PI * NextDouble());

    /// <summary>Draws from Beta(<paramref name="alpha"/>, <paramref name="alpha"/>).</summary>
    /// <param name="alpha">Both parameters; above 0.</param>
    /// <returns>The number, from 0 to 1.</returns>
    public double NextBeta(double alpha)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(alpha, 0);
        var (first, second) = (NextLogGamma(alpha), NextLogGamma(alpha));
        // The smallest alphas of all: one end or the other.
        if (double.IsInfinity(first) && double.IsInfinity(second)) return Happens(0.5) ? 1 : 0;
        return 1 / (1 + Math.Exp(second - first));
    }

    /// <summary>Draws an order.</summary>
    /// <param name="count">How many things there are.</param>
    /// <returns>The numbers from 0 to <paramref name="count"/> - 1, each order as likely.</returns>
    public int[] NextOrder(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        var order = new int[count];
        for (var i = 0; i < count; i++) order[i] = i;
        for (var last = count - 1; last > 0; last--)
        {
            var chosen = Next(last + 1);
            (order[last], order[chosen]) = (order[chosen], order[last]);
        }
        return order;
    }

    // The logarithm, since a small alpha makes numbers that a double cannot hold. Marsaglia and Tsang, "A Simple Method for Generating
    // Gamma Variables" (2000), with their step up for alpha below 1.
    private double NextLogGamma(double alpha)
    {
        if (alpha < 1) return NextLogGamma(alpha + 1) + (Math.Log(1 - NextDouble()) / alpha);

        var d = alpha - (1.0 / 3);
        var c = 1 / Math.Sqrt(9 * d);
        while (true)
        {
            var x = NextNormal();
            var v = 1 + (c * x);
            if (v <= 0) continue;
            v = v * v * v;
            if (Math.Log(1 - NextDouble()) < (0.5 * x * x) + d - (d * v) + (d * Math.Log(v))) return Math.Log(d) + Math.Log(v);
        }
    }

    private ulong NextBits() => Mix(state += Step);

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
