using Luma.Neural.Operations;

namespace Luma.Neural.Layers;

/// <summary>
/// Brings the channels of every pixel to mean 0 and variance 1, then scales them by <c>weight</c> and shifts them by <c>bias</c>:
/// <see cref="LayerNorm"/> over the channels of images.
/// </summary>
/// <remarks>Input and output <c>(N, C, H, W)</c>.</remarks>
public sealed class LayerNorm2D : Layer
{
    // libtorch normalises the last dimensions: the channels go there and come back.
    private static readonly Operation.Permute channelsLast = new([0, 2, 3, 1]), channelsFirst = new([0, 3, 1, 2]);

    private readonly Operation.LayerNorm operation;
    private Parameter weight, bias;

    /// <summary>Makes the layer.</summary>
    /// <param name="channels">The number of channels.</param>
    /// <param name="eps">What is added to the variance before its root is taken.</param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// <paramref name="channels"/> is below 1, or <paramref name="eps"/> is negative.
    /// </exception>
    public LayerNorm2D(long channels, double eps = 1e-5) : base(nameof(LayerNorm2D))
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        if (!(eps >= 0 && double.IsFinite(eps))) throw new ArgumentOutOfRangeException(nameof(eps), eps, "Must not be negative.");

        (Channels, operation) = (channels, new([channels], eps));
        weight = RegisterParameter(nameof(weight), empty(channels));
        bias = RegisterParameter(nameof(bias), empty(channels));
        ResetParameters();
    }

    /// <summary>The number of channels.</summary>
    public long Channels { get; }

    /// <summary>What is added to the variance before its root is taken.</summary>
    public double Eps => operation.Epsilon;

    /// <summary>The scale: <c>(C)</c>.</summary>
    public Parameter Weight => weight;

    /// <summary>The shift: <c>(C)</c>.</summary>
    public Parameter Bias => bias;

    /// <summary>Makes scale and shift 1 and 0, as PyTorch does.</summary>
    public void ResetParameters()
    {
        Initializers.Constant(weight, 1);
        Initializers.Constant(bias, 0);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{GetName()}({Channels})";

    /// <inheritdoc/>
    protected override void Check(Tensor input)
    {
        if (input.Dimensions != 4 || input.size(1) != Channels) throw InputMismatch(Shapes.Batch(Channels, 2), input);
    }

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor input)
    {
        using var scope = NewDisposeScope();
        var output = Ops.Run(operation, Ops.Run(channelsLast, input), weight, bias);
        return Ops.Run(channelsFirst, output).MoveToOuterDisposeScope();
    }
}
