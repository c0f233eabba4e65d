using Luma.Neural.Layers;

namespace Luma.Neural.Blocks;

/// <summary>
/// GoogLeNet's auxiliary classifier (Szegedy et al. 2014, section 5): pooling, 128 filters of 1x1, 1,024 hidden units with ReLU, dropout,
/// and a linear layer. With a norm among the hidden units it is the "BN-auxiliary" of Inception-v3 (Szegedy et al. 2015, section 4).
/// </summary>
/// <remarks>
/// Input <c>(N, C, H, W)</c>, output logits <c>(N, classes)</c>. The children's names are <c>pool</c>, <c>conv</c>, <c>flatten</c>,
/// <c>fc1</c>, <c>bn</c>, <c>activation</c>, <c>dropout</c> and <c>fc2</c>.
/// </remarks>
public sealed class AuxiliaryHead : Sequence
{
    /// <summary>Makes the head.</summary>
    /// <param name="inChannels">The number of channels of the input.</param>
    /// <param name="pooling">The pooling, to <paramref name="side"/> x <paramref name="side"/>.</param>
    /// <param name="side">The side of the pooled maps.</param>
    /// <param name="numClasses">The number of classes.</param>
    /// <param name="style">How the convolution is made.</param>
    /// <param name="dropout">The probability that a hidden unit is dropped.</param>
    /// <param name="norm">The norm of the 1,024 hidden units, or null.</param>
    public AuxiliaryHead(
        long inChannels, Layer pooling, long side, long numClasses, ConvStyle style, double dropout = 0.7, BatchNorm1D? norm = null)
        : base(nameof(AuxiliaryHead))
    {
        ArgumentNullException.ThrowIfNull(style);
        Add("pool", pooling);
        Add("conv", style.Conv(inChannels, 128, 1));
        Add("flatten", new Flatten());
        Add("fc1", new Dense(128 * side * side, 1024));
        if (norm is not null) Add("bn", norm);
        Add("activation", new ReLU(inPlace: true));
        Add("dropout", new Dropout(dropout));
        Add("fc2", new Dense(1024, numClasses));
    }
}
