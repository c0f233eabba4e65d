using Luma.Neural.Layers;

namespace Luma.Neural.Blocks;

/// <summary>
/// Scales each channel by a number between 0 and 1 that depends on all of them: the means of the channels go through a narrow layer
/// and back. Hu et al., "Squeeze-and-Excitation Networks" (2018), section 3 and figure 2.
/// </summary>
/// <remarks>
/// Input and output <c>(N, C, H, W)</c>. The children's names are torchvision's: <c>avgpool</c>, <c>fc1</c>, <c>fc2</c>,
/// <c>activation</c> and <c>scale_activation</c>.
/// </remarks>
public sealed class SqueezeExcitation : Block
{
    private readonly GlobalAvgPooling2D pool;
    private readonly Convolution2D squeeze, excite;
    private readonly Layer activation, scaleActivation;

    /// <summary>Makes the block.</summary>
    /// <param name="channels">The number of channels.</param>
    /// <param name="squeezeChannels">The width of the narrow layer.</param>
    /// <param name="activation">What follows the narrow layer; by default <see cref="ReLU"/>.</param>
    /// <param name="scaleActivation">What makes the scale; by default <see cref="Sigmoid"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is below 1.</exception>
    public SqueezeExcitation(long channels, long squeezeChannels, Layer? activation = null, Layer? scaleActivation = null)
        : base(nameof(SqueezeExcitation))
    {
        pool = Register("avgpool", new GlobalAvgPooling2D());
        squeeze = Register("fc1", new Convolution2D(channels, squeezeChannels, 1));
        excite = Register("fc2", new Convolution2D(squeezeChannels, channels, 1));
        this.activation = Register("activation", activation ?? new ReLU());
        this.scaleActivation = Register("scale_activation", scaleActivation ?? new Sigmoid());
    }

    /// <inheritdoc/>
    public override string ToString() => $"{GetName()}({squeeze.InChannels}, {squeeze.OutChannels})";

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor input)
    {
        var scale = activation.call(squeeze.call(pool.call(input)));
        return Ops.Multiply(scaleActivation.call(excite.call(scale)), input);
    }
}
