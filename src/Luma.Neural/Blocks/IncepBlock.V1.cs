using Luma.Neural.Layers;

namespace Luma.Neural.Blocks;

/// <summary>
/// The blocks of the Inception networks: branches that look at one input through windows of several sizes, side by side.
/// </summary>
/// <remarks>A "redux" block halves the side. Branches are named <c>branch1</c>, <c>branch2</c> and so on, their links by number.</remarks>
public static partial class IncepBlock
{
    private static Pooling2D HalvingPool() => new(PoolingMode.Max, 3, stride: 2);

    // TensorFlow's means with "SAME" padding, which the authors' code takes, leave the padding out.
    private static Pooling2D SidePool(PoolingMode mode = PoolingMode.Average) => new(mode, 3, stride: 1, padding: 1, countIncludePad: false);

    /// <summary>
    /// GoogLeNet's block (Szegedy et al., "Going Deeper with Convolutions" (2014), figure 2b): 1x1, 1x1 and 3x3, 1x1 and 5x5, maximum and
    /// 1x1.
    /// </summary>
    /// <remarks>Input <c>(N, C_in, H, W)</c>, output <c>(N, one + three + five + pool, H, W)</c>.</remarks>
    public sealed class V1 : Branches
    {
        /// <summary>Makes the block; the numbers of filters are the columns of the paper's table 1.</summary>
        /// <param name="inChannels">The number of channels of the input.</param>
        /// <param name="one">Filters of 1x1.</param>
        /// <param name="threeReduce">Filters of 1x1 before those of 3x3.</param>
        /// <param name="three">Filters of 3x3.</param>
        /// <param name="fiveReduce">Filters of 1x1 before those of 5x5.</param>
        /// <param name="five">Filters of 5x5.</param>
        /// <param name="pool">Filters of 1x1 after the pooling.</param>
        /// <param name="style">How the convolutions are made.</param>
        /// <param name="fiveKernel">The side of the third branch's window: 5, but 3 in the network that TensorFlow and torchvision ship.</param>
        public V1(
            long inChannels, long one, long threeReduce, long three, long fiveReduce, long five, long pool, ConvStyle? style = null,
            long fiveKernel = 5) : base($"{nameof(IncepBlock)}.{nameof(V1)}")
        {
            style ??= new();
            Add("branch1", style.Conv(inChannels, one, 1));
            Add("branch2", new Sequence { style.Conv(inChannels, threeReduce, 1), style.Conv(threeReduce, three, 3) });
            Add("branch3", new Sequence { style.Conv(inChannels, fiveReduce, 1), style.Conv(fiveReduce, five, fiveKernel) });
            Add("branch4", new Sequence { SidePool(PoolingMode.Max), style.Conv(inChannels, pool, 1) });
        }
    }
}
