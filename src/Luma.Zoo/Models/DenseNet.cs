using System.Text.RegularExpressions;
using Luma.Neural;
using Luma.Neural.Blocks;
using Luma.Neural.Layers;
using Luma.Zoo.Weights;
using Luma.Zoo.Weights.KeyMaps;

namespace Luma.Zoo.Models;

/// <summary>
/// Huang et al., "Densely Connected Convolutional Networks" (2017), table 1: four stages in which each layer sees the maps of all
/// layers before it and adds k maps to them. Between stages the maps and the size are halved.
/// </summary>
/// <remarks>
/// Input <c>(N, 3, H, W)</c>, made for 224x224; output logits <c>(N, 1000)</c>. A layer is DenseNet-BC's: norm, activation, a
/// convolution of 1x1 to 4k maps, norm, activation, a convolution of 3x3 to k maps. Convolutions are drawn as in He et al., "Delving
/// Deep into Rectifiers" (2015), section 2.2, by the number of inputs, and the last layer's bias is 0; norms have PyTorch's epsilon of
/// 1e-5 and momentum of 0.1. Names, layout and initialisation are torchvision's.
/// </remarks>
public abstract partial class DenseNet : Sequence
{
    private protected DenseNet(
        string name, long growth, int[] depths, long initialChannels, long numClasses, long inChannels, double dropout) : base(name)
    {
        var features = new Sequence
        {
            { "conv0", new Convolution2D(inChannels, initialChannels, 7, stride: 2, padding: 3, bias: false) },
            { "norm0", new BatchNorm2D(initialChannels) },
            { "relu0", new ReLU(inPlace: true) },
            { "pool0", new Pooling2D(PoolingMode.Max, 3, stride: 2, padding: 1) },
        };

        var width = initialChannels;
        for (var stage = 1; stage <= depths.Length; stage++)
        {
            var layers = new Sequence { StateVersion = 2 };
            for (var place = 1; place <= depths[stage - 1]; place++, width += growth)
                layers.Add($"denselayer{place}", new DenseLayer(width, growth, dropout));
            features.Add($"denseblock{stage}", layers);
            if (stage == depths.Length) break;

            features.Add($"transition{stage}", Transition(width, width / 2));
            width /= 2;
        }
        features.Add("norm5", new BatchNorm2D(width));

        Add("features", features);
        Add("relu", new ReLU(inPlace: true));
        Add("avgpool", new AdaptiveAvgPooling2D(1));
        Add("flatten", new Flatten());
        Add("classifier", new Dense(width, numClasses));
        foreach (var module in modules())
        {
            if (module is Convolution convolution) Initializers.KaimingNormal(convolution.Weight);
            if (module is BatchNorm norm) norm.ResetParameters();
            if (module is Dense { Bias: { } bias }) Initializers.Constant(bias, 0);
        }
    }

    internal static ModelFamily Family { get; } = new("DenseNet",
    [
        Entry("densenet121", 7_978_856, (n, c) => new DenseNet_121(n, c), "121 layers, 32 maps from each"),
        Entry("densenet161", 28_681_000, (n, c) => new DenseNet_161(n, c), "161 layers, 48 maps from each"),
        Entry("densenet169", 14_149_480, (n, c) => new DenseNet_169(n, c), "169 layers, 32 maps from each"),
        Entry("densenet201", 20_013_928, (n, c) => new DenseNet_201(n, c), "201 layers, 32 maps from each"),
    ]);

    private static Sequence Transition(long inChannels, long outChannels) => new()
    {
        { "norm", new BatchNorm2D(inChannels) },
        { "relu", new ReLU(inPlace: true) },
        { "conv", new Convolution2D(inChannels, outChannels, 1, bias: false) },
        { "pool", new Pooling2D(PoolingMode.Average, 2) },
    };

    private static ModelVariant Entry(string id, long parameters, Func<long, long, DenseNet> build, string description) =>
        new(id, parameters, (3, 224, 224), o => build(o.NumClasses ?? 1000, o.InChannels ?? 3))
        {
            Description = description,
            AdaptWeights = (weights, network) =>
            {
                // timm's names are these. Where it blurs, the stem has three convolutions.
                TimmWeights.Refuse(weights, id, ("features.conv1.", "a stem of three convolutions"));
                return Undotted(weights);
            },
        };

    // Files from before PyTorch 0.4, which allowed dots in a module's name: norm.1 for norm1. torchvision still publishes such.
    private static StateDict? Undotted(StateDict weights) =>
        weights.Names.Any(name => Dotted().IsMatch(name)) ? weights.Rename(name => Dotted().Replace(name, "$1$2.")) : null;

    [GeneratedRegex(@"(?<=\.denselayer\d+\.)(norm|conv)\.([12])\.")]
    private static partial Regex Dotted();

    /// <summary>Adds k maps to those that it is given.</summary>
    private sealed class DenseLayer : Block
    {
        private readonly BatchNorm2D norm1, norm2;
        private readonly ReLU relu1, relu2;
        private readonly Convolution2D conv1, conv2;
        private readonly Dropout? dropout;

        public DenseLayer(long inChannels, long growth, double dropout) : base(nameof(DenseLayer))
        {
            norm1 = Register("norm1", new BatchNorm2D(inChannels));
            relu1 = Register("relu1", new ReLU(inPlace: true));
            conv1 = Register("conv1", new Convolution2D(inChannels, 4 * growth, 1, bias: false));
            norm2 = Register("norm2", new BatchNorm2D(4 * growth));
            relu2 = Register("relu2", new ReLU(inPlace: true));
            conv2 = Register("conv2", new Convolution2D(4 * growth, growth, 3, padding: 1, bias: false));
            if (dropout > 0) this.dropout = Register("dropout", new Dropout(dropout));
        }

        protected override Tensor Compute(Tensor x)
        {
            var added = conv1.call(relu1.call(norm1.call(x)));
            added = conv2.call(relu2.call(norm2.call(added)));
            if (dropout is not null) added = dropout.call(added);
            return Ops.Concat([x, added]);
        }
    }
}

/// <summary>DenseNet-121 (Huang et al. 2017, table 1): 7,978,856 parameters. Input <c>(N, 3, 224, 224)</c>.</summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
/// <param name="dropout">The probability that an element of a layer's new maps is dropped.</param>
public sealed class DenseNet_121(long numClasses = 1000, long inChannels = 3, double dropout = 0)
    : DenseNet(nameof(DenseNet_121), growth: 32, [6, 12, 24, 16], initialChannels: 64, numClasses, inChannels, dropout);

/// <summary>DenseNet-161 (Huang et al. 2017, table 1): 28,681,000 parameters. Input <c>(N, 3, 224, 224)</c>.</summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
/// <param name="dropout">The probability that an element of a layer's new maps is dropped.</param>
public sealed class DenseNet_161(long numClasses = 1000, long inChannels = 3, double dropout = 0)
    : DenseNet(nameof(DenseNet_161), growth: 48, [6, 12, 36, 24], initialChannels: 96, numClasses, inChannels, dropout);

/// <summary>DenseNet-169 (Huang et al. 2017, table 1): 14,149,480 parameters. Input <c>(N, 3, 224, 224)</c>.</summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
/// <param name="dropout">The probability that an element of a layer's new maps is dropped.</param>
public sealed class DenseNet_169(long numClasses = 1000, long inChannels = 3, double dropout = 0)
    : DenseNet(nameof(DenseNet_169), growth: 32, [6, 12, 32, 32], initialChannels: 64, numClasses, inChannels, dropout);

/// <summary>DenseNet-201 (Huang et al. 2017, table 1): 20,013,928 parameters. Input <c>(N, 3, 224, 224)</c>.</summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
/// <param name="dropout">The probability that an element of a layer's new maps is dropped.</param>
public sealed class DenseNet_201(long numClasses = 1000, long inChannels = 3, double dropout = 0)
    : DenseNet(nameof(DenseNet_201), growth: 32, [6, 12, 48, 32], initialChannels: 64, numClasses, inChannels, dropout);
