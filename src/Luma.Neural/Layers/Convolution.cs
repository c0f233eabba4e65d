using Luma.Neural.Operations;

namespace Luma.Neural.Layers;

/// <summary>
/// What the convolutions over one, two and three axes share. The output's size on each axis is
/// floor((size + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1.
/// </summary>
public abstract class Convolution : Layer
{
    private readonly Operation.Convolution operation;
    private readonly Operation.Pad? inputPadding;
    private readonly long[] least;
    private Parameter weight;
    private Parameter? bias;

    private protected Convolution(
        int rank, long inChannels, long outChannels, PerAxis kernelSize, PerAxis? stride, Pad padding, PerAxis? dilation,
        long groups, bool bias, PaddingModes paddingMode) : base($"Convolution{rank}D")
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(inChannels, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(outChannels, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(groups, 1);
        if (inChannels % groups != 0 || outChannels % groups != 0)
            throw new ArgumentOutOfRangeException(nameof(groups), groups, $"Must divide {inChannels} input and {outChannels} output channels.");

        if (!Enum.IsDefined(paddingMode))
            throw new ArgumentOutOfRangeException(nameof(paddingMode), paddingMode, "There is no such mode.");

        (Rank, InChannels, OutChannels, Groups, PaddingMode) = (rank, inChannels, outChannels, groups, paddingMode);
        (KernelSize, Stride, Padding, Dilation) = (kernelSize, stride ?? 1, padding, dilation ?? 1);

        var kernel = KernelSize.ToArray(rank, 1, nameof(kernelSize));
        var steps = Stride.ToArray(rank, 1, nameof(stride));
        var gaps = Dilation.ToArray(rank, 1, nameof(dilation));
        if (padding.IsSame && steps.Any(step => step != 1))
            throw new ArgumentOutOfRangeException(nameof(padding), padding, $"Needs a stride of 1, not {Stride}.");

        var window = kernel.Zip(gaps, (size, gap) => gap * (size - 1)).ToArray();
        var before = padding.IsSame ? [.. window.Select(size => size / 2)] : padding.Amount.ToArray(rank, 0, nameof(padding));
        var after = padding.IsSame ? [.. window.Select(size => size - (size / 2))] : before;

        // A convolution pads with zeros; anything else is put on the input first.
        if (paddingMode is not (PaddingModes.Zeros or PaddingModes.Constant))
            inputPadding = new([0, 0, .. before], [0, 0, .. after], paddingMode, Value: 0);
        var none = new long[rank];
        operation = new(steps, inputPadding is null ? before : none, inputPadding is null ? after : none, gaps, groups);

        // The window must fit; a reflection takes less than the whole input, a cyclic continuation no more than it.
        least = [.. Enumerable.Range(0, rank).Select(axis => Math.Max(window[axis] + 1 - before[axis] - after[axis], paddingMode switch
        {
            PaddingModes.Reflect => after[axis] + 1,
            PaddingModes.Circular => Math.Max(after[axis], 1),
            _ => 1,
        }))];

        weight = RegisterParameter(nameof(weight), empty([outChannels, inChannels / groups, .. kernel]));
        if (bias) this.bias = RegisterParameter(nameof(bias), empty(outChannels));
        ResetParameters();
    }

    /// <summary>The number of spatial axes: 1, 2 or 3.</summary>
    public int Rank { get; }

    /// <summary>The number of channels of the input.</summary>
    public long InChannels { get; }

    /// <summary>The number of channels of the output, which is the number of filters.</summary>
    public long OutChannels { get; }

    /// <summary>The size of the window.</summary>
    public PerAxis KernelSize { get; }

    /// <summary>The step of the window.</summary>
    public PerAxis Stride { get; }

    /// <summary>The padding of the input.</summary>
    public Pad Padding { get; }

    /// <summary>The distance between the elements of the window.</summary>
    public PerAxis Dilation { get; }

    /// <summary>The number of groups of channels, each with filters of its own.</summary>
    public long Groups { get; }

    /// <summary>What the input is padded with.</summary>
    public PaddingModes PaddingMode { get; }

    /// <summary>The filters: <c>(out, in / groups, kernel...)</c>.</summary>
    public Parameter Weight => weight;

    /// <summary>The bias: <c>(out)</c>, or null.</summary>
    public Parameter? Bias => bias;

    /// <summary>Draws weight and bias anew, as PyTorch does: uniform within 1 / sqrt(fan in).</summary>
    public void ResetParameters()
    {
        Initializers.KaimingUniform(weight, gain: Initializers.RectifierGain(Math.Sqrt(5)));
        if (bias is null) return;

        var bound = 1 / Math.Sqrt(Initializers.Fans(weight).In);
        Initializers.Uniform(bias, -bound, bound);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{GetName()}({InChannels} -> {OutChannels})";

    /// <inheritdoc/>
    protected sealed override void Check(Tensor input)
    {
        if (!Shapes.IsBatch(input, least) || input.size(1) != InChannels)
            throw InputMismatch(input.Dimensions == Rank + 2 && input.size(1) == InChannels
                ? Shapes.Batch(InChannels, Rank, least)
                : Shapes.Batch(InChannels, Rank), input);
    }

    /// <inheritdoc/>
    protected sealed override Tensor Compute(Tensor input)
    {
        if (inputPadding is null) return Ops.Run(operation, input, weight, bias);

        using var padded = Ops.Run(inputPadding, input);
        return Ops.Run(operation, padded, weight, bias);
    }
}

/// <summary>A convolution over sequences.</summary>
/// <remarks>Input <c>(N, C_in, W)</c>, output <c>(N, C_out, W_out)</c>.</remarks>
/// <param name="inChannels">The number of channels of the input.</param>
/// <param name="outChannels">The number of channels of the output.</param>
/// <param name="kernelSize">The size of the window.</param>
/// <param name="stride">The step of the window; 1 by default.</param>
/// <param name="padding">The padding of the input; none by default.</param>
/// <param name="dilation">The distance between the elements of the window; 1 by default.</param>
/// <param name="groups">The number of groups of channels.</param>
/// <param name="bias">Whether a bias is added.</param>
/// <param name="paddingMode">What the input is padded with; zeros by default.</param>
/// <exception cref="ArgumentOutOfRangeException">
/// A size is below its least value, the groups do not divide the channels, or same padding meets a stride.
/// </exception>
public sealed class Convolution1D(
    long inChannels, long outChannels, PerAxis kernelSize, PerAxis? stride = null, Pad padding = default, PerAxis? dilation = null,
    long groups = 1, bool bias = true, PaddingModes paddingMode = PaddingModes.Zeros)
    : Convolution(1, inChannels, outChannels, kernelSize, stride, padding, dilation, groups, bias, paddingMode);

/// <summary>A convolution over images.</summary>
/// <remarks>Input <c>(N, C_in, H, W)</c>, output <c>(N, C_out, H_out, W_out)</c>.</remarks>
/// <param name="inChannels">The number of channels of the input.</param>
/// <param name="outChannels">The number of channels of the output.</param>
/// <param name="kernelSize">The size of the window.</param>
/// <param name="stride">The step of the window; 1 by default.</param>
/// <param name="padding">The padding of the input; none by default.</param>
/// <param name="dilation">The distance between the elements of the window; 1 by default.</param>
/// <param name="groups">The number of groups of channels.</param>
/// <param name="bias">Whether a bias is added.</param>
/// <param name="paddingMode">What the input is padded with; zeros by default.</param>
/// <exception cref="ArgumentOutOfRangeException">
/// A size is below its least value, the groups do not divide the channels, or same padding meets a stride.
/// </exception>
public sealed class Convolution2D(
    long inChannels, long outChannels, PerAxis kernelSize, PerAxis? stride = null, Pad padding = default, PerAxis? dilation = null,
    long groups = 1, bool bias = true, PaddingModes paddingMode = PaddingModes.Zeros)
    : Convolution(2, inChannels, outChannels, kernelSize, stride, padding, dilation, groups, bias, paddingMode);

/// <summary>A convolution over volumes.</summary>
/// <remarks>Input <c>(N, C_in, D, H, W)</c>, output <c>(N, C_out, D_out, H_out, W_out)</c>.</remarks>
/// <param name="inChannels">The number of channels of the input.</param>
/// <param name="outChannels">The number of channels of the output.</param>
/// <param name="kernelSize">The size of the window.</param>
/// <param name="stride">The step of the window; 1 by default.</param>
/// <param name="padding">The padding of the input; none by default.</param>
/// <param name="dilation">The distance between the elements of the window; 1 by default.</param>
/// <param name="groups">The number of groups of channels.</param>
/// <param name="bias">Whether a bias is added.</param>
/// <param name="paddingMode">What the input is padded with; zeros by default.</param>
/// <exception cref="ArgumentOutOfRangeException">
/// A size is below its least value, the groups do not divide the channels, or same padding meets a stride.
/// </exception>
public sealed class Convolution3D(
    long inChannels, long outChannels, PerAxis kernelSize, PerAxis? stride = null, Pad padding = default, PerAxis? dilation = null,
    long groups = 1, bool bias = true, PaddingModes paddingMode = PaddingModes.Zeros)
    : Convolution(3, inChannels, outChannels, kernelSize, stride, padding, dilation, groups, bias, paddingMode);
