using Luma.Neural;
using Luma.Neural.Layers;

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
