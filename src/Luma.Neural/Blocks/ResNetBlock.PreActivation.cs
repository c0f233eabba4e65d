using Luma.Neural.Layers;

namespace Luma.Neural.Blocks;

public static partial class ResNetBlock
{
    /// <summary>What the first norm and activation of a <see cref="PreActivation"/> block stand before.</summary>
    public enum Activated
    {
        /// <summary>The branch: the shortcut hands on the input as it is.</summary>
        Branch,

        /// <summary>Branch and shortcut: where the shape changes, and in the first block behind a bare convolution.</summary>
        Both,

        /// <summary>Nothing, for a first block whose input has been activated: it has no <c>bn1</c>.</summary>
        Neither,
    }

    /// <summary>
    /// Norm and activation before each convolution, and nothing behind the sum: He et al., "Identity Mappings in Deep Residual
    /// Networks" (2016), figure 4 (e).
    /// </summary>
    /// <remarks>
    /// Input <c>(N, C_in, H, W)</c>, output <c>(N, C_out, H / stride, W / stride)</c>, rounded up, where <c>C_out</c> is 4 * C in a
    /// bottleneck and C otherwise. The children's names are <c>bn1</c>, <c>conv1</c>, <c>bn2</c>, <c>conv2</c>, in a bottleneck
    /// <c>bn3</c>, <c>conv3</c>, then <c>relu</c> and <c>downsample</c>, a convolution without norm.
    /// </remarks>
    public sealed class PreActivation : Block
    {
        private readonly List<(BatchNorm2D? Norm, Convolution2D Convolution)> steps = [];
        private readonly ReLU relu = new(inPlace: true);
        private readonly NeuralModule downsample;
        private readonly Activated activated;

        /// <summary>Makes the block.</summary>
        /// <param name="inChannels">The number of channels of the input.</param>
        /// <param name="channels">The number of channels of the output, in a bottleneck a quarter of it.</param>
        /// <param name="stride">The step of one of the convolutions and of the shortcut.</param>
        /// <param name="bottleneck">Whether the convolutions are 1x1, 3x3 and 1x1, and not two of 3x3.</param>
        /// <param name="activated">What the first norm and activation stand before.</param>
        /// <param name="shortcut">The shortcut where input and output differ in shape.</param>
        /// <param name="strideFirst">Whether a bottleneck's first convolution has the stride, and not the 3x3 one.</param>
        /// <param name="convBias">Whether the convolutions add a bias.</param>
        /// <exception cref="ArgumentOutOfRangeException">A number is below 1, or zeros cannot make fewer channels.</exception>
        public PreActivation(
            long inChannels, long channels, long stride = 1, bool bottleneck = true, Activated activated = Activated.Branch,
            ResNetShortcut shortcut = ResNetShortcut.Projection, bool strideFirst = false, bool convBias = false)
            : base("ResNetBlock.PreActivation")
        {
            this.activated = activated;
            var outChannels = bottleneck ? channels * Bottleneck.Expansion : channels;
            (long Channels, long Kernel, long Stride)[] shapes = (bottleneck, strideFirst) switch
            {
                (true, true) => [(channels, 1, stride), (channels, 3, 1), (outChannels, 1, 1)],
                (true, false) => [(channels, 1, 1), (channels, 3, stride), (outChannels, 1, 1)],
                _ => [(channels, 3, stride), (channels, 3, 1)],
            };

            var width = inChannels;
            foreach (var shape in shapes)
            {
                var number = steps.Count + 1;
                var norm = number == 1 && activated == Activated.Neither ? null : Register($"bn{number}", new BatchNorm2D(width));
                var convolution = new Convolution2D(
                    width, shape.Channels, shape.Kernel, shape.Stride, padding: shape.Kernel / 2, bias: convBias);
                steps.Add((norm, Register($"conv{number}", convolution)));
                width = shape.Channels;
            }
            Register("relu", relu);
            downsample = Register("downsample", ShortcutFor(shortcut, inChannels, outChannels, stride, norm: false, convBias));
        }

        /// <inheritdoc/>
        public override string ToString() => $"{GetName()}({steps[0].Convolution.InChannels} -> {steps[^1].Convolution.OutChannels})";

        /// <inheritdoc/>
        protected override Tensor Compute(Tensor x)
        {
            var y = Activate(steps[0].Norm, x);
            if (activated == Activated.Both) x = y;
            y = steps[0].Convolution.call(y);
            foreach (var (norm, convolution) in steps.Skip(1)) y = convolution.call(Activate(norm, y));
            return Ops.Add(y, downsample.call(x), inPlace: true);
        }

        private Tensor Activate(BatchNorm2D? norm, Tensor x) => norm is null ? x : relu.call(norm.call(x));
    }
}
