using Luma.Neural;
using Luma.Neural.Blocks;
using Luma.Neural.Layers;
using Luma.Zoo.Models;

namespace Luma.Zoo.Tests.Models;

/// <summary>The options of AlexNet, VGG, NiN, MobileNet v1 and AnyNet.</summary>
public class ClassicNetworkTests
{
    public static TheoryData<string, Func<Block>> Types => new()
    {
        { "alexnet_2012", () => new AlexNet(10) },
        { "alexnet", () => new AlexNet_2014(10) },
        { "zfnet", () => new ZFNet(10) },
        { "vgg11_lrn_bn", () => new VGGNet_11_LRN(10, batchNorm: true) },
        { "vgg16_c", () => new VGGNet_16_C(10) },
        { "nin", () => new NiN(10) },
        { "regnetx_32", () => new RegNetX_32() },
        { "regnet_y_400mf", () => new RegNet_Y_400MF(10) },
    };

    public static TheoryData<string, Action> Refused => new()
    {
        { "inputSize", () => _ = new AlexNet(inputSize: 66) },
        { "groups", () => _ = new AlexNet(groups: 5) },
        { "stages", () => _ = new AnyNet(32, []) },
        { "stages", () => _ = new AnyNet(32, [new(0, 32, 16)]) },
        { "groupWidth", () => _ = new AnyNet(32, [new(1, 40, 16)]) },
        { "probability", () => _ = new VGGNet_11(dropout: 1.5) },
    };

    [Theory, MemberData(nameof(Types))]
    public void An_id_and_a_type_give_the_same_network(string id, Func<Block> build)
    {
        using var skip = Initializers.Skip();
        using var byId = ModelZoo.Create(id, numClasses: 10);
        using var byType = build();

        Assert.Equal(byType.GetType(), byId.GetType());
        Assert.Equal(ModelGolden.KeysOf(byType), ModelGolden.KeysOf(byId));
    }

    [Theory, MemberData(nameof(Refused))]
    public void What_cannot_be_is_refused_by_the_arguments_name(string parameter, Action build)
    {
        using var skip = Initializers.Skip();

        Assert.Equal(parameter, Assert.ThrowsAny<ArgumentException>(build).ParamName);
    }

    // Figure 2 of the paper; 60,965,224 is what Caffe's and others' two-tower AlexNet has.
    [Fact]
    public void AlexNet_in_two_towers_has_the_papers_parameters()
    {
        using var skip = Initializers.Skip();
        using var network = new AlexNet(groups: 2);

        Assert.Equal(60_965_224, ModelFigures.Of(network).Parameters);
    }

    // Section 3.5 and figure 2 of the AlexNet paper, figure 3 of ZFNet's, tables 1 of VGG's and MobileNet's, section 4.2 of NiN's.
    [Theory]
    [InlineData("alexnet_2012", "Pooling2D", "27 13 6")]
    [InlineData("alexnet_2012", "LocalResponseNorm", "55 27")]
    [InlineData("zfnet", "Convolution2D", "110 26 13 13 13")]
    [InlineData("zfnet", "LocalResponseNorm", "55 13")]
    [InlineData("vgg11", "Pooling2D", "112 56 28 14 7")]
    [InlineData("vgg11_lrn", "LocalResponseNorm", "224")]
    [InlineData("nin_cifar", "Pooling2D", "16 8")]
    [InlineData("mobilenet_v1_0_25", "Convolution2D", "112 112 112 56 56 56 56 28 28 28 28 14 14 14 14 14 14 14 14 14 14 14 14 7 7 7 7")]
    public void Maps_are_as_wide_as_the_paper_says(string id, string kind, string widths)
    {
        var (channels, height, width) = ModelZoo.Find(id).Variant.InputShape;
        var trace = Trace.Of(() => ModelZoo.Create(id), channels, height, width);

        Assert.Equal(widths, string.Join(' ', trace.Layers.Where(layer => layer.Kind == kind).Select(layer => layer.Shape.Trim(']').Split(", ")[^1])));
    }

    // Section 8.8.3 of "Dive into Deep Learning": the shapes that it prints for a batch of one.
    [Fact]
    public void RegNetX_32_has_the_books_shapes()
    {
        var trace = Trace.Of(() => new RegNetX_32(), 1, 96, 96);

        var stages = trace.Blocks.Where(entry => entry.Block is ConvNormActivation { Convolution.InChannels: 1 } || entry.Block is Sequence { Count: 4 or 6 });
        Assert.Equal(["[1, 32, 48, 48]", "[1, 32, 24, 24]", "[1, 80, 12, 12]"], stages.Select(entry => entry.Shape));
        Assert.Equal("[1, 10]", trace.Layers[^1].Shape);
    }

    // What torchvision's BlockParams.from_init_params gives.
    [Theory]
    [InlineData("regnet_x_400mf", "1 2 7 12", "32 64 160 400")]
    [InlineData("regnet_x_3_2gf", "2 6 15 2", "96 192 432 1008")]
    [InlineData("regnet_x_32gf", "2 7 13 1", "336 672 1344 2520")]
    [InlineData("regnet_y_400mf", "1 3 6 6", "48 104 208 440")]
    [InlineData("regnet_y_8gf", "2 4 10 1", "224 448 896 2016")]
    [InlineData("regnet_y_32gf", "2 5 12 1", "232 696 1392 3712")]
    public void A_RegNets_stages_are_torchvisions(string id, string depths, string widths)
    {
        using var skip = Initializers.Skip();
        using var network = ModelZoo.Create(id);

        var stages = network.modules().OfType<ResNeXtBlock>().GroupBy(block => block.OutChannels).ToArray();
        Assert.Equal(depths, string.Join(' ', stages.Select(stage => stage.Count())));
        Assert.Equal(widths, string.Join(' ', stages.Select(stage => stage.Key)));
    }

    [Fact]
    public void MobileNets_rectifiers_and_norms_are_its_authors()
    {
        using var skip = Initializers.Skip();
        using var network = new MobileNetV1(new());

        Assert.Equal(27, network.modules().OfType<ReLU6>().Count());
        Assert.All(network.modules().OfType<BatchNorm2D>(), norm => Assert.Equal((1e-3, 3e-4), (norm.Eps, Math.Round(norm.Momentum!.Value, 6))));
    }
}
