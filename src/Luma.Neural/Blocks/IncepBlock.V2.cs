using Luma.Neural.Layers;

namespace Luma.Neural.Blocks;

// Szegedy et al., "Rethinking the Inception Architecture for Computer Vision" (2015).
public static partial class IncepBlock
{
    /// <summary>
    /// Two windows of 3x3 in place of one of 5x5 (Szegedy et al., "Rethinking the Inception Architecture" (2015), figure 5): 1x1, 1x1 and
    /// 3x3, 1x1 and twice 3x3, mean and 1x1.
    /// </summary>
    /// <remarks>Input <c>(N, C_in, H, W)</c>, output <c>(N, one + three + twice + pool, H, W)</c>.</remarks>
    public sealed class V2_TypeA : Branches
    {
        /// <summary>Makes the block; by default with the filters of the networks' 35x35 maps.</summary>
        /// <param name="inChannels">The number of channels of the input.</param>
        /// <param name="one">Filters of 1x1.</param>
        /// <param name="threeReduce">Filters of 1x1 before the single 3x3.</param>
        /// <param name="three">Filters of the single 3x3.</param>
        /// <param name="twiceReduce">Filters of 1x1 before the two 3x3.</param>
        /// <param name="twice">Filters of each of the two 3x3.</param>
        /// <param name="pool">Filters of 1x1 after the pooling.</param>
        /// <param name="style">How the convolutions are made.</param>
        public V2_TypeA(
            long inChannels, long one = 64, long threeReduce = 48, long three = 64, long twiceReduce = 64, long twice = 96, long pool = 64,
            ConvStyle? style = null) : base($"{nameof(IncepBlock)}.{nameof(V2_TypeA)}")
        {
            style ??= new();
            Add("branch1", style.Conv(inChannels, one, 1));
            Add("branch2", new Sequence { style.Conv(inChannels, threeReduce, 1), style.Conv(threeReduce, three, 3) });
            Add("branch3", new Sequence
            {
                style.Conv(inChannels, twiceReduce, 1),
                style.Conv(twiceReduce, twice, 3),
                style.Conv(twice, twice, 3),
            });
            Add("branch4", new Sequence { SidePool(), style.Conv(inChannels, pool, 1) });
        }
    }

    /// <summary>
    /// Windows of 7x7 made of 1x7 and 7x1 (the same paper, figure 6 with n = 7): 1x1, one such window, two of them, pooling and 1x1.
    /// </summary>
    /// <remarks>Input <c>(N, C_in, H, W)</c>, output <c>(N, 4 * out, H, W)</c>.</remarks>
    public sealed class V2_TypeB : Branches
    {
        /// <summary>Makes the block; by default with the filters of the networks' 17x17 maps.</summary>
        /// <param name="inChannels">The number of channels of the input.</param>
        /// <param name="inner">Filters of all but the last convolution of a branch.</param>
        /// <param name="outer">Filters of the last convolution of each branch.</param>
        /// <param name="pooling">What the pooling takes; the paper says only "Pool".</param>
        /// <param name="style">How the convolutions are made.</param>
        public V2_TypeB(
            long inChannels, long inner, long outer = 192, PoolingMode pooling = PoolingMode.Average, ConvStyle? style = null)
            : base($"{nameof(IncepBlock)}.{nameof(V2_TypeB)}")
        {
            style ??= new();
            Add("branch1", style.Conv(inChannels, outer, 1));
            Add("branch2", new Sequence
            {
                style.Conv(inChannels, inner, 1),
                style.Conv(inner, inner, (1, 7)),
                style.Conv(inner, outer, (7, 1)),
            });
            Add("branch3", new Sequence
            {
                style.Conv(inChannels, inner, 1),
                style.Conv(inner, inner, (1, 7)),
                style.Conv(inner, inner, (7, 1)),
                style.Conv(inner, inner, (1, 7)),
                style.Conv(inner, outer, (7, 1)),
            });
            Add("branch4", new Sequence { SidePool(pooling), style.Conv(inChannels, outer, 1) });
        }
    }

    /// <summary>
    /// Branches that widen at their end (the same paper, figure 7): 1x1, 1x1 that forks into 1x3 and 3x1, 1x1 and 3x3 that forks likewise,
    /// pooling and 1x1.
    /// </summary>
    /// <remarks>Input <c>(N, C_in, H, W)</c>, output <c>(N, one + 4 * fork + pool, H, W)</c>.</remarks>
    public sealed class V2_TypeC : Branches
    {
        /// <summary>Makes the block; by default with the filters of the networks' 8x8 maps.</summary>
        /// <param name="inChannels">The number of channels of the input.</param>
        /// <param name="one">Filters of 1x1.</param>
        /// <param name="threeReduce">Filters of 1x1 before the 3x3.</param>
        /// <param name="fork">Filters of the second branch's 1x1, of the 3x3, and of each 1x3 and 3x1.</param>
        /// <param name="pool">Filters of 1x1 after the pooling.</param>
        /// <param name="pooling">What the pooling takes; the paper says only "Pool".</param>
        /// <param name="style">How the convolutions are made.</param>
        public V2_TypeC(
            long inChannels, long one = 320, long threeReduce = 448, long fork = 384, long pool = 192,
            PoolingMode pooling = PoolingMode.Average, ConvStyle? style = null) : base($"{nameof(IncepBlock)}.{nameof(V2_TypeC)}")
        {
            style ??= new();
            Add("branch1", style.Conv(inChannels, one, 1));
            Add("branch2", new Sequence { style.Conv(inChannels, fork, 1), Fork(style, fork, fork) });
            Add("branch3", new Sequence { style.Conv(inChannels, threeReduce, 1), style.Conv(threeReduce, fork, 3), Fork(style, fork, fork) });
            Add("branch4", new Sequence { SidePool(pooling), style.Conv(inChannels, pool, 1) });
        }
    }

    /// <summary>
    /// Halves the side without a bottleneck (the same paper, figure 10): 1x1 and 3x3, 1x1 and twice 3x3, maximum; the last of each with a
    /// stride of 2.
    /// </summary>
    /// <remarks>Input <c>(N, C_in, H, W)</c>, output <c>(N, three + twice + C_in, (H - 1) / 2, (W - 1) / 2)</c>.</remarks>
    public sealed class V2_Redux : Branches
    {
        /// <summary>Makes the block.</summary>
        /// <param name="inChannels">The number of channels of the input.</param>
        /// <param name="reduce">Filters of 1x1 in either branch.</param>
        /// <param name="three">Filters of the single 3x3.</param>
        /// <param name="twice">Filters of each of the two 3x3.</param>
        /// <param name="style">How the convolutions are made.</param>
        public V2_Redux(long inChannels, long reduce, long three, long twice, ConvStyle? style = null)
            : base($"{nameof(IncepBlock)}.{nameof(V2_Redux)}")
        {
            style ??= new();
            Add("branch1", new Sequence { style.Conv(inChannels, reduce, 1), style.Conv(reduce, three, 3, stride: 2, Pad.Valid) });
            Add("branch2", new Sequence
            {
                style.Conv(inChannels, reduce, 1),
                style.Conv(reduce, twice, 3),
                style.Conv(twice, twice, 3, stride: 2, Pad.Valid),
            });
            Add("branch3", HalvingPool());
        }
    }

    private static Branches Fork(ConvStyle style, long inChannels, long outChannels) => new()
    {
        { "branch1", style.Conv(inChannels, outChannels, (1, 3)) },
        { "branch2", style.Conv(inChannels, outChannels, (3, 1)) },
    };
}
