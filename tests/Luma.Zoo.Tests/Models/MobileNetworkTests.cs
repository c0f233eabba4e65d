using Luma.Neural;
using Luma.Neural.Blocks;
using Luma.Neural.Layers;
using Luma.Zoo.Models;

namespace Luma.Zoo.Tests.Models;

/// <summary>
/// The options and the tables of SqueezeNet, the MobileNets, MNASNet, ShuffleNet v2 and EfficientNet. The numbers are what torchvision 0.21's
/// classes give with the same arguments.
/// </summary>
public class MobileNetworkTests
{
    private static readonly ModelOptions Ten = new() { NumClasses = 10 };

    private static readonly MobileNetV3Plan
        Large = MobileNetV3.Plans["mobilenet_v3_large"],
        Small = MobileNetV3.Plans["mobilenet_v3_small"];

    public static TheoryData<string, Func<Block>> Planned
    {
        get
        {
            var data = new TheoryData<string, Func<Block>>();
            foreach (var (id, plan) in MobileNetV1.Plans) data.Add(id, () => new MobileNetV1(plan, Ten));
            foreach (var (id, plan) in MobileNetV2.Plans) data.Add(id, () => new MobileNetV2(plan, Ten));
            foreach (var (id, plan) in MobileNetV3.Plans) data.Add(id, () => new MobileNetV3(plan, Ten));
            foreach (var (id, plan) in MnasNet.Plans) data.Add(id, () => new MnasNet(plan, Ten));
            foreach (var (id, plan) in ShuffleNetV2.Plans) data.Add(id, () => new ShuffleNetV2(plan, Ten));
            foreach (var (id, plan) in EfficientNet.Plans) data.Add(id, () => new EfficientNet(plan, Ten));
            return data;
        }
    }

    public static TheoryData<long, Func<Block>> Sizes => new()
    {
        { 1_677_128, () => new MobileNetV2(new(0.35)) },
        { 1_968_680, () => new MobileNetV2(new(0.5)) },
        { 2_636_424, () => new MobileNetV2(new(0.75)) },
        { 6_108_776, () => new MobileNetV2(new(1.4)) },
        { 1_670_588, () => new MobileNetV2(new(0.35) { RoundNearest = 1 }) },
        { 3_525_992, () => new MobileNetV2(new() { RoundNearest = 32 }) },
        { 3_377_576, () => new MobileNetV3(Large with { Width = 0.75 }) },
        { 8_164_744, () => new MobileNetV3(Large with { Width = 1.25 }) },
        { 2_569_352, () => new MobileNetV3(Large with { ReducedTail = true }) },
        { 1_653_920, () => new MobileNetV3(Small with { Width = 0.75 }) },
        { 3_644_912, () => new MobileNetV3(Small with { Width = 1.25 }) },
        { 1_099_672, () => new MobileNetV3(Small with { ReducedTail = true }) },
        { 1_788_232, () => new MnasNet(new(0.35)) },
        { 7_115_728, () => new MnasNet(new(1.4)) },
    };

    public static TheoryData<string, MobileNetV3Plan> Tails => new()
    {
        { "960x2x2, 1 3 5 6 8 9 10 12 14 15", Large },
        { "480x2x2, 1 3 5 6 8 9 10 12 14 15", Large with { ReducedTail = true } },
        { "480x4x4, 1 3 5 6 8 9 10 12 14 15", Large with { ReducedTail = true, Dilated = true } },
        { "960x4x4, 1 3 5 6 8 9 10 12 14 15", Large with { Dilated = true } },
        { "576x2x2, 3 5 6 8 10 11", Small },
        { "288x4x4, 3 5 6 8 10 11", Small with { ReducedTail = true, Dilated = true } },
        { "576x4x4, 3 5 6 8 10 11", Small with { Dilated = true } },
    };

    public static TheoryData<string, Action> Refused => new()
    {
        { "options", () => _ = new SqueezeNet(SqueezeNet.Plans["squeezenet1_1"], new() { Dropout = -0.1 }) },
        { "options", () => _ = new MobileNetV2(new(), new() { Dropout = double.NaN }) },
        { "options", () => _ = new EfficientNet(EfficientNet.Plans["efficientnet_b0"], new() { Dropout = 2 }) },
        { "options", () => _ = new EfficientNet(EfficientNet.Plans["efficientnet_b0"], new() { StochasticDepth = 1.01 }) },
    };

    [Theory, MemberData(nameof(Planned))]
    public void An_id_and_its_plan_give_the_same_network(string id, Func<Block> build)
    {
        using var skip = Initializers.Skip();
        using var byId = ModelZoo.Create(id, numClasses: 10);
        using var byPlan = build();

        Assert.Equal(byPlan.GetType(), byId.GetType());
        Assert.Equal(ModelGolden.KeysOf(byPlan), ModelGolden.KeysOf(byId));
    }

    [Theory, MemberData(nameof(Sizes))]
    public void Other_widths_have_torchvisions_parameters(long parameters, Func<Block> build)
    {
        using var skip = Initializers.Skip();
        using var network = build();

        Assert.Equal(parameters, ModelFigures.Of(network).Parameters);
    }

    [Theory, MemberData(nameof(Tails))]
    public void A_MobileNetV3s_features_and_shortcuts_are_torchvisions(string expected, MobileNetV3Plan plan)
    {
        using var scope = NewDisposeScope();
        using var skip = Initializers.Skip();
        using var network = new MobileNetV3(plan);
        network.eval();
        using var inference = inference_mode();

        var features = (Sequence)network.named_children().Single(child => child.name == "features").module;
        var shape = features.call(zeros(1, 3, 64, 64)).shape[1..];
        var shortcuts = Enumerable.Range(0, features.Count).Where(place => features[place] is MBConv { AddsInput: true });

        Assert.Equal(expected, $"{string.Join('x', shape)}, {string.Join(' ', shortcuts)}");
    }

    [Theory]
    [InlineData("efficientnet_b0", "1 2 2 3 3 4 1", "16 24 40 80 112 192 320", 1e-5, 0.1, 0.2)]
    [InlineData("efficientnet_b1", "2 3 3 4 4 5 2", "16 24 40 80 112 192 320", 1e-5, 0.1, 0.2)]
    [InlineData("efficientnet_b2", "2 3 3 4 4 5 2", "16 24 48 88 120 208 352", 1e-5, 0.1, 0.3)]
    [InlineData("efficientnet_b3", "2 3 3 5 5 6 2", "24 32 48 96 136 232 384", 1e-5, 0.1, 0.3)]
    [InlineData("efficientnet_b4", "2 4 4 6 6 8 2", "24 32 56 112 160 272 448", 1e-5, 0.1, 0.4)]
    [InlineData("efficientnet_b5", "3 5 5 7 7 9 3", "24 40 64 128 176 304 512", 1e-3, 0.01, 0.4)]
    [InlineData("efficientnet_b6", "3 6 6 8 8 11 3", "32 40 72 144 200 344 576", 1e-3, 0.01, 0.5)]
    [InlineData("efficientnet_b7", "4 7 7 10 10 13 4", "32 48 80 160 224 384 640", 1e-3, 0.01, 0.5)]
    [InlineData("efficientnet_v2_s", "2 4 4 6 9 15", "24 48 64 128 160 256", 1e-3, 0.1, 0.2)]
    [InlineData("efficientnet_v2_m", "3 5 5 7 14 18 5", "24 48 80 160 176 304 512", 1e-3, 0.1, 0.3)]
    [InlineData("efficientnet_v2_l", "4 7 7 10 19 25 7", "32 64 96 192 224 384 640", 1e-3, 0.1, 0.4)]
    public void An_EfficientNets_stages_norms_and_dropout_are_torchvisions(
        string id, string depths, string widths, double eps, double momentum, double dropout)
    {
        using var skip = Initializers.Skip();
        using var network = ModelZoo.Create(id);

        var stages = network.modules().OfType<Sequence>().Where(sequence => sequence is [InvertedResidual, ..]).ToArray();
        var depth = network.modules().OfType<StochasticDepth>().Select(layer => layer.Probability).ToArray();

        Assert.Equal(depths, string.Join(' ', stages.Select(stage => stage.Count)));
        Assert.Equal(widths, string.Join(' ', stages.Select(stage => stage[0] is MBConv block ? block.OutChannels : ((FusedMBConv)stage[0]).OutChannels)));
        Assert.All(network.modules().OfType<BatchNorm2D>(), norm => Assert.Equal((eps, momentum), (norm.Eps, norm.Momentum)));
        Assert.Equal(dropout, Assert.Single(network.modules().OfType<Dropout>()).Probability);
        Assert.All(depth, (probability, place) => Assert.Equal(0.2 * place / depth.Length, probability));
    }

    [Fact]
    public void MobileNets_and_MNASNets_norms_are_their_authors()
    {
        using var skip = Initializers.Skip();
        using var mobile = new MobileNetV3(Small);
        using var mnas = new MnasNet(new());

        Assert.All(mobile.modules().OfType<BatchNorm2D>(), norm => Assert.Equal((1e-3, 0.01), (norm.Eps, norm.Momentum)));
        Assert.All(mnas.modules().OfType<BatchNorm2D>(), norm => Assert.Equal((1e-5, 1 - 0.9997), (norm.Eps, norm.Momentum)));
    }

    [Theory, MemberData(nameof(Refused))]
    public void What_cannot_be_is_refused_by_the_arguments_name(string parameter, Action build)
    {
        using var skip = Initializers.Skip();

        Assert.Equal(parameter, Assert.ThrowsAny<ArgumentException>(build).ParamName);
    }

    [Fact]
    public void Stochastic_depth_leaves_branches_out_in_training_alone()
    {
        using var scope = NewDisposeScope();
        manual_seed(3);
        using var always = new FusedMBConv(4, 8, 4, stochasticDepth: 1);
        var images = randn(2, 4, 6, 6);

        Assert.True(always.call(images).equal(images).all().item<bool>());
        always.eval();
        Assert.False(always.call(images).equal(images).all().item<bool>());
    }
}
