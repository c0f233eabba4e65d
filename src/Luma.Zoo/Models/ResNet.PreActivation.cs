using Luma.Neural.Blocks;
using Luma.Neural.Layers;
using static Luma.Neural.Blocks.ResNetBlock;

namespace Luma.Zoo.Models;

/// <summary>
/// He et al., "Identity Mappings in Deep Residual Networks" (2016): residual networks whose norms and activations stand before the
/// convolutions, and once more behind the last block.
/// </summary>
/// <remarks>
/// <para>
/// Output logits <c>(N, classes)</c>. By the paper's appendix the activation stands before branch and shortcut alike in the first block
/// and where the shape changes; the authors' code for both data sets has it so in the first block of every stage. For ImageNet it is
/// the one of the stem, ahead of the pooling.
/// </para>
/// <para>
/// The stride is where the authors' published code has it: for ImageNet on a bottleneck's 3x3 convolution, for CIFAR on its first.
/// Initialisation and norms are those of <see cref="ResNet"/>.
/// </para>
/// </remarks>
public abstract class PreActivationResNet : Sequence
{
    private protected enum Images
    {
        /// <summary>Four stages of 64 to 512 channels behind a convolution of 7x7 and max pooling.</summary>
        ImageNet,

        /// <summary>Three stages of 16 to 64 channels behind a convolution of 3x3.</summary>
        Cifar,
    }

    private protected PreActivationResNet(
        string name, Images images, int[] depths, bool bottleneck, long numClasses, long inChannels, bool convBias) : base(name)
    {
        var large = images == Images.ImageNet;
        var first = large ? 64L : 16L;
        if (large)
        {
            Add("conv1", new Convolution2D(inChannels, first, 7, stride: 2, padding: 3, bias: convBias));
            Add("bn1", new BatchNorm2D(first));
            Add("relu1", new ReLU(inPlace: true));
            Add("maxpool", new Pooling2D(PoolingMode.Max, 3, stride: 2, padding: 1));
        }
        else
        {
            Add("conv1", new Convolution2D(inChannels, first, 3, padding: 1, bias: convBias));
        }

        var shortcut = bottleneck ? ResNetShortcut.Projection : ResNetShortcut.ZeroPadding;
        var width = first;
        for (var stage = 0; stage < depths.Length; stage++)
        {
            var channels = first << stage;
            var layer = new Sequence();
            for (var place = 0; place < depths[stage]; place++)
            {
                var activated = place > 0 ? Activated.Branch : large && stage == 0 ? Activated.Neither : Activated.Both;
                var stride = place == 0 && stage > 0 ? 2 : 1;
                layer.Add(new PreActivation(width, channels, stride, bottleneck, activated, shortcut, strideFirst: !large, convBias));
                width = bottleneck ? channels * Bottleneck.Expansion : channels;
            }
            Add($"layer{stage + 1}", layer);
        }
        Add("norm", new BatchNorm2D(width));
        Add("relu", new ReLU(inPlace: true));
        ResNet.AddHead(this, width, numClasses);
        ResNet.Initialize(this);
    }

    internal static ModelFamily Family { get; } = new("Pre-activation ResNet",
    [
        Entry(
            "resnet_110_preact", 1_727_962, 32, o => new ResNet_110_PreActivation(o.Classes, o.Channels),
            "110 layers for CIFAR, basic blocks"),
        Entry("resnet_164", 1_703_258, 32, o => new ResNet_164(o.Classes, o.Channels), "164 layers for CIFAR, bottlenecks"),
        LumaEntry("resnet_200", 64_666_152, 224, o => new ResNet_200(o.Classes, o.Channels, o.ConvBias), "200 layers, bottlenecks"),
        LumaEntry("resnet_269", 102_065_704, 224, o => new ResNet_269(o.Classes, o.Channels, o.ConvBias), "269 layers, bottlenecks"),
        LumaEntry(
            "resnet_1001", 10_327_706, 32, o => new ResNet_1001(o.Classes, o.Channels, o.ConvBias), "1001 layers for CIFAR, bottlenecks"),
    ]);

    private static ModelVariant Entry(
        string id, long parameters, int size, Func<(long Classes, long Channels, bool ConvBias), PreActivationResNet> build,
        string description)
    {
        var classes = size == 32 ? 10 : 1000;
        return new(id, parameters, (3, size, size), o => build((o.NumClasses ?? classes, o.InChannels ?? 3, o.Config == ModelConfig.Luma)))
        {
            Description = description,
        };
    }

    private static ModelVariant LumaEntry(
        string id, long parameters, int size, Func<(long Classes, long Channels, bool ConvBias), PreActivationResNet> build,
        string description) =>
        Entry(id, parameters, size, build, description) with { HasLumaConfig = true };
}

/// <summary>
/// The pre-activation ResNet-110 for CIFAR (He et al. 2016, table 2), with basic blocks and shortcuts without parameters: 1,727,962
/// parameters. Input <c>(N, 3, 32, 32)</c>.
/// </summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
/// <param name="convBias">Whether the convolutions add a bias.</param>
public sealed class ResNet_110_PreActivation(long numClasses = 10, long inChannels = 3, bool convBias = false)
    : PreActivationResNet(
        nameof(ResNet_110_PreActivation), Images.Cifar, [18, 18, 18], bottleneck: false, numClasses, inChannels, convBias);

/// <summary>
/// The pre-activation ResNet-164 for CIFAR (He et al. 2016, table 3), 18 bottlenecks in a stage: 1,703,258 parameters. Input
/// <c>(N, 3, 32, 32)</c>.
/// </summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
/// <param name="convBias">Whether the convolutions add a bias.</param>
public sealed class ResNet_164(long numClasses = 10, long inChannels = 3, bool convBias = false)
    : PreActivationResNet(nameof(ResNet_164), Images.Cifar, [18, 18, 18], bottleneck: true, numClasses, inChannels, convBias);

/// <summary>
/// The pre-activation ResNet-200 (He et al. 2016, table 5), 3, 24, 36 and 3 bottlenecks: 64,666,152 parameters. Input
/// <c>(N, 3, 224, 224)</c>.
/// </summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
/// <param name="convBias">Whether the convolutions add a bias.</param>
public sealed class ResNet_200(long numClasses = 1000, long inChannels = 3, bool convBias = false)
    : PreActivationResNet(nameof(ResNet_200), Images.ImageNet, [3, 24, 36, 3], bottleneck: true, numClasses, inChannels, convBias);

/// <summary>
/// The pre-activation ResNet-269 (Zeng et al., "Crafting GBD-Net for Object Detection", 2016), 3, 30, 48 and 8 bottlenecks:
/// 102,065,704 parameters. Input <c>(N, 3, 224, 224)</c>.
/// </summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
/// <param name="convBias">Whether the convolutions add a bias.</param>
public sealed class ResNet_269(long numClasses = 1000, long inChannels = 3, bool convBias = false)
    : PreActivationResNet(nameof(ResNet_269), Images.ImageNet, [3, 30, 48, 8], bottleneck: true, numClasses, inChannels, convBias);

/// <summary>
/// The pre-activation ResNet-1001 for CIFAR (He et al. 2016, table 4), 111 bottlenecks in a stage: 10,327,706 parameters. Input
/// <c>(N, 3, 32, 32)</c>.
/// </summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
/// <param name="convBias">Whether the convolutions add a bias.</param>
public sealed class ResNet_1001(long numClasses = 10, long inChannels = 3, bool convBias = false)
    : PreActivationResNet(nameof(ResNet_1001), Images.Cifar, [111, 111, 111], bottleneck: true, numClasses, inChannels, convBias);
