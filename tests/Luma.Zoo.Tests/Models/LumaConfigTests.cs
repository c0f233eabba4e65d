using Luma.Neural;

namespace Luma.Zoo.Tests.Models;

/// <summary>The Luma neural package's table of models: what its layers add up to.</summary>
public class LumaConfigTests
{
    public static TheoryData<string, long, long> Figures => new()
    {
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
