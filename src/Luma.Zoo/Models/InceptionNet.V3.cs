using Luma.Neural.Layers;

namespace Luma.Zoo.Models;

/// <summary>
/// Inception-v3 (Szegedy et al. 2015, section 6): the network of table 1, its auxiliary head batch-normalised too. 25,013,960 parameters
/// without the head. Input <c>(N, 3, 299, 299)</c>.
/// </summary>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
/// <param name="auxLogits">Whether there is an auxiliary head on the last 17x17 maps (figure 8).</param>
/// <param name="convBias">Whether each convolution has a bias, though batch normalisation follows.</param>
/// <param name="pooling">What the branches with pooling take on the 17x17 and 8x8 maps; the paper says only "Pool", the authors' code means.</param>
/// <param name="dropout">The probability that a feature is dropped; 0.2 in the authors' <c>inception_v3.py</c>.</param>
public sealed class InceptionNet_V3(
    long numClasses = 1000, long inChannels = 3, bool auxLogits = false, bool convBias = false, PoolingMode pooling = PoolingMode.Average,
    double dropout = 0.2)
    : FactorizedInception(
        nameof(InceptionNet_V3), numClasses, inChannels, auxLogits, normedAuxiliary: true, new() { Bias = convBias }, pooling, dropout)
{
    internal static ModelVariant Variant { get; } = new(
        "inceptionnet_v3", 25_013_960, (3, 299, 299), o => o.Config == ModelConfig.Luma
            ? new InceptionNet_V3(o.NumClasses ?? 1000, o.InChannels ?? 3, convBias: true, pooling: PoolingMode.Max, dropout: 0.4)
            : new InceptionNet_V3(o.NumClasses ?? 1000, o.InChannels ?? 3))
    {
        Description = "Szegedy et al. 2015, section 6: Inception-v2 with a batch-normalised auxiliary head",
        HasLumaConfig = true,
    };
}
