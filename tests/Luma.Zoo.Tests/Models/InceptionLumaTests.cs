using System.Text.Json;
using Luma.Neural;
using Luma.Neural.Layers;

namespace Luma.Zoo.Tests.Models;

/// <summary>The Luma package's Inception networks, layer by layer.</summary>
public class InceptionLumaTests
{
    // How often the package lists each convolution, norm and dense layer.
    private static readonly Dictionary<string, Dictionary<string, int>> Layers =
        JsonSerializer.Deserialize<Dictionary<string, Dictionary<string, int>>>(
            File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Goldens", "luma-inception-layers.json")))!;

    public static TheoryData<string> Ids => [.. Layers.Keys];

    [Theory, MemberData(nameof(Ids))]
    public void The_luma_configuration_has_the_packages_layers_and_runs(string id)
    {
        using var skip = Initializers.Skip();
        using var scope = NewDisposeScope();
        using var network = ModelZoo.Create(id, config: ModelConfig.Luma);

        var counts = network.modules().Where(module => module is Convolution or BatchNorm or Dense).CountBy(Describe);
        Assert.Equal(Layers[id].OrderBy(entry => entry.Key), counts.OrderBy(entry => entry.Key));

        network.eval();
        using var inference = inference_mode();
        var (channels, height, width) = ModelZoo.Find(id).Variant.InputShape;
        Assert.Equal([1, 1000], network.call(zeros(1, channels, height, width)).shape);
    }

    private static string Describe(nn.Module module) => module is Convolution convolution
        ? $"{convolution} {convolution.KernelSize[0]}x{convolution.KernelSize[1]}"
        : $"{module}";
}
