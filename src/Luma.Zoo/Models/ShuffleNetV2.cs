using Luma.Neural;
using Luma.Neural.Blocks;
using Luma.Neural.Layers;

namespace Luma.Zoo.Models;

/// <summary>
/// Ma et al., "ShuffleNet V2: Practical Guidelines for Efficient CNN Architecture Design" (2018), table 5: units in which half of the
/// channels pass by and the others go through a depthwise convolution, and whose outputs mix the halves.
/// </summary>
/// <remarks>
/// Input <c>(N, 3, H, W)</c>, made for 224x224; output logits <c>(N, 1000)</c>. Weights are drawn as PyTorch's layers draw them; norms
/// have PyTorch's epsilon of 1e-5 and momentum of 0.1. Names, layout and initialisation are torchvision's.
/// </remarks>
public abstract class ShuffleNetV2 : Sequence
{
    /// <summary>How many units the three stages have, at every width.</summary>
    private static readonly int[] Depths = [4, 8, 4];

    private protected ShuffleNetV2(string name, long[] stageChannels, long lastChannels, long numClasses, long inChannels) : base(name)
    {
        const long First = 24;
        Add("conv1", Convolve(inChannels, First, 3, stride: 2));
        Add("maxpool", new Pooling2D(PoolingMode.Max, 3, stride: 2, padding: 1));

        var width = First;
        for (var stage = 0; stage < Depths.Length; stage++)
        {
            var channels = stageChannels[stage];
            var units = new Sequence { new ReducingUnit(width, channels) };
            for (var place = 1; place < Depths[stage]; place++) units.Add(new Unit(channels));
            Add($"stage{stage + 2}", units);
            width = channels;
        }
        Add("conv5", Convolve(width, lastChannels, 1, stride: 1));
        Add("avgpool", new AdaptiveAvgPooling2D(1));
        Add("flatten", new Flatten());
        Add("fc", new Dense(lastChannels, numClasses));
    }

    internal static ModelFamily Family { get; } = new("ShuffleNet V2",
    [
        Entry("shufflenet_v2_x0_5", 1_366_792, (n, c) => new ShuffleNetV2_x0_5(n, c), "48, 96 and 192 channels"),
        Entry("shufflenet_v2_x1_0", 2_278_604, (n, c) => new ShuffleNetV2_x1_0(n, c), "116, 232 and 464 channels"),
        Entry("shufflenet_v2_x1_5", 3_503_624, (n, c) => new ShuffleNetV2_x1_5(n, c), "176, 352 and 704 channels"),
        Entry("shufflenet_v2_x2_0", 7_393_996, (n, c) => new ShuffleNetV2_x2_0(n, c), "244, 488 and 976 channels"),
    ]);

    private static ConvNormActivation Convolve(long inChannels, long outChannels, long kernelSize, long stride) =>
        new(inChannels, outChannels, kernelSize, stride, norm: new BatchNorm2D(outChannels), activation: new ReLU(inPlace: true));

    private static Convolution2D Pointwise(long inChannels, long outChannels) => new(inChannels, outChannels, 1, bias: false);

    private static Convolution2D Depthwise(long channels, long stride) =>
        new(channels, channels, 3, stride, padding: 1, groups: channels, bias: false);

    private static Sequence Branch(long inChannels, long outChannels, long stride) =>
    [
        Pointwise(inChannels, outChannels), new BatchNorm2D(outChannels), new ReLU(inPlace: true),
        Depthwise(outChannels, stride), new BatchNorm2D(outChannels),
        Pointwise(outChannels, outChannels), new BatchNorm2D(outChannels), new ReLU(inPlace: true),
    ];

    private static ModelVariant Entry(string id, long parameters, Func<long, long, ShuffleNetV2> build, string description) =>
        new(id, parameters, (3, 224, 224), o => build(o.NumClasses ?? 1000, o.InChannels ?? 3)) { Description = description };

    /// <summary>Figure 3 (c): one half of the channels passes by.</summary>
    private sealed class Unit : Block
    {
        private readonly Sequence branch2;
        private readonly ChannelShuffle shuffle;

        public Unit(long channels) : base("ShuffleNetV2.Unit")
        {
            branch2 = Register("branch2", Branch(channels / 2, channels / 2, stride: 1));
            shuffle = Register("shuffle", new ChannelShuffle(2));
        }

        protected override Tensor Compute(Tensor x)
        {
            var half = x.size(1) / 2;
            var (passing, other) = (Ops.Slice(x, 1, stop: half), Ops.Slice(x, 1, start: half));
            return shuffle.call(Ops.Concat([passing, branch2.call(other)]));
        }
    }

    /// <summary>Figure 3 (d): the size is halved, and both branches see all channels.</summary>
    private sealed class ReducingUnit : Block
    {
        private readonly Sequence branch1, branch2;
        private readonly ChannelShuffle shuffle;

        public ReducingUnit(long inChannels, long outChannels) : base("ShuffleNetV2.ReducingUnit")
        {
            var half = outChannels / 2;
            branch1 = Register("branch1", new Sequence
            {
                Depthwise(inChannels, stride: 2), new BatchNorm2D(inChannels),
                Pointwise(inChannels, half), new BatchNorm2D(half), new ReLU(inPlace: true),
            });
            branch2 = Register("branch2", Branch(inChannels, half, stride: 2));
            shuffle = Register("shuffle", new ChannelShuffle(2));
        }

        protected override Tensor Compute(Tensor x) => shuffle.call(Ops.Concat([branch1.call(x), branch2.call(x)]));
    }
}

/// <summary>ShuffleNet V2 0.5x (Ma et al. 2018, table 5): 1,366,792 parameters. Input <c>(N, 3, 224, 224)</c>.</summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
public sealed class ShuffleNetV2_x0_5(long numClasses = 1000, long inChannels = 3)
    : ShuffleNetV2(nameof(ShuffleNetV2_x0_5), [48, 96, 192], lastChannels: 1024, numClasses, inChannels);

/// <summary>ShuffleNet V2 1x (Ma et al. 2018, table 5): 2,278,604 parameters. Input <c>(N, 3, 224, 224)</c>.</summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
public sealed class ShuffleNetV2_x1_0(long numClasses = 1000, long inChannels = 3)
    : ShuffleNetV2(nameof(ShuffleNetV2_x1_0), [116, 232, 464], lastChannels: 1024, numClasses, inChannels);

/// <summary>ShuffleNet V2 1.5x (Ma et al. 2018, table 5): 3,503,624 parameters. Input <c>(N, 3, 224, 224)</c>.</summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
public sealed class ShuffleNetV2_x1_5(long numClasses = 1000, long inChannels = 3)
    : ShuffleNetV2(nameof(ShuffleNetV2_x1_5), [176, 352, 704], lastChannels: 1024, numClasses, inChannels);

/// <summary>ShuffleNet V2 2x (Ma et al. 2018, table 5): 7,393,996 parameters. Input <c>(N, 3, 224, 224)</c>.</summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
public sealed class ShuffleNetV2_x2_0(long numClasses = 1000, long inChannels = 3)
    : ShuffleNetV2(nameof(ShuffleNetV2_x2_0), [244, 488, 976], lastChannels: 2048, numClasses, inChannels);
