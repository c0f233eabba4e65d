using Luma.Neural;

namespace Luma.Zoo.Models;

/// <summary>
/// Turns images that were normalised with ImageNet's mean and deviation into what TensorFlow's weights were trained on: a mean and a
/// deviation of 0.5 for every channel. Input and output <c>(N, 3, H, W)</c>.
/// </summary>
internal sealed class TransformInput : Block
{
    private Tensor scale, shift;

    public TransformInput(long inChannels) : base(nameof(TransformInput))
    {
        if (inChannels != 3) throw new ArgumentOutOfRangeException(nameof(inChannels), inChannels, "The input's transformation is for 3 channels.");

        scale = RegisterBuffer(nameof(scale), PerChannel(0.229 / 0.5, 0.224 / 0.5, 0.225 / 0.5), persistent: false);
        shift = RegisterBuffer(nameof(shift), PerChannel((0.485 - 0.5) / 0.5, (0.456 - 0.5) / 0.5, (0.406 - 0.5) / 0.5), persistent: false);
    }

    protected override Tensor Compute(Tensor x) => Ops.Add(Ops.Multiply(x, scale), shift);

    private static Tensor PerChannel(params double[] values) => tensor(values, [1, 3, 1, 1], float32);
}
