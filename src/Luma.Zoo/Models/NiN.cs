using Luma.Neural;
using Luma.Neural.Blocks;
using Luma.Neural.Layers;

namespace Luma.Zoo.Models;

/// <summary>
/// Lin, Chen and Yan, "Network In Network" (2013): convolutions with small networks at every place (see <see cref="NinBlock"/>), and
/// instead of fully connected layers one map for each class, averaged (sections 3.1 and 3.2).
/// </summary>
/// <remarks>Layers are initialised as PyTorch does.</remarks>
public abstract class NetworkInNetwork : Block
{
    private readonly Sequence net;

    private protected NetworkInNetwork(string name, Sequence net) : base(name) => this.net = Register("net", net);

    internal static ModelFamily Family { get; } = new("NiN",
    [
        new("nin", 7_439_608, (3, 224, 224), o => new NiN(o.NumClasses ?? 1000, o.InChannels ?? 3))
        {
            Description = "Lin et al. 2013 for large images: AlexNet's windows, three convolutions a block",
        },
        new("nin_cifar", 966_986, (3, 32, 32), o => new NiN_CIFAR(o.NumClasses ?? 10, o.InChannels ?? 3))
        {
            Description = "Lin et al. 2013, section 4.2, with the layers of the authors' CIFAR-10 model",
        },
    ]);

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x) => net.call(x);
}

/// <summary>
/// Network in network for large images, with AlexNet's windows, as "Dive into Deep Learning" (section 8.3.2) and the notebooks after it
/// have it: the last block has as many channels as there are classes, after each of its three convolutions. 7,439,608 parameters.
/// </summary>
/// <remarks>Input <c>(N, 3, H, W)</c> of at least 67x67, made for 224x224; output logits <c>(N, 1000)</c>, none of them negative.</remarks>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
/// <param name="dropout">The probability of dropout before the last block.</param>
public sealed class NiN(long numClasses = 1000, long inChannels = 3, double dropout = 0.5) : NetworkInNetwork(nameof(NiN),
[
    new NinBlock(inChannels, [96, 96, 96], 11, 4),
    new Pooling2D(PoolingMode.Max, 3, 2),
    new NinBlock(96, [256, 256, 256], 5, 1, 2),
    new Pooling2D(PoolingMode.Max, 3, 2),
    new NinBlock(256, [384, 384, 384], 3, 1, 1),
    new Pooling2D(PoolingMode.Max, 3, 2),
    new Dropout(dropout),
    new NinBlock(384, [numClasses, numClasses, numClasses], 3, 1, 1),
    new GlobalAvgPooling2D(),
    new Flatten(),
]);

/// <summary>
/// The network of the paper's CIFAR-10 experiments (section 4.2): three blocks, dropout of 0.5 after the first two. The widths are those
/// of the model that the authors published with their code. 966,986 parameters.
/// </summary>
/// <remarks>
/// Input <c>(N, 3, 32, 32)</c>, output logits <c>(N, 10)</c>, none of them negative. Poolings round up, as in the authors' framework,
/// so that the maps are 32, 16 and 8 wide.
/// </remarks>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
/// <param name="dropout">The probability of dropout after the first and the second block.</param>
public sealed class NiN_CIFAR(long numClasses = 10, long inChannels = 3, double dropout = 0.5) : NetworkInNetwork(nameof(NiN_CIFAR),
[
    new NinBlock(inChannels, [192, 160, 96], 5, 1, 2),
    new Pooling2D(PoolingMode.Max, 3, 2, ceilMode: true),
    new Dropout(dropout),
    new NinBlock(96, [192, 192, 192], 5, 1, 2),
    new Pooling2D(PoolingMode.Average, 3, 2, ceilMode: true),
    new Dropout(dropout),
    new NinBlock(192, [192, 192, numClasses], 3, 1, 1),
    new GlobalAvgPooling2D(),
    new Flatten(),
]);
