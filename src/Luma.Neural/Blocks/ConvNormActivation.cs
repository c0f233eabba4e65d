using Luma.Neural.Layers;

namespace Luma.Neural.Blocks;

/// <summary>
/// A convolution over images, then a norm and an activation if any, under torchvision's names <c>0</c>, <c>1</c> and <c>2</c>.
/// </summary>
/// <remarks>Input <c>(N, C_in, H, W)</c>, output <c>(N, C_out, H_out, W_out)</c>.</remarks>
public sealed class ConvNormActivation : Sequence
{
    /// <summary>Makes the block.</summary>
    /// <param name="inChannels">The number of channels of the input.</param>
    /// <param name="outChannels">The number of channels of the output.</param>
    /// <param name="norm">Makes the norm for a number of channels; null for none.</param>
    /// <param name="activation">Makes the activation; null for none.</param>
    /// <param name="kernelSize">The side of the convolution's window.</param>
    /// <param name="stride">The step of the window.</param>
    /// <param name="groups">Into how many groups the channels fall.</param>
    /// <param name="dilation">The distance between the elements of the window.</param>
    /// <param name="padding">The padding; by default what keeps the size at a stride of 1.</param>
    /// <param name="bias">Whether the convolution adds a bias; by default where there is no norm.</param>
    /// <exception cref="ArgumentOutOfRangeException">The convolution refuses an argument.</exception>
    public ConvNormActivation(
        long inChannels, long outChannels, Func<long, Layer>? norm, Func<Layer>? activation, long kernelSize = 3, long stride = 1,
        long groups = 1, long dilation = 1, Pad? padding = null, bool? bias = null) : base(nameof(ConvNormActivation))
    {
        Add(new Convolution2D(
            inChannels, outChannels, kernelSize, stride, padding ?? ((kernelSize - 1) / 2 * dilation), dilation, groups, bias ?? norm is null));
        if (norm is not null) Add(norm(outChannels));
        if (activation is not null) Add(activation());
    }
}
