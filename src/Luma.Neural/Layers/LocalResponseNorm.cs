using Luma.Neural.Operations;

namespace Luma.Neural.Layers;

/// <summary>
/// Divides every element by (k + alpha / size * s)^beta, where s is the sum of the squares over <c>size</c> neighbouring channels at
/// the same place. This is libtorch's convention.
/// </summary>
/// <remarks>
/// Input and output <c>(N, C, *)</c> with at least one dimension after the channels. Krizhevsky et al., "ImageNet Classification with
/// Deep Convolutional Neural Networks" (2012), section 3.3, where the layer comes from, do not divide alpha by the window's size:
/// <see cref="FromPaper"/> takes their numbers as they are printed.
/// </remarks>
public sealed class LocalResponseNorm : Layer
{
    private readonly Operation.LocalResponseNorm operation;

    /// <summary>Makes the layer in libtorch's convention.</summary>
    /// <param name="size">The number of neighbouring channels, the element's own among them.</param>
    /// <param name="alpha">The factor on the mean of the squares.</param>
    /// <param name="beta">The exponent.</param>
    /// <param name="k">What is added before the power is taken.</param>
    /// <exception cref="ArgumentOutOfRangeException">The size is below 1, or another number is not finite.</exception>
    public LocalResponseNorm(long size, double alpha = 1e-4, double beta = 0.75, double k = 1) : base(nameof(LocalResponseNorm))
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        RequireFinite(alpha, nameof(alpha));
        RequireFinite(beta, nameof(beta));
        RequireFinite(k, nameof(k));

        operation = new(size, alpha, beta, k);
    }

    /// <summary>
    /// Makes the layer in the paper's convention, (k + alpha * s)^beta; the defaults are the paper's numbers.
    /// </summary>
    /// <param name="size">The paper's n: the number of neighbouring channels, the element's own among them.</param>
    /// <param name="alpha">The factor on the sum of the squares.</param>
    /// <param name="beta">The exponent.</param>
    /// <param name="k">What is added before the power is taken.</param>
    /// <returns>The layer, whose <see cref="Alpha"/> is <paramref name="alpha"/> times <paramref name="size"/>.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The size is below 1, or another number is not finite.</exception>
    public static LocalResponseNorm FromPaper(long size = 5, double alpha = 1e-4, double beta = 0.75, double k = 2) =>
        new(size, alpha * size, beta, k);

    /// <summary>The number of neighbouring channels, the element's own among them.</summary>
    public long Size => operation.Size;

    /// <summary>The factor on the mean of the squares.</summary>
    public double Alpha => operation.Alpha;

    /// <summary>The exponent.</summary>
    public double Beta => operation.Beta;

    /// <summary>What is added before the power is taken.</summary>
    public double K => operation.K;

    /// <inheritdoc/>
    public override string ToString() => $"{GetName()}({Size})";

    /// <inheritdoc/>
    protected override void Check(Tensor input)
    {
        if (input.Dimensions < 3) throw InputMismatch("(N, C, ...)", input);
    }

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor input) => Ops.Run(operation, input);

    private static void RequireFinite(double number, string name)
    {
        if (!double.IsFinite(number)) throw new ArgumentOutOfRangeException(name, number, "Must be a finite number.");
    }
}
