using Luma.Neural.Native;

namespace Luma.Neural;

/// <summary>
/// PyTorch's initialisers (<c>torch.nn.init</c>): they draw the same numbers in the same order, so the same seed gives the same
/// weights as in Python.
/// </summary>
public static class Initializers
{
    /// <summary>
    /// Makes the initialisers of this thread do nothing until the result is disposed of, for a network that is about to be loaded.
    /// Its parameters hold whatever was in memory, and the generator is not consumed.
    /// </summary>
    /// <returns>What ends it.</returns>
    public static IDisposable Skip() => ThreadScope<Skipping>.Begin(Skipping.Yes);

    /// <summary>Draws every element from the uniform distribution over [<paramref name="low"/>, <paramref name="high"/>).</summary>
    /// <param name="tensor">The tensor to fill.</param>
    /// <param name="low">The least value.</param>
    /// <param name="high">The bound that is not reached.</param>
    public static void Uniform(Tensor tensor, double low = 0, double high = 1) => Fill(tensor, t => t.uniform_(low, high));

    /// <summary>Draws every element from a normal distribution.</summary>
    /// <param name="tensor">The tensor to fill.</param>
    /// <param name="mean">Its mean.</param>
    /// <param name="std">Its standard deviation.</param>
    public static void Normal(Tensor tensor, double mean = 0, double std = 1) => Fill(tensor, t => t.normal_(mean, std));

    /// <summary>Sets every element to one value.</summary>
    /// <param name="tensor">The tensor to fill.</param>
    /// <param name="value">The value.</param>
    public static void Constant(Tensor tensor, double value) => Fill(tensor, t => t.Fill(value));

    /// <summary>The gain of a rectifier: sqrt(2 / (1 + slope^2)).</summary>
    /// <param name="slope">Its slope for negative inputs; 0 for ReLU.</param>
    /// <returns>The gain, as the Kaiming initialisers take it.</returns>
    public static double RectifierGain(double slope = 0) => Math.Sqrt(2.0 / (1 + (slope * slope)));

    /// <summary>
    /// Uniform within gain * sqrt(3 / fan), after He et al., "Delving Deep into Rectifiers" (2015), section 2.2.
    /// </summary>
    /// <param name="tensor">A weight of at least two dimensions: <c>(out, in, ...)</c>.</param>
    /// <param name="fan">Which fan keeps its variance.</param>
    /// <param name="gain">The gain of the activation that follows; by default ReLU's.</param>
    public static void KaimingUniform(Tensor tensor, Fan fan = Fan.In, double? gain = null)
    {
        var bound = Math.Sqrt(3.0) * KaimingStd(tensor, fan, gain);
        Uniform(tensor, -bound, bound);
    }

    /// <summary>Normal with the standard deviation gain / sqrt(fan), from the same section.</summary>
    /// <param name="tensor">A weight of at least two dimensions: <c>(out, in, ...)</c>.</param>
    /// <param name="fan">Which fan keeps its variance.</param>
    /// <param name="gain">The gain of the activation that follows; by default ReLU's.</param>
    public static void KaimingNormal(Tensor tensor, Fan fan = Fan.In, double? gain = null) =>
        Normal(tensor, 0, KaimingStd(tensor, fan, gain));

    /// <summary>
    /// Uniform within sqrt(6 / (fan in + fan out)), after Glorot and Bengio, "Understanding the difficulty of training deep
    /// feedforward neural networks" (2010), equation 16.
    /// </summary>
    /// <param name="tensor">A weight of at least two dimensions: <c>(out, in, ...)</c>.</param>
    /// <param name="gain">A factor on the bound.</param>
    public static void XavierUniform(Tensor tensor, double gain = 1)
    {
        var (fanIn, fanOut) = Fans(tensor);
        var bound = Math.Sqrt(3.0) * (gain * Math.Sqrt(2.0 / (fanIn + fanOut)));
        Uniform(tensor, -bound, bound);
    }

    /// <summary>Normal with the standard deviation sqrt(2 / (fan in + fan out)), from the same equation.</summary>
    /// <param name="tensor">A weight of at least two dimensions: <c>(out, in, ...)</c>.</param>
    /// <param name="gain">A factor on the standard deviation.</param>
    public static void XavierNormal(Tensor tensor, double gain = 1)
    {
        var (fanIn, fanOut) = Fans(tensor);
        Normal(tensor, 0, gain * Math.Sqrt(2.0 / (fanIn + fanOut)));
    }

    /// <summary>A normal distribution cut off at <paramref name="low"/> and <paramref name="high"/>.</summary>
    /// <param name="tensor">The tensor to fill.</param>
    /// <param name="mean">The mean before the cut.</param>
    /// <param name="std">The standard deviation before the cut.</param>
    /// <param name="low">The least value.</param>
    /// <param name="high">The greatest value.</param>
    /// <remarks>
    /// The numbers go through libtorch's inverse error function, whose last bits depend on whether it was built with MKL: they
    /// equal Python's to about 35 units in the last place.
    /// </remarks>
    // TorchSharp's trunc_normal_ draws other numbers: this is torch.nn.init's way, step by step.
    public static void TruncatedNormal(Tensor tensor, double mean = 0, double std = 1, double low = -2, double high = 2) => Fill(tensor, t =>
    {
        var below = NormalCdf((low - mean) / std);
        var above = NormalCdf((high - mean) / std);
        t.uniform_((2 * below) - 1, (2 * above) - 1);
        t.erfinv_();
        t.MultiplyBy(std * Math.Sqrt(2.0));
        t.Increase(mean);
        t.Limit(low, high);
    });

    /// <summary>How many inputs feed an output of a weight, and how many outputs an input feeds.</summary>
    /// <param name="tensor">A weight of at least two dimensions: <c>(out, in, ...)</c>.</param>
    /// <returns>Fan in and fan out.</returns>
    /// <exception cref="ArgumentException">The tensor has fewer than two dimensions.</exception>
    public static (long In, long Out) Fans(Tensor tensor)
    {
        var shape = tensor.shape;
        if (shape.Length < 2)
            throw new ArgumentException($"Fan in and fan out need at least two dimensions, got ({string.Join(", ", shape)}).", nameof(tensor));

        var window = shape.Skip(2).Aggregate(1L, (product, size) => product * size);
        return (shape[1] * window, shape[0] * window);
    }

    private static double KaimingStd(Tensor tensor, Fan fan, double? gain)
    {
        var (fanIn, fanOut) = Fans(tensor);
        return (gain ?? RectifierGain()) / Math.Sqrt(fan == Fan.In ? fanIn : fanOut);
    }

    // .NET has no error function; libtorch's is exact to the last place in double precision.
    private static double NormalCdf(double x)
    {
        using var argument = tensor(x / Math.Sqrt(2.0), float64);
        using var erf = argument.erf();
        return (1 + erf.item<double>()) / 2;
    }

    private static void Fill(Tensor tensor, Action<Tensor> fill)
    {
        if (ThreadScope<Skipping>.Current == Skipping.Yes) return;
        // Memory that was granted is not yet there.
        MemoryGuard.Ensure((double)tensor.NumberOfElements * tensor.ElementSize, "a layer's weight");
        using var noGrad = no_grad();
        fill(tensor);
    }

    private enum Skipping
    {
        No,
        Yes,
    }
}

/// <summary>Which of a weight's fans an initialiser goes by.</summary>
public enum Fan
{
    /// <summary>The number of inputs: keeps the variance of the forward pass.</summary>
    In,

    /// <summary>The number of outputs: keeps the variance of the backward pass.</summary>
    Out,
}
