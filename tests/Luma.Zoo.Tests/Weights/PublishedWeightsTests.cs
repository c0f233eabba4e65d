using System.Text.Json;
using Luma.Neural;
using Luma.Zoo.Inference;
using Luma.Zoo.Weights;

namespace Luma.Zoo.Tests.Weights;

/// <summary>The family manifests under zoo/, entry by entry.</summary>
public class PublishedWeightsTests
{
    public static IEnumerable<object[]> All => PublishedWeights.ReadAll().Select(weights => new object[] { weights.Model, weights.Name });

    [Fact]
    public void Every_entry_is_of_a_network_in_the_catalogue() =>
        Assert.Equal(PublishedWeights.ReadAll().Count, ModelZoo.Models.Sum(model => ModelZoo.Weights(model.Id).Count));

    [Fact]
    public void Every_network_with_weights_has_one_default() => Assert.All(
        PublishedWeights.ReadAll().GroupBy(weights => weights.Model), group => Assert.Single(group, weights => weights.IsDefault));

    [Theory, MemberData(nameof(All))]
    public void The_figures_are_those_of_the_network(string model, string name)
    {
        var weights = Find(model, name);
        using var skip = Initializers.Skip();
        using var network = ModelZoo.Create(model);

        Assert.Equal(ModelFigures.Of(network).Parameters, weights.Parameters);
        Assert.NotEmpty(Labels.Get(weights.Labels));
        Assert.Equal(ModelZoo.Find(model).Variant.InputShape.Channels, weights.Preset.Channels);
        Assert.All(weights.MinSize, size => Assert.InRange(size, 1, weights.Preset.CropSize.Min()));
        Assert.All(weights.Metrics.Values.SelectMany(metrics => metrics.Values), metric => Assert.InRange(metric, 1, 100));
    }

    [Fact]
    public void The_embedded_file_has_the_size_and_the_accuracy_that_its_card_tells()
    {
        var weights = Find("lenet_5", "MNIST");
        using var card = JsonDocument.Parse(ZooData.Open("weights/lenet_5-mnist.json"));

        Assert.Equal(card.RootElement.GetProperty("bytes").GetInt64() / 1048576.0, weights.FileSizeMegabytes, 0.0005);
        Assert.Equal(
            100 * card.RootElement.GetProperty("measured").GetProperty("test_accuracy").GetDouble(), weights.Metrics["MNIST"]["acc@1"], 1e-9);
    }

    [Theory]
    [InlineData("MNIST")]
    [InlineData("mnist")]
    [InlineData(ModelZoo.DefaultWeights)]
    public void Weights_are_found_by_name_and_as_the_default(string name)
    {
        using var network = ModelZoo.Create("lenet_5", weights: name);
        using var published = Find("lenet_5", "MNIST").Open();
        using var expected = published["conv1.weight"].ToTensor();

        Assert.True(network.state_dict()["conv1.weight"].eq(expected).all().item<bool>());
    }

    [Fact]
    public void Weights_that_nobody_published_are_refused_with_those_there_are() => Assert.Equal(
        "There is no weight file 'IMAGENET1K_V1', and the weights of lenet_5 are MNIST.",
        Assert.Throws<FileNotFoundException>(() => ModelZoo.Create("lenet_5", weights: "IMAGENET1K_V1")).Message);

    [Fact]
    public void A_network_without_published_weights_asks_for_some() => Assert.Equal(
        "Say which weights to take: nobody has published weights for lenet_1.",
        Assert.Throws<FileNotFoundException>(() => ModelZoo.Create("lenet_1", weights: ModelZoo.DefaultWeights)).Message);

    private static PublishedWeights Find(string model, string name) => ModelZoo.Weights(model).Single(weights => weights.Name == name);
}
