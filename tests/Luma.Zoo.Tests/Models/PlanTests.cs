using System.Text.Json;
using Luma.Neural;
using Luma.Zoo.Models;

namespace Luma.Zoo.Tests.Models;

/// <summary>Networks from plans of a user's own against torchvision's from the same settings: see scripts/goldens_plans.py.</summary>
public class PlanTests
{
    private static readonly Dictionary<string, Golden> Goldens = JsonSerializer.Deserialize<Dictionary<string, Golden>>(
        File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Goldens", "plans.json")), JsonSerializerOptions.Web)!;

    private static readonly ModelOptions Seven = new() { NumClasses = 7 };

    private static readonly Dictionary<string, Func<Block>> Own = new()
    {
        ["convnext"] = () => new ConvNeXt(new([24, 40], [2, 1], StochasticDepth: 0.3) { LayerScale = 0.1 }, Seven),
        ["swin"] = () => new SwinTransformer(new(24, [2, 3], [2, 6]) { Window = 5 }, Seven),
        ["swin_v2"] = () => new SwinTransformer(new(24, [2, 3], [2, 6]) { Version = SwinVersion.V2, Window = 5 }, Seven),
        ["vit"] = () => new VisionTransformer(new(PatchSize: 8, Layers: 2, Heads: 3, Hidden: 24, Mlp: 40) { ImageSize = 40 }, Seven),
        ["maxvit"] = () => new MaxVit(new(16, [24, 32], [1, 2], StochasticDepth: 0.2) { Window = 4, HeadSize = 8 }, Seven),
    };

    public static TheoryData<string> Names => [.. Own.Keys];

    public static TheoryData<string, Func<Block>> Impossible => new()
    {
        { "plan.Channels", () => new ConvNeXt(new([], [])) },
        { "plan.Blocks", () => new ConvNeXt(new([8, 16], [1])) },
        { "plan.Blocks", () => new ConvNeXt(new([8, 16], [1, 0])) },
        { "plan.Channels", () => new ConvNeXt(new([8, -16], [1, 1])) },
        { "plan.Heads", () => new SwinTransformer(new(24, [2, 2], [2])) },
        { "plan.Heads[stage]", () => new SwinTransformer(new(24, [2, 2], [2, 5])) },
        { "plan.Window", () => new SwinTransformer(new(24, [2], [2]) { Window = 1 }) },
        { "plan.Channels", () => new SwinTransformer(new(0, [2], [2])) },
        { "plan.PatchSize", () => new VisionTransformer(new(0, 1, 1, 8, 8)) },
        { "plan.Layers", () => new VisionTransformer(new(8, 0, 1, 8, 8)) },
        { "plan.Heads", () => new VisionTransformer(new(8, 1, 3, 8, 8)) },
        { "plan", () => new VisionTransformer(new(8, 1, 1, 8, 8) { ImageSize = 30 }) },
        { "options", () => new VisionTransformer(new(8, 1, 1, 8, 8), new() { ImageSize = 4 }) },
        { "plan.Layers", () => new MaxVit(new(16, [32], [0])) },
        { "plan.HeadSize", () => new MaxVit(new(16, [33], [1])) },
    };

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

    private sealed record Golden(ModelGolden.KeyList Keys, double Drawn, long Side, float[] Output);
}
