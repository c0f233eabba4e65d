using Luma.Neural.Layers;

namespace Luma.Neural.Blocks;

/// <summary>
/// A convolution and 1x1 convolutions after it, which make a small network at every place, each with a rectifier. Lin et al.,
/// "Network In Network" (2013), section 3.1.
/// </summary>
/// <remarks>
/// Input <c>(N, C_in, H, W)</c>, output <c>(N, C_out, H_out, W_out)</c> with the convolution's size. The children are numbered
/// from 0, the activations among them.
/// </remarks>
public sealed class NinBlock : Sequence
{
    /// <summary>Makes the block.</summary>
    /// <param name="inChannels">The number of channels of the input.</param>
    /// <param name="outChannels">
    /// The number of channels after each convolution: the first has the window, the others are 1x1.
    /// </param>
    /// <param name="kernelSize">The size of the first convolution's window.</param>
    /// <param name="stride">The step of that window.</param>
    /// <param name="padding">The padding of the input.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size is below its least value.</exception>
    /// <exception cref="ArgumentException"><paramref name="outChannels"/> is empty.</exception>
    public NinBlock(long inChannels, IReadOnlyList<long> outChannels, PerAxis kernelSize, PerAxis? stride = null, Pad padding = default)
        : base(nameof(NinBlock))
    {
        ArgumentNullException.ThrowIfNull(outChannels);
        if (outChannels.Count == 0) throw new ArgumentException("Needs at least one convolution.", nameof(outChannels));

        Append(new Convolution2D(inChannels, outChannels[0], kernelSize, stride, padding));
        for (var i = 1; i < outChannels.Count; i++) Append(new Convolution2D(outChannels[i - 1], outChannels[i], 1));
        (InChannels, OutChannels) = (inChannels, outChannels[^1]);
    }

    /// <summary>The number of channels of the input.</summary>
    public long InChannels { get; }

    /// <summary>The number of channels of the output.</summary>
    public long OutChannels { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{GetName()}({InChannels} -> {OutChannels})";

    private void Append(Convolution2D convolution)
    {
        Add(convolution);
        Add(new ReLU(inPlace: true));
    }
}
