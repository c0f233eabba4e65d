namespace Luma.Neural.Layers;

/// <summary>
/// What the power-average poolings over one, two and three axes share: each window becomes the p-th root of the sum of its elements'
/// p-th powers. p = 1 is the sum; the greater p is, the nearer the result is to the maximum.
/// </summary>
/// <remarks>The output's size is that of <see cref="Pooling"/> without padding and dilation.</remarks>
public abstract class LpPooling : Layer
{
    private readonly long[] kernel, stride, least;

    private protected LpPooling(int rank, double norm, PerAxis kernelSize, PerAxis? stride, bool ceilMode) : base($"LpPooling{rank}D")
    {
        if (!(norm > 0 && double.IsFinite(norm)))
            throw new ArgumentOutOfRangeException(nameof(norm), norm, "Must be a positive number.");

        (Rank, Norm, KernelSize, Stride, CeilMode) = (rank, norm, kernelSize, stride ?? kernelSize, ceilMode);
        kernel = KernelSize.ToArray(rank, 1, nameof(kernelSize));
        this.stride = Stride.ToArray(rank, 1, nameof(stride));
        least = [.. kernel.Select((window, axis) => Math.Max(1, window - (ceilMode ? this.stride[axis] - 1 : 0)))];
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
    // PyTorch composes it of the same steps; TorchSharp binds them together for one and two axes only.
    protected sealed override Tensor Compute(Tensor input)
    {
        using var scope = NewDisposeScope();
        var powers = input.pow(Norm);
        var mean = Rank switch
        {
            1 => nn.functional.avg_pool1d(powers, kernel[0], stride[0], 0, CeilMode),
            2 => nn.functional.avg_pool2d(powers, kernel, stride, null, CeilMode),
            _ => nn.functional.avg_pool3d(powers, kernel, stride, null, CeilMode),
        };
        var magnitude = mean.sign().mul(mean.abs().relu());
        return magnitude.mul(kernel.Aggregate(1L, (product, size) => product * size)).pow(1 / Norm).MoveToOuterDisposeScope();
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
