using Luma.Neural;
using Luma.Neural.Layers;
using Luma.Zoo.Weights;

namespace Luma.Zoo.Models;

/// <summary>
/// LeCun et al., "Backpropagation Applied to Handwritten Zip Code Recognition" (1989), and "Gradient-Based Learning Applied to
/// Document Recognition" (1998), section II: convolutions of 5x5 with tanh, each followed by average pooling of 2x2, then
/// fully connected layers.
/// </summary>
/// <remarks>
/// Input <c>(N, 1, H, W)</c>, output logits <c>(N, 10)</c>. The second convolution sees all maps of the first (not the partial
/// table of the 1998 paper), pooling has no coefficients, and the last layer is linear instead of radial basis functions.
/// </remarks>
public abstract class LeNet : Block
{
    private readonly Convolution2D conv1, conv2;
    private readonly Tanh tanh = new();
    private readonly Pooling2D pool = new(PoolingMode.Average, 2);
    private readonly Flatten flatten = new();
    private readonly Dense[] dense;

    private protected LeNet(string name, int inputSize, long[] maps, long[] hidden, long numClasses, long inChannels) : base(name)
    {
        conv1 = Register("conv1", new Convolution2D(inChannels, maps[0], 5));
        conv2 = Register("conv2", new Convolution2D(maps[0], maps[1], 5));

        // Each convolution takes 4 off the side, each pooling halves it.
        var side = (((inputSize - 4) / 2) - 4) / 2;
        long[] widths = [maps[1] * side * side, .. hidden, numClasses];
        dense = [.. widths.Zip(widths.Skip(1), (from, to) => (from, to)).Select((width, i) => Register($"fc{i + 1}", new Dense(width.from, width.to)))];

        Register("tanh", tanh);
        Register("pool", pool);
        Register("flatten", flatten);
    }

    internal static ModelFamily Family { get; } = new("LeNet",
    [
        new("lenet_1", 2_202, (1, 28, 28), o => new LeNet_1(o.NumClasses ?? 10, o.InChannels ?? 1))
        {
            Description = "LeCun et al. 1989: 4 and 8 maps, one fully connected layer, for digits of 28x28",
        },
        new("lenet_4", 51_050, (1, 32, 32), o => new LeNet_4(o.NumClasses ?? 10, o.InChannels ?? 1))
        {
            Description = "LeCun et al. 1998: 4 and 16 maps, 120 hidden units",
        },
        new("lenet_5", 61_706, (1, 32, 32), o => new LeNet_5(o.NumClasses ?? 10, o.InChannels ?? 1))
        {
            Description = "LeCun et al. 1998, figure 2: 6 and 16 maps, 120 and 84 hidden units",
            AdaptWeights = (weights, _) => LeNet_5_Conv.ToDense(weights),
        },
        new("lenet_5_conv", 61_706, (1, 32, 32), o => new LeNet_5_Conv(o.NumClasses ?? 10, o.InChannels ?? 1))
        {
            Description = "LeCun et al. 1998 to the letter: layer C5 is a convolution over all of its 5x5 input",
            AdaptWeights = (weights, _) => LeNet_5_Conv.ToConvolutional(weights),
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
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
public sealed class LeNet_1(long numClasses = 10, long inChannels = 1)
    : LeNet(nameof(LeNet_1), inputSize: 28, maps: [4, 8], hidden: [], numClasses, inChannels);

/// <summary>LeNet-4 (LeCun et al. 1998): 51,050 parameters. Input <c>(N, 1, 32, 32)</c>.</summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
public sealed class LeNet_4(long numClasses = 10, long inChannels = 1)
    : LeNet(nameof(LeNet_4), inputSize: 32, maps: [4, 16], hidden: [120], numClasses, inChannels);

/// <summary>LeNet-5 (LeCun et al. 1998, figure 2): 61,706 parameters. Input <c>(N, 1, 32, 32)</c>.</summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
public sealed class LeNet_5(long numClasses = 10, long inChannels = 1)
    : LeNet(nameof(LeNet_5), inputSize: 32, maps: [6, 16], hidden: [120, 84], numClasses, inChannels);

/// <summary>
/// LeNet-5 as section II-B of the 1998 paper has it: layer C5 is a convolution, which becomes a fully connected layer only because its
/// input is as large as its window. The same network as <see cref="LeNet_5"/> with other names; 61,706 parameters.
/// </summary>
/// <remarks>Input <c>(N, 1, 32, 32)</c>, output logits <c>(N, 10)</c>.</remarks>
public sealed class LeNet_5_Conv : Block
{
    // This network's names, and LeNet_5's for the same numbers.
    private static readonly (string Conv, string Dense)[] Names =
        [("conv1", "conv1"), ("conv2", "conv2"), ("conv3", "fc1"), ("linear1", "fc2"), ("linear2", "fc3")];

    private readonly Convolution2D conv1, conv2, conv3;
    private readonly Dense linear1, linear2;
    private readonly Tanh tanh;
    private readonly Pooling2D pool;
    private readonly Flatten flatten;

    /// <summary>Makes the network.</summary>
    /// <param name="numClasses">The number of classes.</param>
    /// <param name="inChannels">The number of channels of the input.</param>
    public LeNet_5_Conv(long numClasses = 10, long inChannels = 1) : base(nameof(LeNet_5_Conv))
    {
        tanh = Register("tanh", new Tanh());
        pool = Register("pool", new Pooling2D(PoolingMode.Average, 2));
        conv1 = Register("conv1", new Convolution2D(inChannels, 6, 5));
        conv2 = Register("conv2", new Convolution2D(6, 16, 5));
        conv3 = Register("conv3", new Convolution2D(16, 120, 5));
        flatten = Register("flatten", new Flatten());
        linear1 = Register("linear1", new Dense(120, 84));
        linear2 = Register("linear2", new Dense(84, numClasses));
    }

    /// <summary>Turns the weights of a <see cref="LeNet_5"/> into this network's.</summary>
    /// <param name="weights">Weights of either network.</param>
    /// <returns>The same numbers under this network's names and shapes; dispose of the argument last. Null if they have them already.</returns>
    public static StateDict? ToConvolutional(StateDict weights) => Map(weights, "fc1", name => name.Dense, name => name.Conv, [120, 16, 5, 5]);

    /// <summary>Turns this network's weights into those of a <see cref="LeNet_5"/>.</summary>
    /// <param name="weights">Weights of either network.</param>
    /// <returns>The same numbers under that network's names and shapes; dispose of the argument last. Null if they have them already.</returns>
    public static StateDict? ToDense(StateDict weights) => Map(weights, "conv3", name => name.Conv, name => name.Dense, [120, 400]);

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x)
    {
        x = pool.call(tanh.call(conv1.call(x)));
        x = pool.call(tanh.call(conv2.call(x)));
        x = flatten.call(tanh.call(conv3.call(x)));
        return linear2.call(tanh.call(linear1.call(x)));
    }

    private static StateDict? Map(
        StateDict weights, string sign, Func<(string Conv, string Dense), string> from, Func<(string Conv, string Dense), string> to, long[] shape)
    {
        ArgumentNullException.ThrowIfNull(weights);
        if (!weights.Contains($"{sign}.weight")) return null;

        var renamed = Names.ToDictionary(from, to);
        return StateDict.Of(weights.Entries.Select(entry =>
        {
            var parts = entry.Name.Split('.');
            var name = parts is [var layer, var leaf] && renamed.TryGetValue(layer, out var other) ? $"{other}.{leaf}" : entry.Name;
            var tensor = entry.ToTensor().DetachFromDisposeScope();
            return KeyValuePair.Create(name, entry.Name == $"{sign}.weight" && tensor.numel() == 48_000 ? tensor.reshape(shape) : tensor);
        }), weights.Source);
    }
}
