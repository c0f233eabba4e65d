using Luma.Neural.Blocks;
using Luma.Neural.Layers;

namespace Luma.Zoo.Models;

/// <summary>
/// The network of Szegedy et al., "Rethinking the Inception Architecture for Computer Vision" (2015), table 1.
/// </summary>
/// <remarks>
/// Input <c>(N, C, H, W)</c>, 299x299 in the paper, of at least 75x75, output logits <c>(N, classes)</c>. An auxiliary head, which is
/// fully connected, needs the 17x17 maps that 299x299 gives. The network that the authors published afterwards has another stem and
/// other blocks: <see cref="InceptionV3"/>.
/// </remarks>
public abstract class FactorizedInception : AuxiliaryNetwork
{
    private protected FactorizedInception(
        string name, long numClasses, long inChannels, bool auxLogits, bool normedAuxiliary, ConvStyle style, PoolingMode pooling, double dropout)
        : base(name)
    {
        Add("conv1", style.Conv(inChannels, 32, 3, stride: 2, Pad.Valid));
        Add("conv2", style.Conv(32, 32, 3, padding: Pad.Valid));
        Add("conv3", style.Conv(32, 64, 3));
        Add("maxpool", new Pooling2D(PoolingMode.Max, 3, stride: 2));
        Add("conv4", style.Conv(64, 80, 3, padding: Pad.Valid));
        Add("conv5", style.Conv(80, 192, 3, stride: 2, Pad.Valid));
        Add("conv6", style.Conv(192, 288, 3));

        foreach (var letter in "abc") Add($"inception3{letter}", new IncepBlock.V2_TypeA(288, style: style));
        Add("reduction3", new IncepBlock.V2_Redux(288, reduce: 64, three: 384, twice: 96, style));

        // The paper does not print these filters. The authors' code has 128, 160, 160 and 192, a block fewer than table 1.
        foreach (var (letter, inner) in "abcde".Zip([128L, 160, 160, 160, 192]))
            Add($"inception4{letter}", new IncepBlock.V2_TypeB(768, inner, pooling: pooling, style: style));
        Add("reduction4", new IncepBlock.V2_Redux(768, reduce: 192, three: 320, twice: 192, style));

        Add("inception5a", new IncepBlock.V2_TypeC(1280, pooling: pooling, style: style));
        Add("inception5b", new IncepBlock.V2_TypeC(2048, pooling: pooling, style: style));

        if (auxLogits)
        {
            // Figure 8: means of 5x5 at a stride of 3 bring 17x17 to 5x5.
            var norm = normedAuxiliary ? new BatchNorm1D(1024, style.Eps, style.Momentum) : null;
            var pool = new Pooling2D(PoolingMode.Average, 5, stride: 3);
            Auxiliary("aux", new AuxiliaryHead(768, pool, side: 5, numClasses, style, norm: norm), after: "inception4e");
        }

        Add("avgpool", new GlobalAvgPooling2D());
        Add("flatten", new Flatten());
        Add("dropout", new Dropout(dropout));
        Add("fc", new Dense(2048, numClasses));
    }
}

/// <summary>
/// Inception-v2 (Szegedy et al. 2015, table 1): 25,013,960 parameters. Input <c>(N, 3, 299, 299)</c>.
/// </summary>
/// <remarks>
/// In the paper Inception-v3 is this network with a batch-normalised auxiliary head and a better training; without the head the two are
/// one. The Luma package's Inception-v2 has no batch normalisation: <c>batchNorm: false, convBias: true</c>.
/// </remarks>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
/// <param name="auxLogits">Whether there is an auxiliary head on the last 17x17 maps (figure 8).</param>
/// <param name="batchNorm">Whether each convolution is followed by batch normalisation.</param>
/// <param name="convBias">Whether each convolution has a bias.</param>
/// <param name="pooling">What the branches with pooling take on the 17x17 and 8x8 maps; the paper says only "Pool", the authors' code means.</param>
/// <param name="dropout">The probability that a feature is dropped; 0.2 in the authors' <c>inception_v3.py</c>.</param>
public sealed class InceptionNet_V2(
    long numClasses = 1000, long inChannels = 3, bool auxLogits = false, bool batchNorm = true, bool convBias = false,
    PoolingMode pooling = PoolingMode.Average, double dropout = 0.2)
    : FactorizedInception(
        nameof(InceptionNet_V2), numClasses, inChannels, auxLogits, normedAuxiliary: false, new() { Norm = batchNorm, Bias = convBias },
        pooling, dropout)
{
    internal static ModelVariant Variant { get; } = new(
        "inceptionnet_v2", 25_013_960, (3, 299, 299), o => o.Config == ModelConfig.Luma
            ? new InceptionNet_V2(
                o.NumClasses ?? 1000, o.InChannels ?? 3, batchNorm: false, convBias: true, pooling: PoolingMode.Max, dropout: 0.4)
            : new InceptionNet_V2(o.NumClasses ?? 1000, o.InChannels ?? 3))
    {
        Description = "Szegedy et al. 2015, table 1: 5x5 and 7x7 factorised",
        HasLumaConfig = true,
    };
}
