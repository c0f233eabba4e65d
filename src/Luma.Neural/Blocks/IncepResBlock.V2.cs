namespace Luma.Neural.Blocks;

// Inception-ResNet-v2, whose stem and first reduction are IncepBlock.V4_Stem and IncepBlock.V4_ReduxA.
public partial class IncepResBlock
{
    /// <summary>The block of Inception-ResNet-v2's 35x35 maps (Szegedy et al. 2016, figure 16).</summary>
    /// <remarks>Input and output <c>(N, C, H, W)</c>.</remarks>
    /// <param name="channels">The number of channels.</param>
    /// <param name="scale">The factor on what is added.</param>
    /// <param name="style">How the convolutions are made.</param>
    public sealed class V2_TypeA(long channels = 384, double scale = 0.17, ConvStyle? style = null) : IncepResBlock(
        $"{nameof(IncepResBlock)}.{nameof(V2_TypeA)}", TypeA(style ?? new(), channels, [48, 64]), (style ?? new()).Linear(128, channels), scale);

    /// <summary>The block of Inception-ResNet-v2's 17x17 maps (the same paper, figure 17).</summary>
    /// <remarks>Input and output <c>(N, C, H, W)</c>; the paper's network has C = 1152, which the figure prints as 1154.</remarks>
    /// <param name="channels">The number of channels.</param>
    /// <param name="scale">The factor on what is added.</param>
    /// <param name="style">How the convolutions are made.</param>
    public sealed class V2_TypeB(long channels = 1280, double scale = 0.10, ConvStyle? style = null) : IncepResBlock(
        $"{nameof(IncepResBlock)}.{nameof(V2_TypeB)}", TypeBOrC(style ?? new(), channels, 192, n: 7, [128, 160, 192]),
        (style ?? new()).Linear(384, channels), scale);

    /// <summary>The block of Inception-ResNet-v2's 8x8 maps (the same paper, figure 19).</summary>
    /// <remarks>Input and output <c>(N, C, H, W)</c>; the paper's network has C = 2144, where the figure prints 2048.</remarks>
    /// <param name="channels">The number of channels.</param>
    /// <param name="scale">The factor on what is added.</param>
    /// <param name="style">How the convolutions are made.</param>
    public sealed class V2_TypeC(long channels = 2272, double scale = 0.20, ConvStyle? style = null) : IncepResBlock(
        $"{nameof(IncepResBlock)}.{nameof(V2_TypeC)}", TypeBOrC(style ?? new(), channels, 192, n: 3, [192, 224, 256]),
        (style ?? new()).Linear(448, channels), scale);

    /// <summary>Halves the 17x17 maps of Inception-ResNet-v2 (the same paper, figure 18).</summary>
    /// <remarks>Input <c>(N, C, H, W)</c>, output <c>(N, C + 992, (H - 1) / 2, (W - 1) / 2)</c>.</remarks>
    public sealed class V2_Redux : Branches
    {
        /// <summary>Makes the block.</summary>
        /// <param name="inChannels">The number of channels of the input.</param>
        /// <param name="style">How the convolutions are made.</param>
        public V2_Redux(long inChannels = 1280, ConvStyle? style = null) : base($"{nameof(IncepResBlock)}.{nameof(V2_Redux)}") =>
            Redux(this, style ?? new(), inChannels, [288, 320]);
    }
}
