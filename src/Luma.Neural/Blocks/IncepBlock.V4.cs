using Luma.Neural.Layers;

namespace Luma.Neural.Blocks;

// Szegedy et al., "Inception-v4, Inception-ResNet and the Impact of Residual Connections on Learning" (2016). Where the authors' code
// has 1x7 and 7x1, or 1x3 and 3x1, the other way round, the blocks follow the paper's figures.
public static partial class IncepBlock
{
    /// <summary>
    /// The stem of Inception-v4 and Inception-ResNet-v2 (Szegedy et al., "Inception-v4, Inception-ResNet and the Impact of Residual
    /// Connections on Learning" (2016), figure 3).
    /// </summary>
    /// <remarks>Input <c>(N, 3, 299, 299)</c>, output <c>(N, 384, 35, 35)</c>.</remarks>
    public sealed class V4_Stem : Sequence
    {
        /// <summary>Makes the stem.</summary>
        /// <param name="inChannels">The number of channels of the input.</param>
        /// <param name="style">How the convolutions are made.</param>
        /// <param name="last">
        /// Makes what ends the longest branch: 64 to 96 channels, the side 2 less; by default the paper's unpadded 3x3 convolution.
        /// </param>
        public V4_Stem(long inChannels = 3, ConvStyle? style = null, Func<ConvStyle, NeuralModule>? last = null)
            : base($"{nameof(IncepBlock)}.{nameof(V4_Stem)}")
        {
            style ??= new();
            Add(style.Conv(inChannels, 32, 3, stride: 2, Pad.Valid));
            Add(style.Conv(32, 32, 3, padding: Pad.Valid));
            Add(style.Conv(32, 64, 3));
            Add(new Branches
            {
                { "branch1", HalvingPool() },
                { "branch2", style.Conv(64, 96, 3, stride: 2, Pad.Valid) },
            });
            Add(new Branches
            {
                { "branch1", new Sequence { style.Conv(160, 64, 1), style.Conv(64, 96, 3, padding: Pad.Valid) } },
                {
                    "branch2", new Sequence
                    {
                        style.Conv(160, 64, 1),
                        style.Conv(64, 64, (7, 1)),
                        style.Conv(64, 64, (1, 7)),
                        last is null ? style.Conv(64, 96, 3, padding: Pad.Valid) : last(style),
                    }
                },
            });
            Add(new Branches
            {
                { "branch1", style.Conv(192, 192, 3, stride: 2, Pad.Valid) },
                { "branch2", HalvingPool() },
            });
        }
    }

    /// <summary>The block of Inception-v4's 35x35 maps (the same paper, figure 4).</summary>
    /// <remarks>Input <c>(N, C_in, H, W)</c>, output <c>(N, 384, H, W)</c>.</remarks>
    public sealed class V4_TypeA : Branches
    {
        /// <summary>Makes the block.</summary>
        /// <param name="inChannels">The number of channels of the input.</param>
        /// <param name="style">How the convolutions are made.</param>
        public V4_TypeA(long inChannels = 384, ConvStyle? style = null) : base($"{nameof(IncepBlock)}.{nameof(V4_TypeA)}")
        {
            style ??= new();
            Add("branch1", new Sequence { SidePool(), style.Conv(inChannels, 96, 1) });
            Add("branch2", style.Conv(inChannels, 96, 1));
            Add("branch3", new Sequence { style.Conv(inChannels, 64, 1), style.Conv(64, 96, 3) });
            Add("branch4", new Sequence { style.Conv(inChannels, 64, 1), style.Conv(64, 96, 3), style.Conv(96, 96, 3) });
        }
    }

    /// <summary>The block of Inception-v4's 17x17 maps (the same paper, figure 5).</summary>
    /// <remarks>Input <c>(N, C_in, H, W)</c>, output <c>(N, 1024, H, W)</c>.</remarks>
    public sealed class V4_TypeB : Branches
    {
        /// <summary>Makes the block.</summary>
        /// <param name="inChannels">The number of channels of the input.</param>
        /// <param name="style">How the convolutions are made.</param>
        public V4_TypeB(long inChannels = 1024, ConvStyle? style = null) : base($"{nameof(IncepBlock)}.{nameof(V4_TypeB)}")
        {
            style ??= new();
            Add("branch1", new Sequence { SidePool(), style.Conv(inChannels, 128, 1) });
            Add("branch2", style.Conv(inChannels, 384, 1));
            // The figure prints 1x7 twice; the authors' code has 1x7 and 7x1.
            Add("branch3", new Sequence { style.Conv(inChannels, 192, 1), style.Conv(192, 224, (1, 7)), style.Conv(224, 256, (7, 1)) });
            Add("branch4", new Sequence
            {
                style.Conv(inChannels, 192, 1),
                style.Conv(192, 192, (1, 7)),
                style.Conv(192, 224, (7, 1)),
                style.Conv(224, 224, (1, 7)),
                style.Conv(224, 256, (7, 1)),
            });
        }
    }

    /// <summary>The block of Inception-v4's 8x8 maps (the same paper, figure 6).</summary>
    /// <remarks>Input <c>(N, C_in, H, W)</c>, output <c>(N, 1536, H, W)</c>.</remarks>
    public sealed class V4_TypeC : Branches
    {
        /// <summary>Makes the block.</summary>
        /// <param name="inChannels">The number of channels of the input.</param>
        /// <param name="style">How the convolutions are made.</param>
        public V4_TypeC(long inChannels = 1536, ConvStyle? style = null) : base($"{nameof(IncepBlock)}.{nameof(V4_TypeC)}")
        {
            style ??= new();
            Add("branch1", new Sequence { SidePool(), style.Conv(inChannels, 256, 1) });
            Add("branch2", style.Conv(inChannels, 256, 1));
            Add("branch3", new Sequence { style.Conv(inChannels, 384, 1), Fork(style, 384, 256) });
            Add("branch4", new Sequence
            {
                style.Conv(inChannels, 384, 1),
                style.Conv(384, 448, (1, 3)),
                style.Conv(448, 512, (3, 1)),
                Fork(style, 512, 256),
            });
        }
    }

    /// <summary>Halves the 35x35 maps of Inception-v4 and of both Inception-ResNets (the same paper, figure 7).</summary>
    /// <remarks>Input <c>(N, C_in, H, W)</c>, output <c>(N, C_in + n + m, (H - 1) / 2, (W - 1) / 2)</c>.</remarks>
    public sealed class V4_ReduxA : Branches
    {
        /// <summary>Makes the block; the letters are those of the paper's table 1, by default with Inception-v4's numbers.</summary>
        /// <param name="inChannels">The number of channels of the input.</param>
        /// <param name="k">Filters of 1x1.</param>
        /// <param name="l">Filters of the 3x3 that follows.</param>
        /// <param name="m">Filters of the 3x3 after that, with a stride of 2.</param>
        /// <param name="n">Filters of the single 3x3, with a stride of 2.</param>
        /// <param name="style">How the convolutions are made.</param>
        public V4_ReduxA(long inChannels = 384, long k = 192, long l = 224, long m = 256, long n = 384, ConvStyle? style = null)
            : base($"{nameof(IncepBlock)}.{nameof(V4_ReduxA)}")
        {
            style ??= new();
            Add("branch1", HalvingPool());
            Add("branch2", style.Conv(inChannels, n, 3, stride: 2, Pad.Valid));
            Add("branch3", new Sequence
            {
                style.Conv(inChannels, k, 1),
                style.Conv(k, l, 3),
                style.Conv(l, m, 3, stride: 2, Pad.Valid),
            });
        }
    }

    /// <summary>Halves the 17x17 maps of Inception-v4 (the same paper, figure 8).</summary>
    /// <remarks>Input <c>(N, C_in, H, W)</c>, output <c>(N, C_in + 512, (H - 1) / 2, (W - 1) / 2)</c>.</remarks>
    public sealed class V4_ReduxB : Branches
    {
        /// <summary>Makes the block.</summary>
        /// <param name="inChannels">The number of channels of the input.</param>
        /// <param name="style">How the convolutions are made.</param>
        public V4_ReduxB(long inChannels = 1024, ConvStyle? style = null) : base($"{nameof(IncepBlock)}.{nameof(V4_ReduxB)}")
        {
            style ??= new();
            Add("branch1", HalvingPool());
            Add("branch2", new Sequence { style.Conv(inChannels, 192, 1), style.Conv(192, 192, 3, stride: 2, Pad.Valid) });
            Add("branch3", new Sequence
            {
                style.Conv(inChannels, 256, 1),
                style.Conv(256, 256, (1, 7)),
                style.Conv(256, 320, (7, 1)),
                style.Conv(320, 320, 3, stride: 2, Pad.Valid),
            });
        }
    }
}
