using Luma.Neural.Layers;

namespace Luma.Neural.Blocks;

/// <summary>
/// Convolutions of 3x3 that keep the size, each with a rectifier, then max pooling of 2x2 that halves it. Simonyan and Zisserman,
/// "Very Deep Convolutional Networks for Large-Scale Image Recognition" (2014), section 2.1.
/// </summary>
/// <remarks>
/// Input <c>(N, C_in, H, W)</c>, output <c>(N, C_out, floor(H / 2), floor(W / 2))</c>. The children are numbered from 0.
/// </remarks>
public sealed class VggBlock : Sequence
{
    /// <summary>Makes the block.</summary>
    /// <param name="inChannels">The number of channels of the input.</param>
    /// <param name="outChannels">The number of channels after each convolution.</param>
    /// <param name="convolutions">How many convolutions there are.</param>
    /// <param name="batchNorm">Whether each convolution is followed by batch normalisation.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is below 1.</exception>
    public VggBlock(long inChannels, long outChannels, int convolutions, bool batchNorm = false) : base(nameof(VggBlock))
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(convolutions, 1);
        foreach (var layer in Layers(inChannels, outChannels, [.. Enumerable.Repeat(3, convolutions)], batchNorm)) Add(layer);
        (InChannels, OutChannels) = (inChannels, outChannels);
    }

    /// <summary>The number of channels of the input.</summary>
    public long InChannels { get; }

    /// <summary>The number of channels of the output.</summary>
    public long OutChannels { get; }

    /// <summary>The layers of such a block, for a network that numbers the layers of all blocks through, as torchvision's do.</summary>
    /// <param name="inChannels">The number of channels of the input.</param>
    /// <param name="outChannels">The number of channels after each convolution.</param>
    /// <param name="windows">The sizes of the convolutions' windows, all odd.</param>
    /// <param name="batchNorm">Whether each convolution is followed by batch normalisation.</param>
    /// <param name="responseNorm">Whether each rectifier is followed by local response normalisation with its paper's numbers.</param>
    /// <returns>New layers, each made when it is asked for.</returns>
    public static IEnumerable<Layer> Layers(
        long inChannels, long outChannels, IReadOnlyList<int> windows, bool batchNorm = false, bool responseNorm = false)
    {
        ArgumentNullException.ThrowIfNull(windows);
        foreach (var window in windows)
        {
            yield return new Convolution2D(inChannels, outChannels, window, padding: window / 2);
            if (batchNorm) yield return new BatchNorm2D(outChannels);
            yield return new ReLU(inPlace: true);
            if (responseNorm) yield return LocalResponseNorm.FromPaper();
            inChannels = outChannels;
        }
        yield return new Pooling2D(PoolingMode.Max, 2);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{GetName()}({InChannels} -> {OutChannels})";
}
