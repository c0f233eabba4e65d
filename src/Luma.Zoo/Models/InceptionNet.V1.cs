using Luma.Neural;
using Luma.Neural.Blocks;
using Luma.Neural.Layers;

namespace Luma.Zoo.Models;

/// <summary>
/// The network of Szegedy et al., "Going Deeper with Convolutions" (2014), table 1. <see cref="InceptionNet_V1"/> is the paper's,
/// <see cref="GoogLeNet"/> torchvision's.
/// </summary>
/// <remarks>
/// Input <c>(N, C, H, W)</c>, 224x224 in the paper, output logits <c>(N, classes)</c>. The auxiliary heads follow the blocks 4a and 4d
/// (section 5).
/// </remarks>
public abstract class GoogLeNetDesign : AuxiliaryNetwork
{
    private protected GoogLeNetDesign(string name, Plan plan, long numClasses, long inChannels, bool auxLogits, double dropout) : base(name)
    {
        var style = plan.Style;
        if (plan.TransformInput) Add("transform_input", new TransformInput(inChannels));

        Add("conv1", style.Conv(inChannels, 64, 7, stride: 2, 3));
        Add("maxpool1", Halve());
        if (plan.ResponseNorm) Add("norm1", ResponseNorm());
        Add("conv2", style.Conv(64, 64, 1));
        Add("conv3", style.Conv(64, 192, 3));
        if (plan.ResponseNorm) Add("norm2", ResponseNorm());
        Add("maxpool2", Halve());

        Add("inception3a", Block(192, 64, 96, 128, 16, 32, 32));
        Add("inception3b", Block(256, 128, 128, 192, 32, 96, 64));
        Add("maxpool3", Halve());

        Add("inception4a", Block(480, 192, 96, 208, 16, 48, 64));
        Add("inception4b", Block(512, 160, 112, 224, 24, 64, 64));
        Add("inception4c", Block(512, 128, 128, 256, 24, 64, 64));
        Add("inception4d", Block(512, 112, 144, 288, 32, 64, 64));
        Add("inception4e", Block(528, 256, 160, 320, 32, 128, 128));
        Add("maxpool4", Halve(plan.LastPool));

        Add("inception5a", Block(832, 256, 160, 320, 32, 128, 128));
        Add("inception5b", Block(832, 384, 192, 384, 48, 128, 128));

        if (auxLogits)
        {
            Auxiliary("aux1", new AuxiliaryHead(512, plan.AuxiliaryPool(), side: 4, numClasses, style), after: "inception4a");
            Auxiliary("aux2", new AuxiliaryHead(528, plan.AuxiliaryPool(), side: 4, numClasses, style), after: "inception4d");
        }

        Add("avgpool", new GlobalAvgPooling2D());
        Add("flatten", new Flatten());
        Add("dropout", new Dropout(dropout));
        Add("fc", new Dense(1024, numClasses));

        IncepBlock.V1 Block(long from, long one, long threeReduce, long three, long fiveReduce, long five, long pool) =>
            new(from, one, threeReduce, three, fiveReduce, five, pool, style, plan.FiveKernel);
    }

    // The sides of table 1 (112, 56, 28, 14, 7) are met by rounding up.
    private static Pooling2D Halve(long kernel = 3) => new(PoolingMode.Max, kernel, stride: 2, ceilMode: true);

    // Figure 3 of the paper has the layer without its numbers; these are those of Caffe's bvlc_googlenet, which replicates the network.
    private static LocalResponseNorm ResponseNorm() => new(size: 5, alpha: 1e-4, beta: 0.75, k: 1);

    private protected sealed record Plan(
        ConvStyle Style, long FiveKernel, long LastPool, bool ResponseNorm, bool TransformInput, Func<Layer> AuxiliaryPool);
}

/// <summary>
/// GoogLeNet as it was published (Szegedy et al. 2014): every convolution with a bias and without batch normalisation, 6,998,552
/// parameters without auxiliary heads. Input <c>(N, 3, 224, 224)</c>.
/// </summary>
/// <remarks>
/// Images are of at least 31x31; auxiliary heads, which are fully connected, need the 14x14 maps that 224x224 gives.
/// torchvision's <see cref="GoogLeNet"/> has batch normalisation instead of biases, and windows of 3x3 where the paper has 5x5.
/// </remarks>
/// <param name="numClasses">The number of classes.</param>
/// <param name="inChannels">The number of channels of the input.</param>
/// <param name="auxLogits">Whether there are auxiliary heads (section 5): means of 5x5 at a stride of 3, and a dropout of 0.7.</param>
/// <param name="responseNorm">Whether there is local response normalisation, as in figure 3.</param>
/// <param name="dropout">The probability that a feature is dropped; 0.4 in table 1.</param>
public sealed class InceptionNet_V1(
    long numClasses = 1000, long inChannels = 3, bool auxLogits = false, bool responseNorm = true, double dropout = 0.4)
    : GoogLeNetDesign(
        nameof(InceptionNet_V1),
        new(
            new() { Norm = false, Bias = true }, FiveKernel: 5, LastPool: 3, responseNorm, TransformInput: false,
            () => new Pooling2D(PoolingMode.Average, 5, 3)),
        numClasses, inChannels, auxLogits, dropout)
{
    internal static ModelVariant Variant { get; } = new(
        "inceptionnet_v1", 6_998_552, (3, 224, 224),
        o => new InceptionNet_V1(o.NumClasses ?? 1000, o.InChannels ?? 3, responseNorm: o.Config != ModelConfig.Luma))
    {
        Description = "Szegedy et al. 2014, GoogLeNet as published: windows up to 5x5, response norm, no batch norm",
        HasLumaConfig = true,
    };
}
