using Luma.Neural;
using Luma.Neural.Layers;
using Luma.Zoo.Models;

namespace Luma.Zoo.Tests.Models;

/// <summary>The options and the tables of ConvNeXt, the vision transformer, Swin Transformer and MaxViT.</summary>
public class WindowNetworkTests
{
    private static readonly ModelOptions Ten = new() { NumClasses = 10 };

    public static TheoryData<string, Func<Block>> Planned
    {
        get
        {
            var data = new TheoryData<string, Func<Block>>();
            foreach (var (id, plan) in ConvNeXt.Plans) data.Add(id, () => new ConvNeXt(plan, Ten));
            foreach (var (id, plan) in SwinTransformer.Plans) data.Add(id, () => new SwinTransformer(plan, Ten));
            foreach (var (id, plan) in VisionTransformer.Plans) data.Add(id, () => new VisionTransformer(plan, Ten));
            foreach (var (id, plan) in MaxVit.Plans) data.Add(id, () => new MaxVit(plan, Ten));
            return data;
        }
    }

    public static TheoryData<string, Func<Block>> Improbable => new()
    {
        { "options", () => new ConvNeXt(ConvNeXt.Plans["convnext_tiny"], new() { StochasticDepth = 1.5 }) },
        { "plan.StochasticDepth", () => new ConvNeXt(new([8], [1], StochasticDepth: 1.5)) },
        { "options", () => new SwinTransformer(SwinTransformer.Plans["swin_t"], new() { Dropout = -0.1 }) },
        { "options", () => new SwinTransformer(SwinTransformer.Plans["swin_t"], new() { AttentionDropout = 1.1 }) },
        { "options", () => new SwinTransformer(SwinTransformer.Plans["swin_v2_t"], new() { StochasticDepth = double.NaN }) },
        { "options", () => new VisionTransformer(VisionTransformer.Plans["vit_b_32"], new() { Dropout = 1.1 }) },
        { "options", () => new MaxVit(MaxVit.Plans["maxvit_t"], new() { AttentionDropout = 2 }) },
        { "plan.LayerScale", () => new ConvNeXt(new([8], [1]) { LayerScale = double.NaN }) },
        { "plan.Dropout", () => new VisionTransformer(VisionTransformer.Plans["vit_b_32"] with { Dropout = -1 }) },
        { "plan.AttentionDropout", () => new MaxVit(MaxVit.Plans["maxvit_t"] with { AttentionDropout = double.NaN }) },
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

    [Fact]
    public void Options_go_before_the_plans_own_values()
    {
        using var skip = Initializers.Skip();
        using var network = new SwinTransformer(
            SwinTransformer.Plans["swin_t"] with { Dropout = 0.3, StochasticDepth = 0.4 }, new() { NumClasses = 10, StochasticDepth = 0 });

        Assert.All(network.modules().OfType<Dropout>(), layer => Assert.Equal(0.3, layer.Probability));
        Assert.All(network.modules().OfType<StochasticDepth>(), layer => Assert.Equal(0, layer.Probability));
    }

    // The greatest probability is torchvision's for the network; the blocks before get their share.
    [Theory]
    [InlineData("convnext_tiny", 18, 0.1)]
    [InlineData("convnext_small", 36, 0.4)]
    [InlineData("convnext_base", 36, 0.5)]
    [InlineData("convnext_large", 36, 0.5)]
    [InlineData("swin_t", 12, 0.2)]
    [InlineData("swin_s", 24, 0.3)]
    [InlineData("swin_b", 24, 0.5)]
    [InlineData("swin_v2_t", 12, 0.2)]
    [InlineData("swin_v2_s", 24, 0.3)]
    [InlineData("swin_v2_b", 24, 0.5)]
    [InlineData("maxvit_t", 11, 0.2)]
    public void Stochastic_depth_grows_from_block_to_block(string id, int blocks, double last)
    {
        using var skip = Initializers.Skip();
        using var network = ModelZoo.Create(id);

        // Three branches of a MaxViT layer share a probability.
        var depths = network.modules().OfType<StochasticDepth>().Select(layer => Math.Round(layer.Probability, 9)).Distinct();

        Assert.Equal(Enumerable.Range(0, blocks).Select(i => Math.Round(last * i / (blocks - 1), 9)), depths);
    }

    [Theory, MemberData(nameof(Improbable))]
    public void A_probability_that_is_none_is_refused(string name, Func<Block> build)
    {
        using var skip = Initializers.Skip();

        Assert.Throws<ArgumentOutOfRangeException>(name, () => build());
    }

    [Theory, Trait("Category", "Slow")]
    [InlineData("swin_t", 32, 32)]
    [InlineData("swin_t", 47, 90)]
    [InlineData("swin_v2_t", 29, 64)]
    public void A_Swin_transformer_takes_images_of_any_size(string id, long height, long width)
    {
        using var scope = NewDisposeScope();
        manual_seed(0);
        using var network = ModelZoo.Create(id, numClasses: 3);
        network.eval();
        using var inference = inference_mode();

        var output = network.call(rand(2, 3, height, width));

        Assert.Equal([2, 3], output.shape);
        Assert.True(output.isfinite().all().item<bool>());
    }

    [Fact]
    public void A_batch_gives_a_Swin_transformer_what_its_images_give_one_by_one()
    {
        using var scope = NewDisposeScope();
        using var skip = Initializers.Skip();
        using var network = new SwinTransformer(SwinTransformer.Plans["swin_t"], new() { NumClasses = 5 });
        manual_seed(1);
        ModelGolden.Fill(network, 1);
        network.eval();
        using var inference = inference_mode();
        var images = rand(3, 3, 64, 96);

        var alone = images.split(1).Select(image => network.call(image)).ToArray();

        Assert.InRange(network.call(images).sub(cat(alone)).abs().max().item<float>(), 0, 1e-4);
    }

    [Fact]
    public void A_MaxViT_says_what_images_it_takes()
    {
        using var scope = NewDisposeScope();
        using var skip = Initializers.Skip();
        using var network = new MaxVit(MaxVit.Plans["maxvit_t"]);
        network.eval();
        using var inference = inference_mode();

        var error = Assert.Throws<InputShapeException>(() => network.call(zeros(1, 3, 224, 200)));

        Assert.Equal("MaxVit: expected (N, 3, H, W), H and W multiples of 224, got (1, 3, 224, 200)", error.Message);
    }
}
