using Luma.Neural;
using Luma.Zoo.Models;

namespace Luma.Zoo.Tests.Models;

/// <summary>The figures that the Luma package prints for its models, with its misprints put right.</summary>
public class LumaConfigTests
{
    [Theory]
    [InlineData("lenet_1", 2_180, 22)]
    [InlineData("lenet_4", 50_900, 150)]
    [InlineData("lenet_5", 61_470, 236)]
    [InlineData("alexnet_2012", 62_367_776, 10_568)]
    [InlineData("zfnet", 62_347_040, 10_568)]
    [InlineData("vggnet_11", 132_851_392, 11_944)]
    [InlineData("vggnet_13", 133_035_712, 12_136)]
    [InlineData("vggnet_16", 138_344_128, 13_416)]
    [InlineData("vggnet_19", 143_652_544, 14_696)]
    [InlineData("inceptionnet_v1", 6_990_272, 8_280)]
    [InlineData("inceptionnet_v2", 24_974_688, 20_136)]
    [InlineData("inceptionnet_v3", 25_012_960, 20_136)]
    [InlineData("inceptionnet_v4", 42_641_952, 32_584)]
    [InlineData("inceptionresnet_v1", 21_611_648, 33_720)]
    [InlineData("inceptionresnet_v2", 34_112_608, 43_562)]
    [InlineData("resnet_18", 11_688_512, 5_800)]
    [InlineData("resnet_34", 21_796_672, 9_512)]
    [InlineData("resnet_50", 25_556_032, 27_560)]
    public void The_luma_configuration_has_the_packages_figures(string id, long weights, long biases)
    {
        using var skip = Initializers.Skip();
        using var network = ModelZoo.Create(id, config: ModelConfig.Luma);

        Assert.Equal(new ModelFigures(weights, biases), ModelFigures.Of(network));
    }

    // Its table counts ZFNet with ten classes.
    [Fact]
    public void ZFNet_with_ten_classes_has_the_printed_figures()
    {
        using var skip = Initializers.Skip();
        using var network = new ZFNet(new() { NumClasses = 10, Config = ModelConfig.Luma });

        Assert.Equal(new ModelFigures(58_292_000, 9_578), ModelFigures.Of(network));
    }

    [Theory]
    [InlineData("alexnet_2012")]
    [InlineData("zfnet")]
    public void The_luma_configuration_pools_before_it_normalises_and_normalises_five_times(string id)
    {
        var trace = Trace.Of(() => ModelZoo.Create(id, config: ModelConfig.Luma), 3, 227, 227);

        string[] pooled = ["Convolution2D", "ReLU", "Pooling2D", "LocalResponseNorm"], plain = ["Convolution2D", "ReLU", "LocalResponseNorm"];
        string[] hidden = ["Dense", "ReLU", "Dropout"];
        Assert.Equal(
            [.. pooled, .. pooled, .. plain, .. plain, .. pooled, "Flatten", .. hidden, .. hidden, "Dense"],
            trace.Layers.Select(layer => layer.Kind));
        Assert.Equal("[1, 9216]", trace.Layers.Single(layer => layer.Kind == "Flatten").Shape);
    }
}
