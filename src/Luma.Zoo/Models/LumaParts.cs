using Luma.Neural;
using Luma.Neural.Blocks;
using Luma.Neural.Layers;

namespace Luma.Zoo.Models;

/// <summary>
/// The layers that the Luma package lists for Inception-v4 and the Inception-ResNets do not all fit one another. These parts make them fit
/// without a parameter more or less: the package's figures are met, and the networks run.
/// </summary>
internal static class LumaParts
{
    /// <summary>A bias in every convolution, and a norm after the residual blocks' last as well.</summary>
    public static ConvStyle Style { get; } = new() { Bias = true, NormLinear = true };

    /// <summary>
    /// The last convolution of the longest branch has a window of 3 in one dimension: only the middle row of the paper's 3x3. It does not
    /// see the first and the last row of its input.
    /// </summary>
    public static NeuralModule V4_Stem(long inChannels, ConvStyle style) => new IncepBlock.V4_Stem(
        inChannels, style, last: _ => new Sequence { new InnerRows(), style.Conv(64, 96, (1, 3), padding: Pad.Valid) });

    /// <summary>The branches give 128 channels each, and the last convolution takes 128: it gets the sum of both.</summary>
    public static NeuralModule V1_TypeB(ConvStyle style)
    {
        var branches = new Branches
        {
            { "branch1", style.Conv(896, 128, 1) },
            { "branch2", new Sequence { style.Conv(896, 128, 1), style.Conv(128, 128, (1, 7)), style.Conv(128, 128, (7, 1)) } },
        };
        return new IncepResBlock(new Sequence { branches, new SumOfHalves(128) }, style.Linear(128, 896), scale: 0.10);
    }

    /// <summary>The last convolution gives 1,792 channels, and the norm after it has 192: it normalises the first of them.</summary>
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

    /// <summary>The third branch gives 64 channels, and the norm at its end has 48: it normalises the first of them.</summary>
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

    /// <summary>The second branch's 1x3 gives 234 channels, and the norm and the 3x1 after it take 224: they get the first of them.</summary>
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

    /// <summary>The block gives 1,152 channels, and the next one takes 1,280: the others are zeros.</summary>
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
