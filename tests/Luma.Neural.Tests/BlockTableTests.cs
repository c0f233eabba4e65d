using Luma.Neural.Blocks;
using Luma.Neural.Layers;
using Luma.Neural.Observation;

namespace Luma.Neural.Tests;

/// <summary>The Luma package's table of blocks: how many layers each has with batch normalisation, and what it makes of which shape.</summary>
/// <remarks>
/// The table counts some joints as layers of their own, which ours are not: where a block of Inception-v4 or a reduction forks and where
/// its branches meet (2), and the three meetings of Inception-v4's stem (3); a residual block's shortcut is a layer here too. Figure 14's
/// stem has 6 convolutions with norm and ReLU and 1 pooling, 19 layers, of which the table counts 17.
/// </remarks>
[Collection(Generator.Name)]
public class BlockTableTests
{
    // The package has a norm after a residual block's last convolution as well.
    private static readonly ConvStyle Style = new() { Bias = true, NormLinear = true };

    private static readonly Dictionary<string, (Func<NeuralModule> Make, int Printed, int Joints, long[] Input, long[] Output)> Table = new()
    {
        ["ConvBlock1D"] = (() => new ConvBlock1D(4, 6, 3, norm: new BatchNorm1D(6)), 3, 0, [2, 4, 9], [2, 6, 7]),
        ["ConvBlock1D without a norm"] = (() => new ConvBlock1D(4, 6, 3), 2, 0, [2, 4, 9], [2, 6, 7]),
        ["ConvBlock2D"] = (() => new ConvBlock2D(4, 6, 3, norm: new BatchNorm2D(6)), 3, 0, [2, 4, 9, 8], [2, 6, 7, 6]),
        ["ConvBlock2D without a norm"] = (() => new ConvBlock2D(4, 6, 3), 2, 0, [2, 4, 9, 8], [2, 6, 7, 6]),
        ["ConvBlock3D"] = (() => new ConvBlock3D(4, 6, 3, norm: new BatchNorm3D(6)), 3, 0, [2, 4, 5, 9, 8], [2, 6, 3, 7, 6]),
        ["ConvBlock3D without a norm"] = (() => new ConvBlock3D(4, 6, 3), 2, 0, [2, 4, 5, 9, 8], [2, 6, 3, 7, 6]),
        ["DenseBlock"] = (() => new DenseBlock(5, 7, norm: new BatchNorm1D(7)), 3, 0, [2, 5], [2, 7]),
        ["DenseBlock without a norm"] = (() => new DenseBlock(5, 7), 2, 0, [2, 5], [2, 7]),
        ["IncepBlock.V1"] = (() => new IncepBlock.V1(192, 64, 96, 128, 16, 32, 32, Style), 19, 0, [1, 192, 28, 28], [1, 256, 28, 28]),
        ["IncepBlock.V2_TypeA"] = (() => new IncepBlock.V2_TypeA(288, style: Style), 22, 0, [1, 288, 35, 35], [1, 288, 35, 35]),
        ["IncepBlock.V2_TypeB"] = (() => new IncepBlock.V2_TypeB(768, 128, style: Style), 31, 0, [1, 768, 17, 17], [1, 768, 17, 17]),
        ["IncepBlock.V2_TypeC"] = (() => new IncepBlock.V2_TypeC(1280, style: Style), 28, 0, [1, 1280, 8, 8], [1, 2048, 8, 8]),
        ["IncepBlock.V2_Redux"] = (() => new IncepBlock.V2_Redux(288, 64, 384, 96, Style), 16, 0, [1, 288, 35, 35], [1, 768, 17, 17]),
        ["IncepBlock.V4_Stem"] = (() => new IncepBlock.V4_Stem(style: Style), 38, 3, [1, 3, 299, 299], [1, 384, 35, 35]),
        ["IncepBlock.V4_TypeA"] = (() => new IncepBlock.V4_TypeA(style: Style), 24, 2, [1, 384, 35, 35], [1, 384, 35, 35]),
        ["IncepBlock.V4_TypeB"] = (() => new IncepBlock.V4_TypeB(style: Style), 33, 2, [1, 1024, 17, 17], [1, 1024, 17, 17]),
        ["IncepBlock.V4_TypeC"] = (() => new IncepBlock.V4_TypeC(style: Style), 33, 2, [1, 1536, 8, 8], [1, 1536, 8, 8]),
        ["IncepBlock.V4_ReduxA"] = (() => new IncepBlock.V4_ReduxA(style: Style), 15, 2, [1, 384, 35, 35], [1, 1024, 17, 17]),
        ["IncepBlock.V4_ReduxB"] = (() => new IncepBlock.V4_ReduxB(style: Style), 21, 2, [1, 1024, 17, 17], [1, 1536, 8, 8]),
        ["IncepResBlock.V1_Stem"] = (() => new IncepResBlock.V1_Stem(style: Style), 17, -2, [1, 3, 299, 299], [1, 256, 35, 35]),
        ["IncepResBlock.V1_TypeA"] = (() => new IncepResBlock.V1_TypeA(style: Style), 22, 0, [1, 256, 35, 35], [1, 256, 35, 35]),
        ["IncepResBlock.V1_TypeB"] = (() => new IncepResBlock.V1_TypeB(style: Style), 16, 0, [1, 896, 17, 17], [1, 896, 17, 17]),
        ["IncepResBlock.V1_TypeC"] = (() => new IncepResBlock.V1_TypeC(style: Style), 16, 0, [1, 1792, 8, 8], [1, 1792, 8, 8]),
        ["IncepResBlock.V1_Redux"] = (() => new IncepResBlock.V1_Redux(style: Style), 24, 2, [1, 896, 17, 17], [1, 1792, 8, 8]),
        ["IncepResBlock.V2_TypeA"] = (() => new IncepResBlock.V2_TypeA(style: Style), 22, 0, [1, 384, 35, 35], [1, 384, 35, 35]),
        ["IncepResBlock.V2_TypeB"] = (() => new IncepResBlock.V2_TypeB(style: Style), 16, 0, [1, 1280, 17, 17], [1, 1280, 17, 17]),
        ["IncepResBlock.V2_TypeC"] = (() => new IncepResBlock.V2_TypeC(style: Style), 16, 0, [1, 2272, 8, 8], [1, 2272, 8, 8]),
        ["IncepResBlock.V2_Redux"] = (() => new IncepResBlock.V2_Redux(style: Style), 24, 2, [1, 1280, 17, 17], [1, 2272, 8, 8]),
        ["ResNetBlock.Basic"] = (() => new ResNetBlock.Basic(8, 8), 7, 0, [1, 8, 9, 9], [1, 8, 9, 9]),
        ["ResNetBlock.Bottleneck"] = (() => new ResNetBlock.Bottleneck(32, 8), 10, 0, [1, 32, 9, 9], [1, 32, 9, 9]),
    };

    public static TheoryData<string> Names => [.. Table.Keys];

    [Theory, MemberData(nameof(Names))]
    public void A_block_has_the_tables_layers_and_shapes(string name)
    {
        var (make, printed, joints, inputShape, outputShape) = Table[name];
        using var skip = Initializers.Skip();
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        var block = make();
        block.eval();
        var counter = new LayerCounter();

        Tensor output;
        using (ForwardPass.Observe(counter)) output = block.call(zeros(inputShape));

        Assert.Equal(outputShape, output.shape);
        Assert.Equal(printed - joints, counter.Layers);
    }

    private sealed class LayerCounter : IForwardObserver
    {
        public int Layers { get; private set; }

        public void Entered(NeuralModule module, Tensor input) => Layers += module is Layer ? 1 : 0;
    }
}
