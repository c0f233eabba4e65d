using Luma.Neural;
using Luma.Neural.Blocks;
using Luma.Neural.Layers;

namespace Luma.Zoo.Models;

/// <summary>The plan of a <see cref="ShuffleNetV2"/>: Ma et al. 2018, table 5.</summary>
/// <param name="Channels">The number of channels in each stage: even.</param>
/// <param name="LastChannels">The number of channels of the last convolution.</param>
public sealed record ShuffleNetV2Plan(IReadOnlyList<int> Channels, int LastChannels)
{
    /// <summary>The number of units in each stage: the same at every width of the paper.</summary>
    public IReadOnlyList<int> Units { get; init; } = [4, 8, 4];

    /// <summary>The number of channels of the first convolution.</summary>
    public int Stem { get; init; } = 24;
}

/// <summary>
/// Ma et al., "ShuffleNet V2: Practical Guidelines for Efficient CNN Architecture Design" (2018), table 5: units in which half of the
/// channels pass by and the others go through a depthwise convolution, and whose outputs mix the halves.
/// </summary>
/// <remarks>
/// Input <c>(N, 3, H, W)</c>, made for 224x224; output logits <c>(N, 1000)</c>. Weights are drawn as PyTorch's layers draw them; norms
/// have PyTorch's epsilon of 1e-5 and momentum of 0.1. Names, layout and initialisation are torchvision's.
/// </remarks>
public sealed class ShuffleNetV2 : Sequence
{
    /// <summary>The plans of the published networks by their ids.</summary>
    public static IReadOnlyDictionary<string, ShuffleNetV2Plan> Plans { get; } = new Dictionary<string, ShuffleNetV2Plan>
    {
        // channels, last channels
        ["shufflenet_v2_x0_5"] = new([48, 96, 192], 1024),
        ["shufflenet_v2_x1_0"] = new([116, 232, 464], 1024),
        ["shufflenet_v2_x1_5"] = new([176, 352, 704], 1024),
        ["shufflenet_v2_x2_0"] = new([244, 488, 976], 2048),
    }.AsReadOnly();

    /// <summary>Makes a network from a plan: a published one, or your own.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="options">What else may be chosen: nothing but what every network has.</param>
    /// <exception cref="ArgumentException">
    /// The plan has no stages, its lists differ in length, a number of channels is odd, or an option is not the network's.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is below 1.</exception>
    public ShuffleNetV2(ShuffleNetV2Plan plan, ModelOptions? options = null) : base(nameof(ShuffleNetV2))
    {
        ArgumentNullException.ThrowIfNull(plan);
        options = ModelOptions.For(options, nameof(ShuffleNetV2));
        PlanGuard.Stages(plan.Channels, plan.Units);
        foreach (var channels in plan.Channels) PlanGuard.Divides(channels, 2, "plan.Channels");
        PlanGuard.AtLeast(1, plan.Stem);
        PlanGuard.AtLeast(1, plan.LastChannels);

        Add("conv1", Convolve(options.InChannels ?? 3, plan.Stem, 3, stride: 2));
        Add("maxpool", new Pooling2D(PoolingMode.Max, 3, stride: 2, padding: 1));
        for (var stage = 0; stage < plan.Channels.Count; stage++) Add($"stage{stage + 2}", Stage(plan, stage));
        Add("conv5", Convolve(plan.Channels[^1], plan.LastChannels, 1, stride: 1));
        Add("avgpool", new GlobalAvgPooling2D());
        Add("flatten", new Flatten());
        Add("fc", new Dense(plan.LastChannels, options.NumClasses ?? 1000));
    }

    internal static ModelFamily Family { get; } = new("ShuffleNet V2",
    [
        Variant("shufflenet_v2_x0_5", 1_366_792, "48, 96 and 192 channels"),
        Variant("shufflenet_v2_x1_0", 2_278_604, "116, 232 and 464 channels"),
        Variant("shufflenet_v2_x1_5", 3_503_624, "176, 352 and 704 channels"),
        Variant("shufflenet_v2_x2_0", 7_393_996, "244, 488 and 976 channels"),
    ]);

    private static Sequence Stage(ShuffleNetV2Plan plan, int stage)
    {
        var units = new Sequence { new ReducingUnit(stage == 0 ? plan.Stem : plan.Channels[stage - 1], plan.Channels[stage]) };
        for (var place = 1; place < plan.Units[stage]; place++) units.Add(new Unit(plan.Channels[stage]));
        return units;
    }

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

    private static ModelVariant Variant(string id, long parameters, string description) =>
        new(id, parameters, (3, 224, 224), options => new ShuffleNetV2(Plans[id], options)) { Description = description };

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
