using Luma.Neural;
using Luma.Neural.Blocks;
using Luma.Neural.Layers;
using Luma.Zoo.Weights.KeyMaps;

namespace Luma.Zoo.Models;

/// <summary>The plan of a <see cref="DenseNet"/>.</summary>
/// <param name="Growth">How many maps each layer adds: the paper's k.</param>
/// <param name="Depths">The number of layers in each stage.</param>
/// <param name="InitialChannels">The number of channels of the first convolution.</param>
public sealed record DenseNetPlan(long Growth, IReadOnlyList<int> Depths, long InitialChannels)
{
    /// <summary>The probability that an element of a layer's new maps is dropped.</summary>
    public double Dropout { get; init; }
}

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
public sealed class DenseNet : Sequence
{
    /// <summary>The plans of the published networks by their ids.</summary>
    public static IReadOnlyDictionary<string, DenseNetPlan> Plans { get; } = new Dictionary<string, DenseNetPlan>
    {
        // growth, layers in each stage, channels of the first convolution
        ["densenet121"] = new(32, [6, 12, 24, 16], 64),
        ["densenet161"] = new(48, [6, 12, 36, 24], 96),
        ["densenet169"] = new(32, [6, 12, 32, 32], 64),
        ["densenet201"] = new(32, [6, 12, 48, 32], 64),
    }.AsReadOnly();

    /// <summary>Makes a network from a plan: a published one, or your own.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="options">What else may be chosen: <see cref="ModelOptions.Dropout"/>.</param>
    /// <exception cref="ArgumentException">The plan has no stages, or an option is not the network's.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is below 1, or a probability is none.</exception>
    public DenseNet(DenseNetPlan plan, ModelOptions? options = null) : base(nameof(DenseNet))
    {
        ArgumentNullException.ThrowIfNull(plan);
        PlanGuard.Probability(plan.Dropout);
        options = ModelOptions.For(options, nameof(DenseNet), nameof(ModelOptions.Dropout));
        PlanGuard.Some(plan.Depths, "A dense network needs at least one stage.");
        foreach (var depth in plan.Depths) PlanGuard.AtLeast(1, depth, "plan.Depths");
        PlanGuard.AtLeast(1, plan.Growth);
        PlanGuard.AtLeast(1, plan.InitialChannels);
        var dropout = options.Dropout ?? plan.Dropout;

        var features = new Sequence
        {
            { "conv0", new Convolution2D(options.InChannels ?? 3, plan.InitialChannels, 7, stride: 2, padding: 3, bias: false) },
            { "norm0", new BatchNorm2D(plan.InitialChannels) },
            { "relu0", new ReLU(inPlace: true) },
            { "pool0", new Pooling2D(PoolingMode.Max, 3, stride: 2, padding: 1) },
        };
        var width = plan.InitialChannels;
        foreach (var (stage, depth) in plan.Depths.Index())
        {
            if (stage > 0)
            {
                features.Add($"transition{stage}", Transition(width));
                width /= 2;
            }
            features.Add($"denseblock{stage + 1}", Stage(width, depth));
            width += depth * plan.Growth;
        }
        features.Add($"norm{plan.Depths.Count + 1}", new BatchNorm2D(width));

        Add("features", features);
        Add("relu", new ReLU(inPlace: true));
        Add("avgpool", new GlobalAvgPooling2D());
        Add("flatten", new Flatten());
        Add("classifier", new Dense(width, options.NumClasses ?? 1000));

        // The last layer keeps the weight that it was made with.
        WeightDrawing.Draw(this, convolution => Initializers.KaimingNormal(convolution.Weight), dense: _ => { });

        Sequence Stage(long inChannels, int depth)
        {
            var layers = new Sequence { StateVersion = 2 };
            for (var place = 0; place < depth; place++)
                layers.Add($"denselayer{place + 1}", new DenseLayer(inChannels + (place * plan.Growth), plan.Growth, dropout));
            return layers;
        }
    }

    internal static ModelFamily Family { get; } = new("DenseNet",
    [
        Variant("densenet121", 7_978_856, "121 layers, 32 maps from each"),
        Variant("densenet161", 28_681_000, "161 layers, 48 maps from each"),
        Variant("densenet169", 14_149_480, "169 layers, 32 maps from each"),
        Variant("densenet201", 20_013_928, "201 layers, 32 maps from each"),
    ]);

    private static Sequence Transition(long channels) => new()
    {
        { "norm", new BatchNorm2D(channels) },
        { "relu", new ReLU(inPlace: true) },
        { "conv", new Convolution2D(channels, channels / 2, 1, bias: false) },
        { "pool", new Pooling2D(PoolingMode.Average, 2) },
    };

    private static ModelVariant Variant(string id, long parameters, string description) =>
        new(id, parameters, (3, 224, 224), options => new DenseNet(Plans[id], options))
        {
            Description = description,
            KeyMap = new DenseNetKeyMap(),
        };

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
            if (dropout != 0) this.dropout = Register("dropout", new Dropout(dropout));
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
