using Luma.Neural.Operations;

namespace Luma.Neural.Layers;

/// <summary>What a pooling layer takes from each window.</summary>
public enum PoolingMode
{
    /// <summary>The greatest element.</summary>
    Max,

    /// <summary>The mean of the elements.</summary>
    Average,
}

/// <summary>
/// What the poolings over one, two and three axes share. The output's size on each axis is
/// floor((size + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1; in ceil mode it is rounded up, but no window begins
/// beyond the input and its leading padding.
/// </summary>
public abstract class Pooling : Layer
{
    private readonly Operation operation;
    private readonly long[] least;

    private protected Pooling(
        int rank, PoolingMode mode, PerAxis kernelSize, PerAxis? stride, Pad padding, PerAxis? dilation, bool ceilMode,
        bool countIncludePad) : base($"Pooling{rank}D")
    {
        if (!Enum.IsDefined(mode)) throw new ArgumentOutOfRangeException(nameof(mode), mode, "There is no such mode.");

        (Rank, Mode, CeilMode, CountIncludePad) = (rank, mode, ceilMode, countIncludePad);
        (KernelSize, Stride, Padding, Dilation) = (kernelSize, stride ?? kernelSize, padding, dilation ?? 1);

        var kernel = KernelSize.ToArray(rank, 1, nameof(kernelSize));
        var steps = Stride.ToArray(rank, 1, nameof(stride));
        var gaps = Dilation.ToArray(rank, 1, nameof(dilation));
        if (mode == PoolingMode.Average && gaps.Any(gap => gap != 1))
            throw new ArgumentOutOfRangeException(nameof(dilation), dilation, "Average pooling has no dilation.");

        var windows = kernel.Zip(gaps, (size, gap) => (gap * (size - 1)) + 1).ToArray();
        if (padding.IsSame && windows.Any(window => window % 2 == 0))
            throw new ArgumentOutOfRangeException(nameof(padding), padding, $"Needs windows of odd size, not {string.Join('x', windows)}.");

        var amounts = padding.IsSame ? [.. windows.Select(window => window / 2)] : padding.Amount.ToArray(rank, 0, nameof(padding));
        if (amounts.Zip(windows).Any(axis => axis.First > axis.Second / 2))
            throw new ArgumentOutOfRangeException(nameof(padding), padding, $"At most half of the window, {string.Join('x', windows)}.");

        // Rounded up, a window may reach over the end by less than its step.
        least = [.. windows.Select((window, axis) =>
            Math.Max(1, window - (2 * amounts[axis]) - (ceilMode ? steps[axis] - 1 : 0)))];
        operation = mode == PoolingMode.Max
            ? new Operation.MaxPool(kernel, steps, amounts, gaps, ceilMode)
            : new Operation.AveragePool(kernel, steps, amounts, ceilMode, countIncludePad);
    }

    /// <summary>The number of spatial axes: 1, 2 or 3.</summary>
    public int Rank { get; }

    /// <summary>What is taken from each window.</summary>
    public PoolingMode Mode { get; }

    /// <summary>The size of the window.</summary>
    public PerAxis KernelSize { get; }

    /// <summary>The step of the window.</summary>
    public PerAxis Stride { get; }

    /// <summary>The padding of the input: with the least value for the maximum, with zeros for the mean.</summary>
    public Pad Padding { get; }

    /// <summary>The distance between the elements of the window.</summary>
    public PerAxis Dilation { get; }

    /// <summary>Whether the output's size is rounded up, so that a last window may reach beyond the padded input.</summary>
    public bool CeilMode { get; }

    /// <summary>Whether a mean counts the padding as elements.</summary>
    public bool CountIncludePad { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{GetName()}({(Mode == PoolingMode.Max ? "max" : "average")} {KernelSize})";

    /// <inheritdoc/>
    protected sealed override void Check(Tensor input)
    {
        if (!Shapes.IsBatch(input, least)) throw InputMismatch(Shapes.Batch(null, Rank, least), input);
    }

    /// <inheritdoc/>
    protected sealed override Tensor Compute(Tensor input) => Ops.Run(operation, input);
}

/// <summary>Takes the maximum or the mean of a window that slides over sequences.</summary>
/// <remarks>Input <c>(N, C, W)</c>, output <c>(N, C, W_out)</c>.</remarks>
/// <param name="mode">What is taken from each window.</param>
/// <param name="kernelSize">The size of the window.</param>
/// <param name="stride">The step of the window; by default its size.</param>
/// <param name="padding">
/// The padding on either side, at most half of the window; none by default. Same padding is exactly half of an odd window: with a
/// stride of 1 the output is as large as the input.
/// </param>
/// <param name="dilation">The distance between the elements of the window; 1 by default, and for a mean always.</param>
/// <param name="ceilMode">Whether the output's size is rounded up.</param>
/// <param name="countIncludePad">Whether a mean counts the padding as elements.</param>
/// <exception cref="ArgumentOutOfRangeException">
/// A size is below its least value, the padding is more than half of the window, same padding meets a window of even size, or a mean
/// is asked for with dilation.
/// </exception>
public sealed class Pooling1D(
    PoolingMode mode, PerAxis kernelSize, PerAxis? stride = null, Pad padding = default, PerAxis? dilation = null, bool ceilMode = false,
    bool countIncludePad = true) : Pooling(1, mode, kernelSize, stride, padding, dilation, ceilMode, countIncludePad);

/// <summary>Takes the maximum or the mean of a window that slides over images.</summary>
/// <remarks>Input <c>(N, C, H, W)</c>, output <c>(N, C, H_out, W_out)</c>.</remarks>
/// <param name="mode">What is taken from each window.</param>
/// <param name="kernelSize">The size of the window.</param>
/// <param name="stride">The step of the window; by default its size.</param>
/// <param name="padding">
/// The padding on either side, at most half of the window; none by default. Same padding is exactly half of an odd window: with a
/// stride of 1 the output is as large as the input.
/// </param>
/// <param name="dilation">The distance between the elements of the window; 1 by default, and for a mean always.</param>
/// <param name="ceilMode">Whether the output's size is rounded up.</param>
/// <param name="countIncludePad">Whether a mean counts the padding as elements.</param>
/// <exception cref="ArgumentOutOfRangeException">
/// A size is below its least value, the padding is more than half of the window, same padding meets a window of even size, or a mean
/// is asked for with dilation.
/// </exception>
public sealed class Pooling2D(
    PoolingMode mode, PerAxis kernelSize, PerAxis? stride = null, Pad padding = default, PerAxis? dilation = null, bool ceilMode = false,
    bool countIncludePad = true) : Pooling(2, mode, kernelSize, stride, padding, dilation, ceilMode, countIncludePad);

/// <summary>Takes the maximum or the mean of a window that slides over volumes.</summary>
/// <remarks>Input <c>(N, C, D, H, W)</c>, output <c>(N, C, D_out, H_out, W_out)</c>.</remarks>
/// <param name="mode">What is taken from each window.</param>
/// <param name="kernelSize">The size of the window.</param>
/// <param name="stride">The step of the window; by default its size.</param>
/// <param name="padding">
/// The padding on either side, at most half of the window; none by default. Same padding is exactly half of an odd window: with a
/// stride of 1 the output is as large as the input.
/// </param>
/// <param name="dilation">The distance between the elements of the window; 1 by default, and for a mean always.</param>
/// <param name="ceilMode">Whether the output's size is rounded up.</param>
/// <param name="countIncludePad">Whether a mean counts the padding as elements.</param>
/// <exception cref="ArgumentOutOfRangeException">
/// A size is below its least value, the padding is more than half of the window, same padding meets a window of even size, or a mean
/// is asked for with dilation.
/// </exception>
public sealed class Pooling3D(
    PoolingMode mode, PerAxis kernelSize, PerAxis? stride = null, Pad padding = default, PerAxis? dilation = null, bool ceilMode = false,
    bool countIncludePad = true) : Pooling(3, mode, kernelSize, stride, padding, dilation, ceilMode, countIncludePad);
