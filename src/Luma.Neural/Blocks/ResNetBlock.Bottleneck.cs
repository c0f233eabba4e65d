using Luma.Neural.Layers;

namespace Luma.Neural.Blocks;

public static partial class ResNetBlock
{
    /// <summary>
    /// A convolution of 1x1 that narrows, one of 3x3, one of 1x1 that widens, and a shortcut: He et al. (2015), figure 5, right. With
    /// groups it is the block of Xie et al., "Aggregated Residual Transformations for Deep Neural Networks" (2017), figure 3 (c).
    /// </summary>
    /// <remarks>
    /// Input <c>(N, C_in, H, W)</c>, output <c>(N, 4 * C, H / stride, W / stride)</c>, rounded up. The children have torchvision's
    /// names: <c>conv1</c>, <c>bn1</c>, <c>conv2</c>, <c>bn2</c>, <c>conv3</c>, <c>bn3</c>, <c>relu</c>, <c>downsample</c>.
    /// </remarks>
    public sealed class Bottleneck : Block
    {
        /// <summary>How many times as many channels as <c>C</c> the output has.</summary>
        public const long Expansion = 4;

        private readonly Convolution2D conv1, conv2, conv3;
        private readonly BatchNorm2D bn1, bn2, bn3;
        private readonly ReLU relu;
        private readonly NeuralModule downsample;

        /// <summary>Makes the block.</summary>
        /// <param name="inChannels">The number of channels of the input.</param>
        /// <param name="channels">A quarter of the number of channels of the output.</param>
        /// <param name="stride">The step of one of the convolutions and of the shortcut.</param>
        /// <param name="groups">The number of groups of channels in the 3x3 convolution.</param>
        /// <param name="baseWidth">
        /// How many channels a group has for every 64 of <paramref name="channels"/>: the 3x3 convolution has
        /// <c>channels * baseWidth / 64 * groups</c>.
        /// </param>
        /// <param name="dilation">The distance between the elements of the 3x3 window.</param>
        /// <param name="shortcut">The shortcut where input and output differ in shape.</param>
        /// <param name="strideFirst">
        /// Whether the first convolution has the stride, as in the paper, and not the 3x3 one, as in torchvision.
        /// </param>
        /// <param name="convBias">Whether the convolutions add a bias, which the norms behind them make superfluous.</param>
        /// <exception cref="ArgumentOutOfRangeException">A number is below 1, or zeros cannot make fewer channels.</exception>
        public Bottleneck(
            long inChannels, long channels, long stride = 1, long groups = 1, long baseWidth = 64, long dilation = 1,
            ResNetShortcut shortcut = ResNetShortcut.Projection, bool strideFirst = false, bool convBias = false)
            : base("ResNetBlock.Bottleneck")
        {
            var width = channels * baseWidth / 64 * groups;
            var outChannels = channels * Expansion;
            var (first, middle) = strideFirst ? (stride, 1L) : (1L, stride);

            // The shortcut is made first, as torchvision does, so that the generator gives it the same numbers.
            downsample = ShortcutFor(shortcut, inChannels, outChannels, stride, norm: true, convBias);
            conv1 = Register("conv1", new Convolution2D(inChannels, width, 1, first, bias: convBias));
            bn1 = Register("bn1", new BatchNorm2D(width));
            conv2 = Register("conv2", new Convolution2D(width, width, 3, middle, padding: dilation, dilation, groups, convBias));
            bn2 = Register("bn2", new BatchNorm2D(width));
            conv3 = Register("conv3", new Convolution2D(width, outChannels, 1, bias: convBias));
            bn3 = Register("bn3", new BatchNorm2D(outChannels));
            relu = Register("relu", new ReLU(inPlace: true));
            Register("downsample", downsample);
        }

        /// <summary>The branch's last norm.</summary>
        public BatchNorm2D LastNorm => bn3;

        /// <inheritdoc/>
        public override string ToString() => $"{GetName()}({conv1.InChannels} -> {conv3.OutChannels})";

        /// <inheritdoc/>
        protected override Tensor Compute(Tensor x)
        {
            var y = relu.call(bn1.call(conv1.call(x)));
            y = relu.call(bn2.call(conv2.call(y)));
            y = bn3.call(conv3.call(y));
            return relu.call(Ops.Add(y, downsample.call(x), inPlace: true));
        }
    }
}
