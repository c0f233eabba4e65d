using Luma.Neural;
using Luma.Neural.Blocks;
using Luma.Neural.Layers;
using Luma.Zoo.Weights.KeyMaps;

namespace Luma.Zoo.Models;

/// <summary>A fire module of a <see cref="SqueezeNet"/>.</summary>
/// <param name="Squeezed">The number of channels that its 1x1 convolution leaves.</param>
/// <param name="Expanded">The number of channels that each of the convolutions of 1x1 and 3x3 after it gives.</param>
public sealed record FirePlan(long Squeezed, long Expanded);

/// <summary>The plan of a <see cref="SqueezeNet"/>.</summary>
/// <param name="Channels">The number of channels of the first convolution, which has a stride of 2.</param>
/// <param name="KernelSize">The side of its window.</param>
/// <param name="Stages">The fire modules; max pooling stands before each stage.</param>
public sealed record SqueezeNetPlan(long Channels, long KernelSize, IReadOnlyList<IReadOnlyList<FirePlan>> Stages)
{
    /// <summary>The probability of dropout before the last convolution.</summary>
    public double Dropout { get; init; } = 0.5;
}

/// <summary>
/// Iandola et al., "SqueezeNet: AlexNet-level accuracy with 50x fewer parameters and &lt;0.5MB model size" (2016), table 1: fire modules,
/// of which a 1x1 convolution takes channels away and convolutions of 1x1 and 3x3 add others, and no dense layer.
/// </summary>
/// <remarks>
/// Input <c>(N, 3, H, W)</c>, made for 224x224; output <c>(N, 1000)</c>, none of it negative: a rectifier follows the last convolution.
/// Convolutions are drawn uniformly by the number of inputs (He et al. 2015, section 2.2), the last from a normal distribution with a
/// standard deviation of 0.01; biases are 0. Names, layout and initialisation are torchvision's.
/// </remarks>
public sealed class SqueezeNet : Sequence
{
    /// <summary>The plans of the published networks by their ids; 1.1 is the authors' second release.</summary>
    public static IReadOnlyDictionary<string, SqueezeNetPlan> Plans { get; } = new Dictionary<string, SqueezeNetPlan>
    {
        // channels and window of the first convolution, then of each fire module the squeezed and the expanded channels
        ["squeezenet1_0"] = new(96, 7,
        [
            [new(16, 64), new(16, 64), new(32, 128)],
            [new(32, 128), new(48, 192), new(48, 192), new(64, 256)],
            [new(64, 256)],
        ]),
        ["squeezenet1_1"] = new(64, 3,
        [
            [new(16, 64), new(16, 64)],
            [new(32, 128), new(32, 128)],
            [new(48, 192), new(48, 192), new(64, 256), new(64, 256)],
        ]),
    }.AsReadOnly();

    /// <summary>Makes a network from a plan: a published one, or your own.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="options">What else may be chosen: <see cref="ModelOptions.Dropout"/>.</param>
    /// <exception cref="ArgumentException">The plan has no stages, or one without fire modules, or an option is not the network's.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is below its least value.</exception>
    public SqueezeNet(SqueezeNetPlan plan, ModelOptions? options = null) : base(nameof(SqueezeNet))
    {
        ArgumentNullException.ThrowIfNull(plan);
        PlanGuard.Probability(plan.Dropout);
        options = ModelOptions.For(options, nameof(SqueezeNet), nameof(ModelOptions.Dropout));
        const string empty = "A SqueezeNet needs at least one stage, and every stage at least one fire module.";
        PlanGuard.Some(plan.Stages, empty);
        foreach (var stage in plan.Stages)
        {
            PlanGuard.Some(stage, empty, "plan.Stages");
            PlanGuard.Rows(stage, fire => [fire.Squeezed, fire.Expanded], "plan.Stages");
        }
        PlanGuard.AtLeast(1, plan.Channels);
        PlanGuard.AtLeast(1, plan.KernelSize);

        var features = new Sequence
        {
            new Convolution2D(options.InChannels ?? 3, plan.Channels, plan.KernelSize, stride: 2), new ReLU(inPlace: true),
        };
        var width = plan.Channels;
        foreach (var stage in plan.Stages)
        {
            features.Add(new Pooling2D(PoolingMode.Max, 3, stride: 2, ceilMode: true));
            foreach (var fire in stage)
            {
                features.Add(Fire(width, fire));
                width = 2 * fire.Expanded;
            }
        }

        var last = new Convolution2D(width, options.NumClasses ?? 1000, 1);
        Add("features", features);
        Add("classifier", new Sequence
        {
            new Dropout(options.Dropout ?? plan.Dropout), last, new ReLU(inPlace: true), new GlobalAvgPooling2D(),
        });
        Add("flatten", new Flatten());
        WeightDrawing.Draw(this, convolution =>
        {
            if (convolution == last) Initializers.Normal(convolution.Weight, std: 0.01);
            else Initializers.KaimingUniform(convolution.Weight);
        });
    }

    internal static ModelFamily Family { get; } = new("SqueezeNet",
    [
        Variant("squeezenet1_0", 1_248_424, "Iandola et al. 2016, table 1: eight fire modules"),
        Variant(
            "squeezenet1_1", 1_235_496, "Iandola et al. 2016, the authors' second release: pooling earlier, 2.4 times less computation"),
    ]);

    private static ModelVariant Variant(string id, long parameters, string description) =>
        new(id, parameters, (3, 224, 224), options => new SqueezeNet(Plans[id], options))
        {
            Description = description,
            KeyMap = new FeaturesKeyMap(),
        };

    // Figure 1 of the paper.
    private static Branches Fire(long inChannels, FirePlan plan) => new()
    {
        { "squeeze", new Convolution2D(inChannels, plan.Squeezed, 1) },
        { "squeeze_activation", new ReLU(inPlace: true), "squeeze" },
        { "expand1x1", new Convolution2D(plan.Squeezed, plan.Expanded, 1), "squeeze_activation" },
        { "expand1x1_activation", new ReLU(inPlace: true), "expand1x1" },
        { "expand3x3", new Convolution2D(plan.Squeezed, plan.Expanded, 3, padding: 1), "squeeze_activation" },
        { "expand3x3_activation", new ReLU(inPlace: true), "expand3x3" },
    };
}
