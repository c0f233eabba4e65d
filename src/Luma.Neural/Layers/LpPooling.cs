using Luma.Neural.Operations;

namespace Luma.Neural.Layers;

/// <summary>
/// What the power-average poolings over one, two and three axes share: each window becomes the p-th root of the sum of its elements'
/// p-th powers. p = 1 is the sum; the greater p is, the nearer the result is to the maximum.
/// </summary>
/// <remarks>The output's size is that of <see cref="Pooling"/> without padding and dilation.</remarks>
public abstract class LpPooling : Layer
{
    private static readonly Operation.Sign sign = new();
    private static readonly Operation.Abs abs = new();
    private static readonly Operation.ReLU relu = new(InPlace: false);
    private static readonly Operation.Multiply multiply = new();

    private readonly Operation power, pool, count, root;
    private readonly long[] least;

    private protected LpPooling(int rank, double norm, PerAxis kernelSize, PerAxis? stride, bool ceilMode) : base($"LpPooling{rank}D")
    {
        if (!(norm > 0 && double.IsFinite(norm)))
            throw new ArgumentOutOfRangeException(nameof(norm), norm, "Must be a positive number.");

        (Rank, Norm, KernelSize, Stride, CeilMode) = (rank, norm, kernelSize, stride ?? kernelSize, ceilMode);
        var kernel = KernelSize.ToArray(rank, 1, nameof(kernelSize));
        var steps = Stride.ToArray(rank, 1, nameof(stride));
        least = [.. kernel.Select((window, axis) => Math.Max(1, window - (ceilMode ? steps[axis] - 1 : 0)))];

        power = new Operation.Power(norm);
        pool = new Operation.AveragePool(kernel, steps, new long[rank], ceilMode, CountIncludePad: true);
        count = new Operation.Scale(kernel.Aggregate(1L, (product, size) => product * size));
        root = new Operation.Power(1 / norm);
    }

    /// <summary>The number of spatial axes: 1, 2 or 3.</summary>
    public int Rank { get; }

    /// <summary>The power, p.</summary>
    public double Norm { get; }

    /// <summary>The size of the window.</summary>
    public PerAxis KernelSize { get; }

    /// <summary>The step of the window.</summary>
    public PerAxis Stride { get; }

    /// <summary>Whether the output's size is rounded up.</summary>
    public bool CeilMode { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{GetName()}({Norm}-norm {KernelSize})";

    /// <inheritdoc/>
    protected sealed override void Check(Tensor input)
    {
        if (!Shapes.IsBatch(input, least)) throw InputMismatch(Shapes.Batch(null, Rank, least), input);
    }

    /// <inheritdoc/>
    // PyTorch composes it of the same steps.
    protected sealed override Tensor Compute(Tensor input)
    {
        using var scope = NewDisposeScope();
        var mean = Ops.Run(pool, Ops.Run(power, input));
        var magnitude = Ops.Run(multiply, Ops.Run(sign, mean), Ops.Run(relu, Ops.Run(abs, mean)));
        return Ops.Run(root, Ops.Run(count, magnitude)).MoveToOuterDisposeScope();
    }
}

/// <summary>Takes the p-norm of a window that slides over sequences.</summary>
/// <remarks>Input <c>(N, C, W)</c>, output <c>(N, C, W_out)</c>.</remarks>
/// <param name="norm">The power, p.</param>
/// <param name="kernelSize">The size of the window.</param>
/// <param name="stride">The step of the window; by default its size.</param>
/// <param name="ceilMode">Whether the output's size is rounded up.</param>
/// <exception cref="ArgumentOutOfRangeException">The norm is not positive, or a size is below 1.</exception>
public sealed class LpPooling1D(double norm, PerAxis kernelSize, PerAxis? stride = null, bool ceilMode = false)
    : LpPooling(1, norm, kernelSize, stride, ceilMode);

/// <summary>Takes the p-norm of a window that slides over images.</summary>
/// <remarks>Input <c>(N, C, H, W)</c>, output <c>(N, C, H_out, W_out)</c>.</remarks>
/// <param name="norm">The power, p.</param>
/// <param name="kernelSize">The size of the window.</param>
/// <param name="stride">The step of the window; by default its size.</param>
/// <param name="ceilMode">Whether the output's size is rounded up.</param>
/// <exception cref="ArgumentOutOfRangeException">The norm is not positive, or a size is below 1.</exception>
public sealed class LpPooling2D(double norm, PerAxis kernelSize, PerAxis? stride = null, bool ceilMode = false)
    : LpPooling(2, norm, kernelSize, stride, ceilMode);

/// <summary>Takes the p-norm of a window that slides over volumes.</summary>
/// <remarks>Input <c>(N, C, D, H, W)</c>, output <c>(N, C, D_out, H_out, W_out)</c>.</remarks>
/// <param name="norm">The power, p.</param>
/// <param name="kernelSize">The size of the window.</param>
/// <param name="stride">The step of the window; by default its size.</param>
/// <param name="ceilMode">Whether the output's size is rounded up.</param>
/// <exception cref="ArgumentOutOfRangeException">The norm is not positive, or a size is below 1.</exception>
public sealed class LpPooling3D(double norm, PerAxis kernelSize, PerAxis? stride = null, bool ceilMode = false)
    : LpPooling(3, norm, kernelSize, stride, ceilMode);
