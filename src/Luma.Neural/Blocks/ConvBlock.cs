using Luma.Neural.Layers;

namespace Luma.Neural.Blocks;

/// <summary>
/// What the convolution blocks over one, two and three axes share: a convolution, then batch normalisation if any, an activation,
/// and pooling and dropout if any.
/// </summary>
/// <remarks>The children's names are <c>conv</c>, <c>bn</c>, <c>activation</c>, <c>pool</c> and <c>dropout</c>.</remarks>
public abstract class ConvBlock : LayerBlock
{
    private protected ConvBlock(Convolution convolution, BatchNorm? norm, Layer? activation, Layer? pooling, Layer? dropout)
        : base($"ConvBlock{convolution.Rank}D", "conv", convolution, convolution.OutChannels, norm, activation, pooling, dropout)
    {
    }

    /// <summary>The pooling, or null.</summary>
    public new Layer? Pooling => base.Pooling;
}

/// <summary>A convolution over sequences with what follows it.</summary>
/// <remarks>
/// Input <c>(N, C_in, W)</c>, output <c>(N, C_out, W_out)</c>. The children's names are <c>conv</c>, <c>bn</c>,
/// <c>activation</c>, <c>pool</c> and <c>dropout</c>.
/// </remarks>
/// <param name="inChannels">The number of channels of the input.</param>
/// <param name="outChannels">The number of channels of the output.</param>
/// <param name="kernelSize">The size of the convolution's window.</param>
/// <param name="stride">The step of the window; 1 by default.</param>
/// <param name="padding">The padding of the input; none by default.</param>
/// <param name="dilation">The distance between the elements of the window; 1 by default.</param>
/// <param name="groups">The number of groups of channels.</param>
/// <param name="bias">Whether the convolution adds a bias.</param>
/// <param name="norm">The batch normalisation, or null for none.</param>
/// <param name="activation">The activation; by default an in-place <see cref="ReLU"/>.</param>
/// <param name="pooling">The pooling, or null for none.</param>
/// <param name="dropout">The dropout, or null for none.</param>
/// <exception cref="ArgumentOutOfRangeException">
/// The convolution refuses an argument, or <paramref name="norm"/> has another number of channels than the output.
/// </exception>
public sealed class ConvBlock1D(
    long inChannels, long outChannels, PerAxis kernelSize, PerAxis? stride = null, Pad padding = default, PerAxis? dilation = null,
    long groups = 1, bool bias = true, BatchNorm1D? norm = null, Layer? activation = null, Layer? pooling = null, Layer? dropout = null)
    : ConvBlock(
        new Convolution1D(inChannels, outChannels, kernelSize, stride, padding, dilation, groups, bias),
        norm, activation, pooling, dropout);

/// <summary>A convolution over images with what follows it.</summary>
/// <remarks>
/// Input <c>(N, C_in, H, W)</c>, output <c>(N, C_out, H_out, W_out)</c>. The children's names are <c>conv</c>, <c>bn</c>,
/// <c>activation</c>, <c>pool</c> and <c>dropout</c>.
/// </remarks>
/// <param name="inChannels">The number of channels of the input.</param>
/// <param name="outChannels">The number of channels of the output.</param>
/// <param name="kernelSize">The size of the convolution's window.</param>
/// <param name="stride">The step of the window; 1 by default.</param>
/// <param name="padding">The padding of the input; none by default.</param>
/// <param name="dilation">The distance between the elements of the window; 1 by default.</param>
/// <param name="groups">The number of groups of channels.</param>
/// <param name="bias">Whether the convolution adds a bias.</param>
/// <param name="norm">The batch normalisation, or null for none.</param>
/// <param name="activation">The activation; by default an in-place <see cref="ReLU"/>.</param>
/// <param name="pooling">The pooling, or null for none.</param>
/// <param name="dropout">The dropout, or null for none.</param>
/// <exception cref="ArgumentOutOfRangeException">
/// The convolution refuses an argument, or <paramref name="norm"/> has another number of channels than the output.
/// </exception>
public sealed class ConvBlock2D(
    long inChannels, long outChannels, PerAxis kernelSize, PerAxis? stride = null, Pad padding = default, PerAxis? dilation = null,
    long groups = 1, bool bias = true, BatchNorm2D? norm = null, Layer? activation = null, Layer? pooling = null, Layer? dropout = null)
    : ConvBlock(
        new Convolution2D(inChannels, outChannels, kernelSize, stride, padding, dilation, groups, bias),
        norm, activation, pooling, dropout);

/// <summary>A convolution over volumes with what follows it.</summary>
/// <remarks>
/// Input <c>(N, C_in, D, H, W)</c>, output <c>(N, C_out, D_out, H_out, W_out)</c>. The children's names are <c>conv</c>, <c>bn</c>,
/// <c>activation</c>, <c>pool</c> and <c>dropout</c>.
/// </remarks>
/// <param name="inChannels">The number of channels of the input.</param>
/// <param name="outChannels">The number of channels of the output.</param>
/// <param name="kernelSize">The size of the convolution's window.</param>
/// <param name="stride">The step of the window; 1 by default.</param>
/// <param name="padding">The padding of the input; none by default.</param>
/// <param name="dilation">The distance between the elements of the window; 1 by default.</param>
/// <param name="groups">The number of groups of channels.</param>
/// <param name="bias">Whether the convolution adds a bias.</param>
/// <param name="norm">The batch normalisation, or null for none.</param>
/// <param name="activation">The activation; by default an in-place <see cref="ReLU"/>.</param>
/// <param name="pooling">The pooling, or null for none.</param>
/// <param name="dropout">The dropout, or null for none.</param>
/// <exception cref="ArgumentOutOfRangeException">
/// The convolution refuses an argument, or <paramref name="norm"/> has another number of channels than the output.
/// </exception>
public sealed class ConvBlock3D(
    long inChannels, long outChannels, PerAxis kernelSize, PerAxis? stride = null, Pad padding = default, PerAxis? dilation = null,
    long groups = 1, bool bias = true, BatchNorm3D? norm = null, Layer? activation = null, Layer? pooling = null, Layer? dropout = null)
    : ConvBlock(
        new Convolution3D(inChannels, outChannels, kernelSize, stride, padding, dilation, groups, bias),
        norm, activation, pooling, dropout);
