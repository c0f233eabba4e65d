using Luma.Neural;
using Luma.Neural.Blocks;
using Luma.Neural.Layers;

namespace Luma.Zoo.Models;

/// <summary>
/// Where the layers that the Luma package lists for Inception-v4 and the Inception-ResNets do not fit one another, what makes them fit
/// without a parameter more or less: its figures are met, and the networks run.
/// </summary>
internal static class LumaParts
{
    /// <summary>A bias in every convolution, and a norm after the residual blocks' last as well.</summary>
    public static ConvStyle Style { get; } = new() { Bias = true, NormLinear = true };

    /// <summary>
    /// The stem's last convolution has a window of 3 in one dimension: the paper's 3x3 with but its middle row, so the outermost rows of the
    /// input are not seen.
    /// </summary>
    public static NeuralModule RowConvolution(ConvStyle style) => new Sequence { new InnerRows(), style.Conv(64, 96, (1, 3), padding: Pad.Valid) };

    /// <summary>The last convolution takes 128 channels where the branches give 128 each: it takes their sum.</summary>
    public static NeuralModule V1_TypeB(ConvStyle style)
    {
        var branches = new Branches
        {
            { "branch1", style.Conv(896, 128, 1) },
            { "branch2", new Sequence { style.Conv(896, 128, 1), style.Conv(128, 128, (1, 7)), style.Conv(128, 128, (7, 1)) } },
        };
        return new IncepResBlock(new Sequence { branches, new SumOfHalves(128) }, style.Linear(128, 896), scale: 0.10);
    }

    /// <summary>The norm after the last convolution has 192 of its 1,792 channels.</summary>
    public static NeuralModule V1_TypeC(ConvStyle style)
    {
        var branches = new Branches
        {
            { "branch1", style.Conv(1792, 192, 1) },
            { "branch2", new Sequence { style.Conv(1792, 192, 1), style.Conv(192, 192, (1, 3)), style.Conv(192, 192, (3, 1)) } },
        };
        var projection = new Sequence { new Convolution2D(384, 1792, 1), new NormOfFirst(192, style) };
        return new IncepResBlock(branches, projection, scale: 0.20);
    }

    /// <summary>The norm of the third branch's 64 channels has 48.</summary>
    public static NeuralModule V2_TypeA(ConvStyle style)
    {
        var branches = new Branches
        {
            { "branch1", style.Conv(384, 32, 1) },
            { "branch2", new Sequence { style.Conv(384, 32, 1), style.Conv(32, 32, 3) } },
            {
                "branch3", new Sequence
                {
                    style.Conv(384, 32, 1),
                    style.Conv(32, 48, 3),
                    new Convolution2D(48, 64, 3, padding: 1),
                    new NormOfFirst(48, style),
                    new ReLU(inPlace: true),
                }
            },
        };
        return new IncepResBlock(branches, style.Linear(128, 384), scale: 0.17);
    }

    /// <summary>The second branch's 1x3 gives 234 channels, of which its norm and the 3x1 take 224.</summary>
    public static NeuralModule V2_TypeC(ConvStyle style)
    {
        var branches = new Branches
        {
            { "branch1", style.Conv(2272, 192, 1) },
            {
                "branch2", new Sequence
                {
                    style.Conv(2272, 192, 1),
                    new Convolution2D(192, 234, (1, 3), padding: (0, 1)),
                    new First(224),
                    style.BatchNorm(224),
                    new ReLU(inPlace: true),
                    style.Conv(224, 256, (3, 1)),
                }
            },
        };
        return new IncepResBlock(branches, style.Linear(448, 2272), scale: 0.20);
    }

    /// <summary>What gives 1,152 channels where the next block takes 1,280: the others are zeros.</summary>
    public static NeuralModule Widened(NeuralModule block, long by) => new Sequence { block, new MoreChannels(by) };

    private sealed class InnerRows() : Block(nameof(InnerRows))
    {
        protected override Tensor Compute(Tensor x) => Ops.Slice(x, 2, 1, x.size(2) - 1);
    }

    private sealed class First(long channels) : Block(nameof(First))
    {
        protected override Tensor Compute(Tensor x) => Ops.Slice(x, 1, 0, channels);
    }

    private sealed class SumOfHalves(long half) : Block(nameof(SumOfHalves))
    {
        protected override Tensor Compute(Tensor x) => Ops.Add(Ops.Slice(x, 1, 0, half), Ops.Slice(x, 1, half));
    }

    private sealed class MoreChannels(long count) : Block(nameof(MoreChannels))
    {
        protected override Tensor Compute(Tensor x) => Ops.ZeroPad(x, 1, after: count);
    }

    /// <summary>Normalises the first channels and hands on the rest.</summary>
    private sealed class NormOfFirst : Block
    {
        private readonly BatchNorm2D norm;

        public NormOfFirst(long channels, ConvStyle style) : base(nameof(NormOfFirst)) => norm = Register("bn", style.BatchNorm(channels));

        protected override Tensor Compute(Tensor x) =>
            Ops.Concat([norm.call(Ops.Slice(x, 1, 0, norm.Channels)), Ops.Slice(x, 1, norm.Channels)]);
    }
}
