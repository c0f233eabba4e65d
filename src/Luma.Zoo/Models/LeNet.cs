using Luma.Neural;
using Luma.Neural.Layers;
using Luma.Zoo.Weights.KeyMaps;

namespace Luma.Zoo.Models;

/// <summary>The plan of a <see cref="LeNet"/>.</summary>
/// <param name="ImageSize">The side of the images in pixels.</param>
/// <param name="Maps">The number of maps after the first and after the second convolution.</param>
/// <param name="Hidden">The number of units in each hidden layer.</param>
public sealed record LeNetPlan(int ImageSize, (long First, long Second) Maps, IReadOnlyList<long> Hidden);

/// <summary>
/// LeCun et al., "Backpropagation Applied to Handwritten Zip Code Recognition" (1989), and "Gradient-Based Learning Applied to
/// Document Recognition" (1998), section II: convolutions of 5x5 with tanh, each followed by average pooling of 2x2, then
/// fully connected layers.
/// </summary>
/// <remarks>
/// Input <c>(N, 1, H, W)</c>, output logits <c>(N, 10)</c>. The second convolution sees all maps of the first (not the partial
/// table of the 1998 paper), pooling has no coefficients, and the last layer is linear instead of radial basis functions.
/// </remarks>
public class LeNet : Block
{
    // The least side of which the second pooling leaves something.
    private const int LeastSize = 16;

    private readonly Convolution2D conv1, conv2;
    private readonly Tanh tanh = new();
    private readonly Pooling2D pool = new(PoolingMode.Average, 2);
    private readonly Flatten flatten = new();
    private readonly Dense[] dense;

    /// <summary>The plans of the published networks by their ids.</summary>
    public static IReadOnlyDictionary<string, LeNetPlan> Plans { get; } = new Dictionary<string, LeNetPlan>
    {
        // image size, maps, hidden units
        ["lenet_1"] = new(28, (4, 8), []),
        ["lenet_4"] = new(32, (4, 16), [120]),
        ["lenet_5"] = new(32, (6, 16), [120, 84]),
    }.AsReadOnly();

    /// <summary>Makes a network from a plan: a published one, or your own.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="options">
    /// What else may be chosen: <see cref="ModelOptions.ImageSize"/>. The Luma configuration is the same network.
    /// </param>
    /// <exception cref="ArgumentException">An option is not the network's.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is below 1, or the images are smaller than 16x16.</exception>
    public LeNet(LeNetPlan plan, ModelOptions? options = null) : this(nameof(LeNet), plan, options)
    {
    }

    private protected LeNet(string name, LeNetPlan plan, ModelOptions? options) : base(name)
    {
        ArgumentNullException.ThrowIfNull(plan);
        options = ModelOptions.For(options, name, nameof(ModelOptions.ImageSize), nameof(ModelOptions.Config));
        var imageSize = options.ImageSize ?? plan.ImageSize;
        PlanGuard.AtLeast(LeastSize, imageSize, options.ImageSize is null ? "plan.ImageSize" : nameof(options));
        PlanGuard.AtLeast(1, plan.Maps.First);
        PlanGuard.AtLeast(1, plan.Maps.Second);
        ArgumentNullException.ThrowIfNull(plan.Hidden, "plan.Hidden");
        foreach (var hidden in plan.Hidden) PlanGuard.AtLeast(1, hidden, "plan.Hidden");

        conv1 = Register("conv1", new Convolution2D(options.InChannels ?? 1, plan.Maps.First, 5));
        conv2 = Register("conv2", new Convolution2D(plan.Maps.First, plan.Maps.Second, 5));

        // Each convolution takes 4 off the side, each pooling halves it.
        var side = (((imageSize - 4) / 2) - 4) / 2;
        long[] widths = [plan.Maps.Second * side * side, .. plan.Hidden, options.NumClasses ?? 10];
        dense = [.. widths.Zip(widths.Skip(1)).Select((width, i) => Register($"fc{i + 1}", new Dense(width.First, width.Second)))];

        Register("tanh", tanh);
        Register("pool", pool);
        Register("flatten", flatten);
    }

    internal static ModelFamily Family { get; } = new("LeNet",
    [
        new("lenet_1", 2_202, (1, 28, 28), options => new LeNet_1(options))
        {
            Description = "LeCun et al. 1989: 4 and 8 maps, one fully connected layer, for digits of 28x28",
        },
        new("lenet_4", 51_050, (1, 32, 32), options => new LeNet_4(options))
        {
            Description = "LeCun et al. 1998: 4 and 16 maps, 120 hidden units",
        },
        new("lenet_5", 61_706, (1, 32, 32), options => new LeNet_5(options))
        {
            Description = "LeCun et al. 1998, figure 2: 6 and 16 maps, 120 and 84 hidden units",
            KeyMap = new LeNetKeyMap(),
        },
        new("lenet_5_conv", 61_706, (1, 32, 32), options => new LeNet_5_Conv(options))
        {
            Description = "LeCun et al. 1998 to the letter: layer C5 is a convolution over all of its 5x5 input",
            KeyMap = new LeNetKeyMap(),
        },
    ]);

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x)
    {
        x = pool.call(tanh.call(conv1.call(x)));
        x = pool.call(tanh.call(conv2.call(x)));
        x = flatten.call(x);
        foreach (var hidden in dense[..^1]) x = tanh.call(hidden.call(x));
        return dense[^1].call(x);
    }
}

/// <summary>LeNet-1 (LeCun et al. 1989): 2,202 parameters. Input <c>(N, 1, 28, 28)</c>.</summary>
/// <param name="options">What may be chosen: see <see cref="LeNet"/>.</param>
public sealed class LeNet_1(ModelOptions? options = null) : LeNet(nameof(LeNet_1), Plans["lenet_1"], options);

/// <summary>LeNet-4 (LeCun et al. 1998): 51,050 parameters. Input <c>(N, 1, 32, 32)</c>.</summary>
/// <param name="options">What may be chosen: see <see cref="LeNet"/>.</param>
public sealed class LeNet_4(ModelOptions? options = null) : LeNet(nameof(LeNet_4), Plans["lenet_4"], options);

/// <summary>LeNet-5 (LeCun et al. 1998, figure 2): 61,706 parameters. Input <c>(N, 1, 32, 32)</c>.</summary>
/// <param name="options">What may be chosen: see <see cref="LeNet"/>.</param>
public sealed class LeNet_5(ModelOptions? options = null) : LeNet(nameof(LeNet_5), Plans["lenet_5"], options);

/// <summary>
/// LeNet-5 as section II-B of the 1998 paper has it: layer C5 is a convolution, which becomes a fully connected layer only because its
/// input is as large as its window. The same network as <see cref="LeNet_5"/> with other names; 61,706 parameters.
/// </summary>
/// <remarks>Input <c>(N, 1, 32, 32)</c>, output logits <c>(N, 10)</c>.</remarks>
public sealed class LeNet_5_Conv : Block
{
    private readonly Convolution2D conv1, conv2, conv3;
    private readonly Dense linear1, linear2;
    private readonly Tanh tanh;
    private readonly Pooling2D pool;
    private readonly Flatten flatten;

    /// <summary>Makes the network.</summary>
    /// <param name="options">What may be chosen: the numbers of classes and of input channels.</param>
    /// <exception cref="ArgumentException">An option is not the network's.</exception>
    public LeNet_5_Conv(ModelOptions? options = null) : base(nameof(LeNet_5_Conv))
    {
        options = ModelOptions.For(options, nameof(LeNet_5_Conv));
        tanh = Register("tanh", new Tanh());
        pool = Register("pool", new Pooling2D(PoolingMode.Average, 2));
        conv1 = Register("conv1", new Convolution2D(options.InChannels ?? 1, 6, 5));
        conv2 = Register("conv2", new Convolution2D(6, 16, 5));
        conv3 = Register("conv3", new Convolution2D(16, 120, 5));
        flatten = Register("flatten", new Flatten());
        linear1 = Register("linear1", new Dense(120, 84));
        linear2 = Register("linear2", new Dense(84, options.NumClasses ?? 10));
    }

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x)
    {
        x = pool.call(tanh.call(conv1.call(x)));
        x = pool.call(tanh.call(conv2.call(x)));
        x = flatten.call(tanh.call(conv3.call(x)));
        return linear2.call(tanh.call(linear1.call(x)));
    }
}
