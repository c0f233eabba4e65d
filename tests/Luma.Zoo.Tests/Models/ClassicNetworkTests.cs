using Luma.Neural;
using Luma.Neural.Blocks;
using Luma.Neural.Layers;
using Luma.Zoo.Models;

namespace Luma.Zoo.Tests.Models;

/// <summary>The plans and options of the networks from LeNet to DenseNet, and of MobileNet v1 and AnyNet.</summary>
public class ClassicNetworkTests
{
    private static readonly ModelOptions TenClasses = new() { NumClasses = 10 };

    public static TheoryData<string, Func<Block>> Types => new()
    {
        { "lenet_1", () => new LeNet_1() },
        { "lenet_4", () => new LeNet_4() },
        { "lenet_5", () => new LeNet_5() },
        { "alexnet_2012", () => new AlexNet(TenClasses) },
        { "alexnet", () => new AlexNetDesign(AlexNetDesign.Plans["alexnet"], TenClasses) },
        { "zfnet", () => new ZFNet(TenClasses) },
        { "vgg11", () => new VGGNet_11(TenClasses) },
        { "vgg11_lrn_bn", () => new VGGNet(VGGNet.Plans["vgg11_lrn_bn"], TenClasses) },
        { "vgg13", () => new VGGNet_13(TenClasses) },
        { "vgg16", () => new VGGNet_16(TenClasses) },
        { "vgg16_c", () => new VGGNet(VGGNet.Plans["vgg16_c"], TenClasses) },
        { "vgg19", () => new VGGNet_19(TenClasses) },
        { "nin", () => new NiN(TenClasses) },
        { "nin_cifar", () => new NetworkInNetwork(NetworkInNetwork.Plans["nin_cifar"]) },
        { "googlenet", () => new GoogLeNet(GoogLeNet.Plans["googlenet"], TenClasses) },
        { "inceptionnet_v1", () => new InceptionNet_V1(TenClasses) },
        { "inceptionnet_v2", () => new InceptionNet_V2(TenClasses) },
        { "inceptionnet_v3", () => new InceptionNet_V3(TenClasses) },
        { "inception_v3", () => new InceptionV3(InceptionV3.Plans["inception_v3"], TenClasses) },
        { "inceptionnet_v4", () => new InceptionNet_V4(TenClasses) },
        { "inceptionresnet_v1", () => new InceptionResNet_V1(TenClasses) },
        { "inceptionresnet_v2", () => new InceptionResNet_V2(TenClasses) },
        { "resnet_164", () => new PreActivationResNet(PreActivationResNet.Plans["resnet_164"]) },
        { "resnet_200", () => new ResNet_200(TenClasses) },
        { "resnet_269", () => new ResNet_269(TenClasses) },
        { "resnet_1001", () => new ResNet_1001() },
        { "squeezenet1_0", () => new SqueezeNet(SqueezeNet.Plans["squeezenet1_0"], TenClasses) },
        { "squeezenet1_1", () => new SqueezeNet(SqueezeNet.Plans["squeezenet1_1"], TenClasses) },
        { "densenet161", () => new DenseNet(DenseNet.Plans["densenet161"], TenClasses) },
        { "regnetx_32", () => new RegNetX_32() },
        { "regnet_y_400mf", () => new AnyNet(AnyNet.Plans["regnet_y_400mf"], TenClasses) },
    };

    // Plans of a user's own, each unlike the published ones, with a shape that they take and the parameters that one counts by hand.
    public static TheoryData<Func<Block>, long[], long> Own => new()
    {
        // Two convolutions of 5x5, maps of 4x4 behind them, and two fully connected layers.
        { () => new LeNet(new(28, (2, 3), [7])), [1, 28, 28], (2 * 26) + (3 * ((2 * 25) + 1)) + (7 * ((3 * 16) + 1)) + (10 * 8) },
        { () => new LeNet(LeNet.Plans["lenet_5"], new() { ImageSize = 28 }), [1, 28, 28], 44_426 },
        {
            () => new AlexNetDesign(new([new(4, 3, 1, 1) { Pooling = true }]) { ImageSize = 9 }, TenClasses), [3, 9, 9],
            (4 * 28) + (4096 * ((4 * 4 * 4) + 1)) + (4096 * 4097) + (10 * 4097)
        },
        { () => new NetworkInNetwork(new([new([5, 6], 3, 1, 1, PoolingMode.Max)]) { LastChannels = [] }, TenClasses), [3, 16, 16], (5 * 28) + (6 * 6) + (10 * 55) },
        { () => new VGGNet(new([[3], [1]]), TenClasses), [3, 40, 40], (64 * 28) + (128 * 65) + (4096 * ((128 * 49) + 1)) + (4096 * 4097) + (10 * 4097) },
        { () => new SqueezeNet(new(8, 3, [[new(2, 4)]]), TenClasses), [3, 32, 32], (8 * 28) + (2 * 9) + (4 * 3) + (4 * 19) + (10 * 9) },
        {
            () => new DenseNet(new(4, [1, 1], 8), TenClasses), [3, 32, 32],
            (8 * 147) + 16 + Dense(8) + 24 + (12 * 6) + Dense(6) + 20 + (10 * 11)
        },
        { () => new AnyNet(new(8, [new(1, 8, 8, Stride: 1)]), TenClasses), [3, 16, 16], (8 * 27) + 16 + (2 * (64 + 16)) + (8 * 72) + 16 + (10 * 9) },
        {
            () => new PreActivationResNet(new(false, [1]) { Cifar = true }), [3, 32, 32],
            (16 * 27) + (2 * (32 + (16 * 144))) + 32 + (10 * 17)
        },
        // A published network whose parts are put together otherwise; the numbers are differences to the published one's parameters.
        { () => new GoogLeNet(GoogLeNet.Plans["inceptionnet_v1"] with { ResponseNorm = false, FiveKernel = 3 }), [3, 64, 64], 6_998_552 - FiveToThree },
        {
            () => new FactorizedInception(new() { InnerFilters = [128] }), [3, 96, 96],
            25_013_960 - (3 * TypeB(160)) - TypeB(192)
        },
        { () => new InceptionV3(InceptionV3.Plans["inception_v3"] with { AuxiliaryHeads = false }), [3, 96, 96], 23_834_568 },
        {
            () => new InceptionNet(InceptionNet.Plans["inceptionnet_v4"] with { A = InceptionNet.Plans["inceptionnet_v4"].A with { Count = 1 } }), [3, 96, 96],
            42_679_816 - (3 * TypeA)
        },
    };

    // The windows of 5x5 in table 1 of GoogLeNet's paper: 5x5 reduce times 5x5, of which 25 - 9 places go.
    private static long FiveToThree => 16 * ((16 * 32) + (32 * 96) + (16 * 48) + (2 * 24 * 64) + (32 * 64) + (2 * 32 * 128) + (48 * 128));

    // Figure 4 of Szegedy et al. 2016: weights, and gamma and beta.
    private static long TypeA => (384 * 96 * 2) + (384 * 64 * 2) + (64 * 96 * 9 * 2) + (96 * 96 * 9) + (2 * ((96 * 5) + (64 * 2)));

    // A layer of a DenseNet with a growth of 4.
    private static long Dense(long inputs) => (2 * inputs) + (16 * inputs) + 32 + (4 * 144);

    // Figure 6 of Szegedy et al. 2015 with n = 7: weights, and gamma and beta.
    private static long TypeB(long inner) =>
        (768 * 192 * 2) + (2 * 768 * inner) + (7 * ((4 * inner * inner) + (2 * inner * 192))) + (2 * ((6 * inner) + (4 * 192)));

    public static TheoryData<string, Action> Refused => new()
    {
        { "options", () => _ = new LeNet_5(new() { ImageSize = 15 }) },
        { "options", () => _ = new AlexNet(new() { ImageSize = 66 }) },
        { "plan.Stages", () => _ = TwoTowers(5) },
        { "plan.Stages", () => _ = new AlexNetDesign(new([])) },
        { "plan.Windows", () => _ = new VGGNet(new([])) },
        { "plan.Windows", () => _ = new VGGNet(new([[3], []])) },
        { "plan.Windows", () => _ = new VGGNet(new([[2]])) },
        { "plan.Stages", () => _ = new NetworkInNetwork(new([])) },
        { "plan.Stages", () => _ = new NetworkInNetwork(new([new([], 3, 1, 1, PoolingMode.Max)])) },
        { "plan.Stages", () => _ = new SqueezeNet(new(64, 3, [[]])) },
        { "plan.Depths", () => _ = new DenseNet(new(32, [], 64)) },
        { "plan.Depths", () => _ = new DenseNet(new(32, [6, 0], 64)) },
        { "plan.Depths", () => _ = new PreActivationResNet(new(true, [])) },
        { "plan.Depths", () => _ = new PreActivationResNet(new(true, [1, 0])) },
        { "plan.InnerFilters", () => _ = new FactorizedInception(new() { InnerFilters = [] }) },
        { "plan.B.Count", () => _ = new InceptionNet(InceptionNet.Plans["inceptionnet_v4"] with { B = InceptionNet.Plans["inceptionnet_v4"].B with { Count = 0 } }) },
        { "wm", () => _ = AnyNetPlan.RegNet(22, 24, 24.48, 1, 16) },
        { "plan.Stages", () => _ = new AnyNet(new(32, [])) },
        { "plan.Stages", () => _ = new AnyNet(new(32, [new(0, 32, 16)])) },
        { "plan.Stages", () => _ = new AnyNet(new(32, [new(1, 40, 16)])) },
        { "options", () => _ = new VGGNet_11(new() { Dropout = 1.5 }) },
        { "options", () => _ = new DenseNet(DenseNet.Plans["densenet121"], new() { Dropout = -0.1 }) },
        { "plan.Dropout", () => _ = new GoogLeNet(GoogLeNet.Plans["googlenet"] with { Dropout = double.NaN }) },
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

    [Theory, MemberData(nameof(Own))]
    public void A_plan_of_ones_own_builds_and_runs(Func<Block> build, long[] shape, long parameters)
    {
        using var scope = NewDisposeScope();
        using var skip = Initializers.Skip();
        using var network = build();
        network.eval();
        using var inference = inference_mode();

        Assert.Equal(2, network.call(zeros([2, .. shape])).size(0));
        Assert.Equal(parameters, ModelFigures.Of(network).Parameters);
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
        using var network = TwoTowers(2);

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

    // The second, fourth and fifth convolution see their own tower alone.
    private static AlexNetDesign TwoTowers(long groups)
    {
        var plan = AlexNetDesign.Plans["alexnet_2012"];
        return new(plan with { Stages = [.. plan.Stages.Select((stage, place) => place is 1 or 3 or 4 ? stage with { Groups = groups } : stage)] });
    }
}
