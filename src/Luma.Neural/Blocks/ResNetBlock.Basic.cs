using Luma.Neural.Layers;

namespace Luma.Neural.Blocks;

public static partial class ResNetBlock
{
    /// <summary>Two convolutions of 3x3 and a shortcut: He et al. (2015), figure 5, left.</summary>
    /// <remarks>
    /// Input <c>(N, C_in, H, W)</c>, output <c>(N, C, H / stride, W / stride)</c>, rounded up. The children have torchvision's names:
    /// <c>conv1</c>, <c>bn1</c>, <c>relu</c>, <c>conv2</c>, <c>bn2</c>, <c>downsample</c>.
    /// </remarks>
    public sealed class Basic : Block
    {
        private readonly Convolution2D conv1, conv2;
        private readonly BatchNorm2D bn1, bn2;
        private readonly ReLU relu;
        private readonly NeuralModule downsample;

        /// <summary>Makes the block.</summary>
        /// <param name="inChannels">The number of channels of the input.</param>
        /// <param name="channels">The number of channels of the output.</param>
        /// <param name="stride">The step of the first convolution and of the shortcut.</param>
        /// <param name="shortcut">The shortcut where input and output differ in shape.</param>
        /// <param name="convBias">Whether the convolutions add a bias, which the norms behind them make superfluous.</param>
        /// <exception cref="ArgumentOutOfRangeException">A number is below 1, or zeros cannot make fewer channels.</exception>
        public Basic(
            long inChannels, long channels, long stride = 1, ResNetShortcut shortcut = ResNetShortcut.Projection, bool convBias = false)
            : base("ResNetBlock.Basic")
        {
            // The shortcut is made first, as torchvision does, so that the generator gives it the same numbers.
            downsample = ShortcutFor(shortcut, inChannels, channels, stride, norm: true, convBias);
            conv1 = Register("conv1", new Convolution2D(inChannels, channels, 3, stride, padding: 1, bias: convBias));
            bn1 = Register("bn1", new BatchNorm2D(channels));
            relu = Register("relu", new ReLU(inPlace: true));
            conv2 = Register("conv2", new Convolution2D(channels, channels, 3, padding: 1, bias: convBias));
            bn2 = Register("bn2", new BatchNorm2D(channels));
            Register("downsample", downsample);
        }

        /// <summary>The branch's last norm.</summary>
        public BatchNorm2D LastNorm => bn2;

        /// <inheritdoc/>
        public override string ToString() => $"{GetName()}({conv1.InChannels} -> {conv2.OutChannels})";

        /// <inheritdoc/>
        protected override Tensor Compute(Tensor x)
        {
            var y = relu.call(bn1.call(conv1.call(x)));
            y = bn2.call(conv2.call(y));
            return relu.call(Ops.Add(y, downsample.call(x), inPlace: true));
        }
    }
}
