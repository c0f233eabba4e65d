using Luma.Neural;
using Luma.Neural.Layers;

namespace Luma.Zoo.Models;

/// <summary>
/// torchvision's <c>googlenet</c>: the network of Szegedy et al., "Going Deeper with Convolutions" (2014), with batch normalisation
/// (epsilon 0.001) in place of biases. Input <c>(N, 3, 224, 224)</c>, output logits <c>(N, classes)</c>.
/// </summary>
/// <remarks>
/// Images are of at least 15x15. The branches that the paper has with 5x5 are of 3x3 here, as in the TensorFlow network whose weights
/// torchvision publishes. Its seeded weights are torchvision's with <c>init_weights=True</c>. torchvision's own constructor has
/// auxiliary heads unless told otherwise; here they are asked for.
/// </remarks>
public sealed class GoogLeNet : GoogLeNetDesign
{
    /// <summary>Makes the network and draws its weights as torchvision does: truncated normal, with a standard deviation of 0.01.</summary>
    /// <param name="numClasses">The number of classes.</param>
    /// <param name="inChannels">The number of channels of the input.</param>
    /// <param name="auxLogits">Whether there are auxiliary heads, <c>aux1</c> and <c>aux2</c>, with a dropout of 0.7.</param>
    /// <param name="transformInput">
    /// Whether images come with ImageNet's mean and deviation and the weights are TensorFlow's, as torchvision's published ones are.
    /// </param>
    /// <param name="dropout">The probability that a feature is dropped before the classifier.</param>
    /// <exception cref="ArgumentOutOfRangeException">The input is transformed but has not 3 channels, or a number is out of range.</exception>
    public GoogLeNet(
        long numClasses = 1000, long inChannels = 3, bool auxLogits = false, bool transformInput = false, double dropout = 0.2)
        : base(
            nameof(GoogLeNet),
            new(new() { Momentum = 0.1 }, FiveKernel: 3, LastPool: 2, ResponseNorm: false, transformInput, () => new AdaptiveAvgPooling2D(4)),
            numClasses, inChannels, auxLogits, dropout)
    {
        foreach (var module in modules())
        {
            if (module is Convolution convolution) Initializers.TruncatedNormal(convolution.Weight, std: 0.01);
            else if (module is Dense dense) Initializers.TruncatedNormal(dense.Weight, std: 0.01);
        }
    }

    internal static ModelFamily Family { get; } = new("GoogLeNet",
    [
        new("googlenet", 6_624_904, (3, 224, 224), o => new GoogLeNet(o.NumClasses ?? 1000, o.InChannels ?? 3, transformInput: o.TransformInput ?? false))
        {
            Description = "Szegedy et al. 2014 with batch norm, as TensorFlow and torchvision ship it",
            AdaptWeights = (weights, network) => AuxiliaryWeights.Drop(weights, network, "aux1.", "aux2."),
            HasInputTransform = true,
            FitOptions = (options, _) => options with { TransformInput = options.TransformInput ?? true },
        },
    ]);
}
