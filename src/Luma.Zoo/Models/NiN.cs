using Luma.Neural.Blocks;
using Luma.Neural.Layers;

namespace Luma.Zoo.Models;

/// <summary>A block of a <see cref="NetworkInNetwork"/>, with the pooling and the dropout behind it.</summary>
/// <param name="Channels">The number of channels after each of its convolutions.</param>
/// <param name="KernelSize">The side of the first convolution's window; the others are 1x1.</param>
/// <param name="Stride">The step of the window.</param>
/// <param name="Padding">The padding on each side.</param>
/// <param name="Pooling">What each 3x3 window of the pooling, with a stride of 2, takes.</param>
/// <param name="Dropout">Whether dropout follows.</param>
public sealed record NinStage(
    IReadOnlyList<long> Channels, long KernelSize, long Stride, long Padding, PoolingMode Pooling, bool Dropout = false);

/// <summary>The plan of a <see cref="NetworkInNetwork"/>.</summary>
/// <param name="Stages">The blocks but for the last, which has a 3x3 window and one map for each class.</param>
public sealed record NinPlan(IReadOnlyList<NinStage> Stages)
{
    /// <summary>
    /// The number of channels after each of the last block's convolutions but for its last; by default as many as there are classes,
    /// after two convolutions.
    /// </summary>
    public IReadOnlyList<long>? LastChannels { get; init; }

    /// <summary>Whether poolings round sizes up.</summary>
    public bool CeilMode { get; init; }

    /// <summary>The probability of dropout.</summary>
    public double Dropout { get; init; } = 0.5;

    /// <summary>The number of classes.</summary>
    public long NumClasses { get; init; } = 1000;
}

/// <summary>
/// Lin, Chen and Yan, "Network In Network" (2013): convolutions with small networks at every place (see <see cref="NinBlock"/>), and
/// instead of fully connected layers one map for each class, averaged (sections 3.1 and 3.2).
/// </summary>
/// <remarks>
/// <para>
/// The plan <c>nin</c>, <see cref="NiN"/>, is for large images. The plan <c>nin_cifar</c> is the network of the paper's CIFAR-10
/// experiments (section 4.2), with the widths of the model that the authors published with their code: 966,986 parameters, input
/// <c>(N, 3, 32, 32)</c>, output <c>(N, 10)</c>. Its poolings round up, as in the authors' framework, so that the maps are 32, 16 and 8
/// wide.
/// </para>
/// <para>Logits are not negative: a rectifier follows the last convolution. Layers are initialised as PyTorch does.</para>
/// </remarks>
public class NetworkInNetwork : Sequence
{
    /// <summary>The plans of the published networks by their ids.</summary>
    public static IReadOnlyDictionary<string, NinPlan> Plans { get; } = new Dictionary<string, NinPlan>
    {
        ["nin"] = new(
        [
            // channels, window, stride, padding, pooling
            new([96, 96, 96], 11, 4, 0, PoolingMode.Max),
            new([256, 256, 256], 5, 1, 2, PoolingMode.Max),
            new([384, 384, 384], 3, 1, 1, PoolingMode.Max, Dropout: true),
        ]),
        ["nin_cifar"] = new(
        [
            // channels, window, stride, padding, pooling
            new([192, 160, 96], 5, 1, 2, PoolingMode.Max, Dropout: true),
            new([192, 192, 192], 5, 1, 2, PoolingMode.Average, Dropout: true),
        ])
        {
            LastChannels = [192, 192],
            CeilMode = true,
            NumClasses = 10,
        },
    }.AsReadOnly();

    /// <summary>Makes a network from a plan: a published one, or your own.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="options">What else may be chosen: <see cref="ModelOptions.Dropout"/>.</param>
    /// <exception cref="ArgumentException">
    /// The plan has no blocks, or one without convolutions, or an option is not the network's.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is below its least value.</exception>
    public NetworkInNetwork(NinPlan plan, ModelOptions? options = null) : this(nameof(NetworkInNetwork), plan, options)
    {
    }

    private protected NetworkInNetwork(string name, NinPlan plan, ModelOptions? options) : base(name)
    {
        ArgumentNullException.ThrowIfNull(plan);
        PlanGuard.Probability(plan.Dropout);
        options = ModelOptions.For(options, name, nameof(ModelOptions.Dropout));
        const string empty = "There must be a block before the last, and a convolution in every block.";
        PlanGuard.Some(plan.Stages, empty);
        foreach (var stage in plan.Stages) PlanGuard.Some(stage.Channels, empty, "plan.Stages");
        PlanGuard.Rows(plan.Stages, stage => [stage.KernelSize, stage.Stride, stage.Padding + 1, .. stage.Channels]);
        foreach (var channels in plan.LastChannels ?? []) PlanGuard.AtLeast(1, channels, "plan.LastChannels");
        PlanGuard.AtLeast(1, plan.NumClasses);

        var (inChannels, classes) = (options.InChannels ?? 3, options.NumClasses ?? plan.NumClasses);
        var net = new Sequence();
        foreach (var (stage, from) in plan.Stages.Zip(plan.Stages.Select(stage => stage.Channels[^1]).Prepend(inChannels)))
        {
            net.Add(new NinBlock(from, stage.Channels, stage.KernelSize, stage.Stride, stage.Padding));
            net.Add(new Pooling2D(stage.Pooling, 3, 2, ceilMode: plan.CeilMode));
            if (stage.Dropout) net.Add(new Dropout(options.Dropout ?? plan.Dropout));
        }
        net.Add(new NinBlock(plan.Stages[^1].Channels[^1], [.. plan.LastChannels ?? [classes, classes], classes], 3, 1, 1));
        net.Add(new GlobalAvgPooling2D());
        net.Add(new Flatten());
        Add("net", net);
    }

    internal static ModelFamily Family { get; } = new("NiN",
    [
        new("nin", 7_439_608, (3, 224, 224), options => new NiN(options))
        {
            Description = "Lin et al. 2013 for large images: AlexNet's windows, three convolutions a block",
        },
        new("nin_cifar", 966_986, (3, 32, 32), options => new NetworkInNetwork(Plans["nin_cifar"], options))
        {
            Description = "Lin et al. 2013, section 4.2, with the layers of the authors' CIFAR-10 model",
        },
    ]);
}

/// <summary>
/// Network in network for large images, with AlexNet's windows, as "Dive into Deep Learning" (section 8.3.2) and the notebooks after it
/// have it: the last block has as many channels as there are classes, after each of its three convolutions. 7,439,608 parameters. The
/// paper's own network, for CIFAR-10, is the plan <c>nin_cifar</c> of <see cref="NetworkInNetwork"/>.
/// </summary>
/// <remarks>Input <c>(N, 3, H, W)</c> of at least 67x67, made for 224x224; output logits <c>(N, 1000)</c>, none of them negative.</remarks>
/// <param name="options">What may be chosen: see <see cref="NetworkInNetwork"/>.</param>
public sealed class NiN(ModelOptions? options = null) : NetworkInNetwork(nameof(NiN), Plans["nin"], options);
