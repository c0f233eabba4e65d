using Luma.Neural.Layers;

namespace Luma.Neural.Blocks;

/// <summary>
/// A convolution, then a norm if any and an activation if any, numbered from 0 as torchvision's networks have them. Its padding
/// keeps the size, but for the stride.
/// </summary>
/// <remarks>Input <c>(N, C_in, H, W)</c>, output <c>(N, C_out, ceil(H / stride), ceil(W / stride))</c> for windows of odd size.</remarks>
public sealed class ConvNormActivation : Sequence
{
    /// <summary>Makes the block.</summary>
    /// <param name="inChannels">The number of channels of the input.</param>
    /// <param name="outChannels">The number of channels of the output.</param>
    /// <param name="kernelSize">The size of the convolution's window.</param>
    /// <param name="stride">The step of the window.</param>
    /// <param name="padding">The padding of the input; by default (kernelSize - 1) / 2 * dilation.</param>
    /// <param name="dilation">The distance between the elements of the window.</param>
    /// <param name="groups">The number of groups of channels.</param>
    /// <param name="bias">Whether the convolution adds a bias; by default where no norm follows.</param>
    /// <param name="norm">The norm, or null for none.</param>
    /// <param name="activation">The activation, or null for none.</param>
    /// <exception cref="ArgumentOutOfRangeException">The convolution refuses an argument.</exception>
    public ConvNormActivation(
        long inChannels, long outChannels, long kernelSize = 3, long stride = 1, Pad? padding = null, long dilation = 1,
        long groups = 1, bool? bias = null, Layer? norm = null, Layer? activation = null) : base(nameof(ConvNormActivation))
    {
        Convolution = new Convolution2D(
            inChannels, outChannels, kernelSize, stride, padding ?? (kernelSize - 1) / 2 * dilation, dilation, groups, bias ?? norm is null);
        Add(Convolution);
        if (norm is not null) Add(norm);
        if (activation is not null) Add(activation);
    }

    /// <summary>The convolution.</summary>
    public Convolution2D Convolution { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{GetName()}({string.Join(", ", this)})";
}
