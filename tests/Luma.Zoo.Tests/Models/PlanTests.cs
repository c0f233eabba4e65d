using System.Text.Json;
using Luma.Neural;
using Luma.Neural.Layers;
using Luma.Zoo.Models;

namespace Luma.Zoo.Tests.Models;

/// <summary>Networks from plans of a user's own against torchvision's from the same settings: see scripts/goldens_plans.py.</summary>
public class PlanTests
{
    private static readonly Dictionary<string, Golden> Goldens = JsonSerializer.Deserialize<Dictionary<string, Golden>>(
        File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Goldens", "plans.json")), JsonSerializerOptions.Web)!;

    private static readonly ModelOptions Seven = new() { NumClasses = 7 };

    // window, hidden, channels, squeezes, hardswish, stride
    private static readonly MobileNetV3Row[] MobileNetV3Rows =
    [
        new(3, 32, 24, false, false, 2),
        new(5, 48, 40, true, true, 1),
        new(3, 64, 40, true, true, 1),
        new(5, 96, 56, false, false, 2),
    ];

    private static readonly Dictionary<string, Func<Block>> Own = new()
    {
        ["convnext"] = () => new ConvNeXt(new([24, 40], [2, 1], StochasticDepth: 0.3) { LayerScale = 0.1 }, Seven),
        ["swin"] = () => new SwinTransformer(new(24, [2, 3], [2, 6]) { Window = 5 }, Seven),
        ["swin_v2"] = () => new SwinTransformer(new(24, [2, 3], [2, 6]) { Version = SwinVersion.V2, Window = 5 }, Seven),
        ["vit"] = () => new VisionTransformer(new(PatchSize: 8, Layers: 2, Heads: 3, Hidden: 24, Mlp: 40) { ImageSize = 40 }, Seven),
        ["maxvit"] = () => new MaxVit(new(16, [24, 32], [1, 2], StochasticDepth: 0.2) { Window = 4, HeadSize = 8 }, Seven),
        ["efficientnet"] = () => new EfficientNet(
            new(16, [new(2, 3, 2, 24, 2, IsFused: true), new(4, 5, 2, 40, 2)]) { LastChannels = 96, NormEpsilon = 1e-2 }, Seven),
        ["efficientnet_scaled"] = () => new EfficientNet(EfficientNetPlan.Scaled(width: 0.5, depth: 0.6), Seven),
        ["mobilenet_v2"] = () => new MobileNetV2(
            new(1.5) { Rows = [new(1, 8, 1, 1), new(4, 16, 2, 2), new(3, 20, 3, 2)], RoundNearest = 4 }, Seven),
        ["mobilenet_v3"] = () => new MobileNetV3(new(MobileNetV3Rows, Hidden: 128) { Width = 0.5 }, Seven),
        ["shufflenet_v2"] = () => new ShuffleNetV2(new([32, 48, 96], 128) { Units = [2, 1, 3] }, Seven),
    };

    public static TheoryData<string> Names => [.. Own.Keys];

    public static TheoryData<string, Func<Block>> Impossible => new()
    {
        { "plan.Channels", () => new ConvNeXt(new([], [])) },
        { "plan.Blocks", () => new ConvNeXt(new([8, 16], [1])) },
        { "plan.Blocks", () => new ConvNeXt(new([8, 16], [1, 0])) },
        { "plan.Channels", () => new ConvNeXt(new([8, -16], [1, 1])) },
        { "plan.Heads", () => new SwinTransformer(new(24, [2, 2], [2])) },
        { "plan.Heads", () => new SwinTransformer(new(24, [2, 2], [2, 5])) },
        { "plan.Window", () => new SwinTransformer(new(24, [2], [2]) { Window = 1 }) },
        { "plan.Channels", () => new SwinTransformer(new(0, [2], [2])) },
        { "plan.PatchSize", () => new VisionTransformer(new(0, 1, 1, 8, 8)) },
        { "plan.Layers", () => new VisionTransformer(new(8, 0, 1, 8, 8)) },
        { "plan.Heads", () => new VisionTransformer(new(8, 1, 3, 8, 8)) },
        { "plan.ImageSize", () => new VisionTransformer(new(8, 1, 1, 8, 8) { ImageSize = 30 }) },
        { "options", () => new VisionTransformer(new(8, 1, 1, 8, 8), new() { ImageSize = 4 }) },
        { "plan.Layers", () => new MaxVit(new(16, [32], [0])) },
        { "plan.HeadSize", () => new MaxVit(new(16, [33], [1])) },
        { "plan.Stem", () => new EfficientNet(new(0, [new(1, 3, 1, 8, 1)])) },
        { "plan.Stages", () => new EfficientNet(new(8, [])) },
        { "plan.Stages", () => new EfficientNet(new(8, [new(1, 3, 1, 8, 0)])) },
        { "width", () => new EfficientNet(EfficientNetPlan.Scaled(0, 1)) },
        { "depth", () => new EfficientNet(EfficientNetPlan.Scaled(1, double.PositiveInfinity)) },
        { "plan.Width", () => new MobileNetV1(new(0)) },
        { "plan.Rows", () => new MobileNetV1(new() { Rows = [new(64, 0)] }) },
        { "plan.Width", () => new MobileNetV2(new(0)) },
        { "plan.Rows", () => new MobileNetV2(new() { Rows = [] }) },
        { "plan.RoundNearest", () => new MobileNetV2(new() { RoundNearest = 0 }) },
        { "plan.Width", () => new MobileNetV3(MobileNetV3.Plans["mobilenet_v3_small"] with { Width = double.NaN }) },
        { "plan.Rows", () => new MobileNetV3(new([], 8)) },
        { "plan.Hidden", () => new MobileNetV3(new([new(3, 8, 8, false, false, 1)], 0)) },
        { "plan.Width", () => new MnasNet(new(-1)) },
        { "plan.Stacks", () => new MnasNet(new() { Stacks = [] }) },
        { "plan.Channels", () => new ShuffleNetV2(new([8, 9, 8], 16)) },
        { "plan.Units", () => new ShuffleNetV2(new([8, 8], 16)) },
        { "plan.Version", () => new SwinTransformer(new(24, [2], [2]) { Version = (SwinVersion)9 }) },
        { "plan.Depths", () => new ResNet(new(ResNetUnit.Basic, [])) },
        { "plan.Depths", () => new ResNet(new(ResNetUnit.Basic, [2, 0])) },
        { "plan.Unit", () => new ResNet(new((ResNetUnit)9, [2])) },
        { "plan.Dilate", () => new ResNet(new(ResNetUnit.Bottleneck, [2]) { Dilate = [true] }) },
        { "plan.Dilate", () => new ResNet(new(ResNetUnit.Basic, [1, 1]) { Dilate = [true] }) },
        { "plan.Groups", () => new ResNet(new(ResNetUnit.Basic, [1]) { Groups = 2 }) },
        { "plan.Groups", () => new ResNet(new(ResNetUnit.Bottleneck, [1]) { Groups = 0 }) },
        { "plan.BaseWidth", () => new ResNet(new(ResNetUnit.Basic, [1]) { BaseWidth = 8 }) },
        { "plan.StrideFirst", () => new ResNet(new(ResNetUnit.Basic, [1]) { StrideFirst = true }) },
        { "plan.Shortcut", () => new ResNet(new(ResNetUnit.Plain, [1]) { Shortcut = Luma.Neural.Blocks.ResNetShortcut.ZeroPadding }) },
        { "plan.Blocks", () => new CifarResNet(new(0)) },
        { "plan.Depths", () => new PreActivationResNet(new(false, [])) },
        { "plan.Depths", () => new PreActivationResNet(new(false, [1, 0])) },
        { "plan.Stages", () => new AnyNet(new(32, [])) },
        { "plan.Stages", () => new AnyNet(new(32, [new(0, 32, 8)])) },
        { "plan.Stages", () => new AnyNet(new(32, [new(1, 32, 5)])) },
        { "plan.Stages", () => new AnyNet(new(32, [new(1, 32, 0)])) },
        { "plan.Stages", () => new AnyNet(new(32, [new(1, 32, 8, double.NaN)])) },
        { "plan.StemWidth", () => new AnyNet(new(0, [new(1, 32, 8)])) },
        { "plan.Stages", () => new AlexNetDesign(new([])) },
        { "plan.Stages", () => new AlexNetDesign(new([new(0, 3, 1, 1)])) },
        { "plan.Stages", () => new AlexNetDesign(new([new(9, 3, 1, 1) { Groups = 2 }])) },
        { "plan.ImageSize", () => new AlexNetDesign(new([new(8, 11, 4, 0)]) { ImageSize = 4 }) },
        { "options", () => new AlexNetDesign(new([new(8, 11, 4, 0)]) { ImageSize = 64 }, new() { ImageSize = 4 }) },
        { "plan.Depths", () => new DenseNet(new(8, [], 16)) },
        { "plan.Depths", () => new DenseNet(new(8, [0], 16)) },
        { "plan.Growth", () => new DenseNet(new(0, [1], 16)) },
        { "plan.InitialChannels", () => new DenseNet(new(8, [1], 0)) },
        { "plan.Stages", () => new SqueezeNet(new(8, 3, [])) },
        { "plan.Stages", () => new SqueezeNet(new(8, 3, [[]])) },
        { "plan.Stages", () => new SqueezeNet(new(8, 3, [[new(0, 8)]])) },
        { "plan.KernelSize", () => new SqueezeNet(new(8, 0, [[new(8, 8)]])) },
        { "plan.Stages", () => new NetworkInNetwork(new([])) },
        { "plan.Stages", () => new NetworkInNetwork(new([new([8], 0, 1, 1, PoolingMode.Max)])) },
        { "plan.LastChannels", () => new NetworkInNetwork(NetworkInNetwork.Plans["nin"] with { LastChannels = [0] }) },
        { "plan.Windows", () => new VGGNet(new([])) },
        { "plan.Windows", () => new VGGNet(new([[2]])) },
        { "plan.A.Count", () => new InceptionNet(InceptionNet.Plans["inceptionnet_v4"] with { A = (0, _ => throw new InvalidOperationException()) }) },
        { "plan.Features", () => new InceptionNet(InceptionNet.Plans["inceptionnet_v4"] with { Features = 0 }) },
        { "plan.InnerFilters", () => new FactorizedInception(new() { InnerFilters = [] }) },
        { "plan.InnerFilters", () => new FactorizedInception(new() { InnerFilters = [0] }) },
        { "plan.FiveKernel", () => new GoogLeNet(GoogLeNet.Plans["googlenet"] with { FiveKernel = 4 }) },
        { "plan.LastPool", () => new GoogLeNet(GoogLeNet.Plans["googlenet"] with { LastPool = 0 }) },
        { "plan.Maps.First", () => new LeNet(new(32, (0, 4), [])) },
        { "plan.Hidden", () => new LeNet(new(32, (4, 4), [0])) },
        { "plan.ImageSize", () => new LeNet(new(8, (4, 4), [])) },
    };

    [Fact]
    public void Every_golden_has_its_plan() => Assert.Equal(Goldens.Keys.Order(), Own.Keys.Order());

    [Theory, MemberData(nameof(Names))]
    public void The_state_dict_and_the_seeded_weights_are_pythons(string name)
    {
        var golden = Goldens[name];
        manual_seed(0);
        using var network = Own[name]();

        Assert.Equal(golden.Keys, ModelGolden.KeysOf(network));
        Assert.Equal(golden.Drawn, ModelGolden.DrawnBy(network), 1e-7 * golden.Drawn);
    }

    [Theory, MemberData(nameof(Names))]
    public void The_same_weights_give_pythons_output(string name)
    {
        using var scope = NewDisposeScope();
        var golden = Goldens[name];
        using var skip = Initializers.Skip();
        using var network = Own[name]();
        manual_seed(1);
        ModelGolden.Fill(network, gain: 1);
        network.eval();
        using var inference = inference_mode();

        var output = network.call(ModelGolden.DrawImages(2, [3, golden.Side, golden.Side]));

        Assert.InRange(ModelGolden.Difference(golden.Output, output.data<float>().ToArray()), 0, 2e-5);
    }

    [Theory, MemberData(nameof(Impossible))]
    public void What_cannot_be_is_refused_by_its_name_in_the_plan(string part, Func<Block> build)
    {
        using var skip = Initializers.Skip();

        Assert.Equal(part, Assert.ThrowsAny<ArgumentException>(build).ParamName);
    }

    [Fact]
    public void Lists_that_do_not_fit_each_other_are_told_apart()
    {
        var error = Assert.Throws<ArgumentException>(() => new SwinTransformer(new(24, [2, 2, 6], [2, 4])));

        Assert.Equal("plan.Blocks is for 3 stages, but plan.Heads is for 2. (Parameter 'plan.Heads')", error.Message);
    }

    private sealed record Golden(ModelGolden.KeyList Keys, double Drawn, long Side, float[] Output);
}
