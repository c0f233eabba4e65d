using Luma.Neural.Layers;

namespace Luma.Neural.Blocks;

// Inception-ResNet-v1.
public partial class IncepResBlock
{
    /// <summary>The stem of Inception-ResNet-v1 (Szegedy et al. 2016, figure 14).</summary>
    /// <remarks>Input <c>(N, 3, 299, 299)</c>, output <c>(N, 256, 35, 35)</c>.</remarks>
    public sealed class V1_Stem : Sequence
    {
        /// <summary>Makes the stem.</summary>
        /// <param name="inChannels">The number of channels of the input.</param>
        /// <param name="style">How the convolutions are made.</param>
        public V1_Stem(long inChannels = 3, ConvStyle? style = null) : base($"{nameof(IncepResBlock)}.{nameof(V1_Stem)}")
        {
            style ??= new();
            Add(style.Conv(inChannels, 32, 3, stride: 2, Pad.Valid));
            Add(style.Conv(32, 32, 3, padding: Pad.Valid));
            Add(style.Conv(32, 64, 3));
            Add(new Pooling2D(PoolingMode.Max, 3, stride: 2));
            Add(style.Conv(64, 80, 1));
            Add(style.Conv(80, 192, 3, padding: Pad.Valid));
            Add(style.Conv(192, 256, 3, stride: 2, Pad.Valid));
        }
    }

    /// <summary>The block of Inception-ResNet-v1's 35x35 maps (the same paper, figure 10).</summary>
    /// <remarks>Input and output <c>(N, C, H, W)</c>.</remarks>
    /// <param name="channels">The number of channels.</param>
    /// <param name="scale">The factor on what is added.</param>
    /// <param name="style">How the convolutions are made.</param>
    public sealed class V1_TypeA(long channels = 256, double scale = 0.17, ConvStyle? style = null) : IncepResBlock(
        $"{nameof(IncepResBlock)}.{nameof(V1_TypeA)}", TypeA(style ?? new(), channels, [32, 32]), (style ?? new()).Linear(96, channels), scale);

    /// <summary>The block of Inception-ResNet-v1's 17x17 maps (the same paper, figure 11).</summary>
    /// <remarks>Input and output <c>(N, C, H, W)</c>.</remarks>
    /// <param name="channels">The number of channels.</param>
    /// <param name="scale">The factor on what is added.</param>
    /// <param name="style">How the convolutions are made.</param>
    public sealed class V1_TypeB(long channels = 896, double scale = 0.10, ConvStyle? style = null) : IncepResBlock(
        $"{nameof(IncepResBlock)}.{nameof(V1_TypeB)}", TypeBOrC(style ?? new(), channels, 128, n: 7, [128, 128, 128]),
        (style ?? new()).Linear(256, channels), scale);

    /// <summary>The block of Inception-ResNet-v1's 8x8 maps (the same paper, figure 13).</summary>
    /// <remarks>Input and output <c>(N, C, H, W)</c>.</remarks>
    /// <param name="channels">The number of channels.</param>
    /// <param name="scale">The factor on what is added.</param>
    /// <param name="style">How the convolutions are made.</param>
    public sealed class V1_TypeC(long channels = 1792, double scale = 0.20, ConvStyle? style = null) : IncepResBlock(
        $"{nameof(IncepResBlock)}.{nameof(V1_TypeC)}", TypeBOrC(style ?? new(), channels, 192, n: 3, [192, 192, 192]),
        (style ?? new()).Linear(384, channels), scale);

    /// <summary>Halves the 17x17 maps of Inception-ResNet-v1 (the same paper, figure 12).</summary>
    /// <remarks>Input <c>(N, C, H, W)</c>, output <c>(N, C + 896, (H - 1) / 2, (W - 1) / 2)</c>.</remarks>
    public sealed class V1_Redux : Branches
    {
        /// <summary>Makes the block.</summary>
        /// <param name="inChannels">The number of channels of the input.</param>
        /// <param name="style">How the convolutions are made.</param>
        public V1_Redux(long inChannels = 896, ConvStyle? style = null) : base($"{nameof(IncepResBlock)}.{nameof(V1_Redux)}") =>
            Redux(this, style ?? new(), inChannels, [256, 256]);
    }
}
