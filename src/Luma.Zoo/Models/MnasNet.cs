using Luma.Neural;
using Luma.Neural.Blocks;
using Luma.Neural.Layers;

namespace Luma.Zoo.Models;

/// <summary>
/// Tan et al., "MnasNet: Platform-Aware Neural Architecture Search for Mobile" (2019): the variant without squeeze and excitation that
/// the authors' code (TensorFlow's tpu models, mnasnet) calls B1. 4,383,312 parameters at width 1.
/// </summary>
/// <remarks>
/// Input <c>(N, 3, H, W)</c>, made for 224x224; output logits <c>(N, 1000)</c>. Norms have the momentum of 1 - 0.9997 of the authors' code
/// and PyTorch's epsilon of 1e-5. Convolutions are drawn from a normal distribution by the number of outputs (He et al. 2015, section
/// 2.2), the last layer uniformly by the number of outputs, with a gain of 1. Names, layout, dropout and initialisation are torchvision's.
/// </remarks>
public sealed class MnasNet : Sequence
{
    private const double Momentum = 1 - 0.9997;

    // Each stack begins with its stride; the channels are those at width 1.
    private static readonly (long Channels, long KernelSize, long Stride, long Expansion, int Count)[] Stacks =
    [
        (24, 3, 2, 3, 3), (40, 5, 2, 3, 3), (80, 5, 2, 6, 3), (96, 3, 1, 6, 2), (192, 5, 2, 6, 4), (320, 3, 1, 6, 1),
    ];

    /// <summary>Makes the network.</summary>
    /// <param name="numClasses">The number of classes.</param>
    /// <param name="inChannels">The number of channels of the input.</param>
    /// <param name="width">The share of the channels, alpha; the last convolution has 1,280 at every width.</param>
    /// <param name="dropout">The probability of dropout before the last layer.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is below its least value, or the width is not positive.</exception>
    public MnasNet(long numClasses = 1000, long inChannels = 3, double width = 1, double dropout = 0.2) : base(nameof(MnasNet))
    {
        if (!(width > 0 && double.IsFinite(width))) throw new ArgumentOutOfRangeException(nameof(width), width, "Must be positive.");

        // torchvision's first had other widths of the stem.
        StateVersion = 2;
        const long Last = 1280;
        var (stem, channels) = (Scale(32), Scale(16));
        Sequence layers =
        [
            .. Conv(inChannels, stem, 3, stride: 2),
            .. Conv(stem, stem, 3, groups: stem),
            .. Linear(stem, channels),
        ];
        foreach (var row in Stacks)
        {
            var stack = new Sequence();
            for (var place = 0; place < row.Count; place++)
            {
                stack.Add(Unit(channels, Scale(row.Channels), row.KernelSize, place == 0 ? row.Stride : 1, row.Expansion));
                channels = Scale(row.Channels);
            }
            layers.Add(stack);
        }
        foreach (var layer in Conv(channels, Last, 1)) layers.Add(layer);

        Add("layers", layers);
        Add("avgpool", new GlobalAvgPooling2D());
        Add("flatten", new Flatten());
        Add("classifier", new Sequence { new Dropout(dropout, inPlace: true), new Dense(Last, numClasses) });
        WeightDrawing.Draw(this, WeightDrawing.KaimingByOutputs, dense => Initializers.KaimingUniform(dense.Weight, Fan.Out, gain: 1));

        long Scale(long full) => Channels.MakeDivisible(full * width);
    }

    internal static ModelFamily Family { get; } = new("MNASNet",
    [
        Variant("mnasnet0_5", 2_218_512, 0.5, "0.5"),
        Variant("mnasnet0_75", 3_170_208, 0.75, "0.75"),
        Variant("mnasnet1_0", 4_383_312, 1, "1.0"),
        Variant("mnasnet1_3", 6_282_256, 1.3, "1.3"),
    ]);

    private static Layer[] Conv(long inChannels, long outChannels, long kernelSize, long stride = 1, long groups = 1) =>
    [
        new Convolution2D(inChannels, outChannels, kernelSize, stride, padding: kernelSize / 2, groups: groups, bias: false),
        new BatchNorm2D(outChannels, momentum: Momentum),
        new ReLU(inPlace: true),
    ];

    private static Layer[] Linear(long inChannels, long outChannels) =>
        [new Convolution2D(inChannels, outChannels, 1, bias: false), new BatchNorm2D(outChannels, momentum: Momentum)];

    // Figure 7 of the paper: MBConv3 and MBConv6.
    private static InvertedResidual Unit(long inChannels, long outChannels, long kernelSize, long stride, long expansion)
    {
        var hidden = inChannels * expansion;
        Sequence branch =
        [
            .. Conv(inChannels, hidden, 1),
            .. Conv(hidden, hidden, kernelSize, stride, groups: hidden),
            .. Linear(hidden, outChannels),
        ];
        return new("layers", branch, addsInput: stride == 1 && inChannels == outChannels);
    }

    private static ModelVariant Variant(string id, long parameters, double width, string name) =>
        new(id, parameters, (3, 224, 224), o => new MnasNet(o.NumClasses ?? 1000, o.InChannels ?? 3, width))
        {
            Description = $"Tan et al. 2019: found by search for speed on a phone, width {name}",
        };
}
