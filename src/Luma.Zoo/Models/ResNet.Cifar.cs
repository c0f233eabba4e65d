using Luma.Neural;
using Luma.Neural.Blocks;
using Luma.Neural.Layers;

namespace Luma.Zoo.Models;

/// <summary>
/// He et al., "Deep Residual Learning for Image Recognition" (2015), section 4.2: for the images of CIFAR, a convolution of 3x3, three
/// stages of basic blocks with 16, 32 and 64 channels, and a fully connected layer on the mean of each channel. With n blocks in a
/// stage there are 6n + 2 layers.
/// </summary>
/// <remarks>
/// Input <c>(N, 3, H, W)</c>, made for 32x32; output logits <c>(N, 10)</c>. The shortcuts have no parameters (option A). Initialisation
/// and norms are those of <see cref="ResNet"/>.
/// </remarks>
public abstract class CifarResNet : Sequence
{
    private protected CifarResNet(int depth, long numClasses, long inChannels, ResNetShortcut shortcut, bool convBias)
        : base($"ResNet_{depth}")
    {
        Add("conv1", new Convolution2D(inChannels, 16, 3, padding: 1, bias: convBias));
        Add("bn1", new BatchNorm2D(16));
        Add("relu", new ReLU(inPlace: true));

        var width = 16L;
        for (var stage = 0; stage < 3; stage++)
        {
            var channels = 16L << stage;
            var layer = new Sequence();
            for (var place = 0; place < (depth - 2) / 6; place++)
            {
                layer.Add(new ResNetBlock.Basic(width, channels, width == channels ? 1 : 2, shortcut, convBias));
                width = channels;
            }
            Add($"layer{stage + 1}", layer);
        }
        ResNet.AddHead(this, width, numClasses);
        ResNet.Initialize(this);
    }

    internal static IReadOnlyList<ModelVariant> Variants { get; } =
    [
        Entry("resnet_20", 269_722, (n, c) => new ResNet_20(n, c)),
        Entry("resnet_32", 464_154, (n, c) => new ResNet_32(n, c)),
        Entry("resnet_44", 658_586, (n, c) => new ResNet_44(n, c)),
        Entry("resnet_56", 853_018, (n, c) => new ResNet_56(n, c)),
        Entry("resnet_110", 1_727_962, (n, c) => new ResNet_110(n, c)),
        Entry("resnet_1202", 19_421_274, (n, c) => new ResNet_1202(n, c)),
    ];

    private static ModelVariant Entry(string id, long parameters, Func<long, long, CifarResNet> build) =>
        new(id, parameters, (3, 32, 32), o => build(o.NumClasses ?? 10, o.InChannels ?? 3))
        {
            Description = $"{id["resnet_".Length..]} layers for CIFAR, shortcuts without parameters",
        };
}

/// <summary>ResNet-20 for CIFAR: 269,722 parameters. Input <c>(N, 3, 32, 32)</c>.</summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
/// <param name="shortcut">The shortcuts where the shape changes.</param>
/// <param name="convBias">Whether the convolutions add a bias.</param>
public sealed class ResNet_20(
    long numClasses = 10, long inChannels = 3, ResNetShortcut shortcut = ResNetShortcut.ZeroPadding, bool convBias = false)
    : CifarResNet(20, numClasses, inChannels, shortcut, convBias);

/// <summary>ResNet-32 for CIFAR: 464,154 parameters. Input <c>(N, 3, 32, 32)</c>.</summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
/// <param name="shortcut">The shortcuts where the shape changes.</param>
/// <param name="convBias">Whether the convolutions add a bias.</param>
public sealed class ResNet_32(
    long numClasses = 10, long inChannels = 3, ResNetShortcut shortcut = ResNetShortcut.ZeroPadding, bool convBias = false)
    : CifarResNet(32, numClasses, inChannels, shortcut, convBias);

/// <summary>ResNet-44 for CIFAR: 658,586 parameters. Input <c>(N, 3, 32, 32)</c>.</summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
/// <param name="shortcut">The shortcuts where the shape changes.</param>
/// <param name="convBias">Whether the convolutions add a bias.</param>
public sealed class ResNet_44(
    long numClasses = 10, long inChannels = 3, ResNetShortcut shortcut = ResNetShortcut.ZeroPadding, bool convBias = false)
    : CifarResNet(44, numClasses, inChannels, shortcut, convBias);

/// <summary>ResNet-56 for CIFAR: 853,018 parameters. Input <c>(N, 3, 32, 32)</c>.</summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
/// <param name="shortcut">The shortcuts where the shape changes.</param>
/// <param name="convBias">Whether the convolutions add a bias.</param>
public sealed class ResNet_56(
    long numClasses = 10, long inChannels = 3, ResNetShortcut shortcut = ResNetShortcut.ZeroPadding, bool convBias = false)
    : CifarResNet(56, numClasses, inChannels, shortcut, convBias);

/// <summary>ResNet-110 for CIFAR: 1,727,962 parameters. Input <c>(N, 3, 32, 32)</c>.</summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
/// <param name="shortcut">The shortcuts where the shape changes.</param>
/// <param name="convBias">Whether the convolutions add a bias.</param>
public sealed class ResNet_110(
    long numClasses = 10, long inChannels = 3, ResNetShortcut shortcut = ResNetShortcut.ZeroPadding, bool convBias = false)
    : CifarResNet(110, numClasses, inChannels, shortcut, convBias);

/// <summary>ResNet-1202 for CIFAR: 19,421,274 parameters. Input <c>(N, 3, 32, 32)</c>.</summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
/// <param name="shortcut">The shortcuts where the shape changes.</param>
/// <param name="convBias">Whether the convolutions add a bias.</param>
public sealed class ResNet_1202(
    long numClasses = 10, long inChannels = 3, ResNetShortcut shortcut = ResNetShortcut.ZeroPadding, bool convBias = false)
    : CifarResNet(1202, numClasses, inChannels, shortcut, convBias);
