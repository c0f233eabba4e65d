using Luma.Neural;

namespace Luma.Zoo.Tests.Models;

/// <summary>The Luma neural package's table of models: what its layers add up to.</summary>
public class LumaConfigTests
{
    public static TheoryData<string, long, long> Figures => new()
    {
        { "inceptionnet_v1", 6_990_272, 8_280 },
        { "inceptionnet_v2", 24_974_688, 20_136 },
        { "inceptionnet_v3", 25_012_960, 20_136 },
        { "inceptionnet_v4", 42_641_952, 32_584 },
        { "inceptionresnet_v1", 21_611_648, 33_720 },
        { "inceptionresnet_v2", 34_112_608, 43_562 },
        { "resnet_18", 11_688_512, 5_800 },
        { "resnet_34", 21_796_672, 9_512 },
        { "resnet_50", 25_556_032, 27_560 },
    };

    [Theory, MemberData(nameof(Figures))]
    public void The_luma_configuration_has_the_tables_weights_and_biases(string id, long weights, long biases)
    {
        using var skip = Initializers.Skip();
        using var network = ModelZoo.Create(id, config: ModelConfig.Luma);

        Assert.Equal(new ModelFigures(weights, biases), ModelFigures.Of(network));
    }
}
