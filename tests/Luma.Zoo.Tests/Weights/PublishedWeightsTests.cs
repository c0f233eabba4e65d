using System.Text.Json;
using System.Text.Json.Nodes;
using Luma.Neural;
using Luma.Zoo.Inference;
using Luma.Zoo.Weights;

namespace Luma.Zoo.Tests.Weights;

/// <summary>The family manifests under zoo/, entry by entry.</summary>
public class PublishedWeightsTests
{
    private static readonly HashSet<string> Catalogue = [.. ModelZoo.Models.Select(model => model.Id)];

    public static IEnumerable<object[]> InCatalogue => PublishedWeights.ReadAll().Where(weights => Catalogue.Contains(weights.Model))
        .Select(weights => new object[] { weights.Model, weights.Name });

    public static TheoryData<string, string> Fetched
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var weights in PublishedWeights.ReadAll().Where(weights => weights.Url is not null)) data.Add(weights.Model, weights.Name);
            return data;
        }
    }

    [Fact]
    public void Torchvision_has_published_115_weights_of_80_networks_each_under_its_own_address()
    {
        var fetched = PublishedWeights.ReadAll().Where(weights => weights.Url is not null).ToList();

        Assert.Equal(115, fetched.Count);
        Assert.Equal(115, fetched.DistinctBy(weights => weights.Url).Count());
        Assert.Equal(80, fetched.DistinctBy(weights => weights.Model).Count());
    }

    [Fact]
    public void Every_network_of_the_manifests_is_in_the_catalogue() =>
        Assert.All(PublishedWeights.ReadAll().Select(weights => weights.Model).Distinct(), id => Assert.Contains(id, Catalogue));

    [Fact]
    public void Every_network_with_weights_has_one_default() => Assert.All(
        PublishedWeights.ReadAll().GroupBy(weights => weights.Model), group => Assert.Single(group, weights => weights.IsDefault));

    [Theory, MemberData(nameof(Fetched))]
    public void An_entry_says_what_a_user_needs(string model, string name)
    {
        var weights = PublishedWeights.ReadAll().Single(weights => (weights.Model, weights.Name) == (model, name));

        Assert.Null(weights.Embedded);
        Assert.EndsWith($"-{weights.HashPrefix}.pth", weights.Url!.AbsoluteUri, StringComparison.Ordinal);
        Assert.InRange(weights.HashPrefix!.Length, 8, 10);
        Assert.Equal("https", weights.Url.Scheme);
        Assert.InRange(weights.GigaOps!.Value, 0.01, 1100);
        // torchvision's metadata names a licence for the twelve of SWAG alone; the others are under its repository's.
        var isSwag = name.Contains("SWAG", StringComparison.Ordinal);
        Assert.Equal(isSwag ? "CC-BY-NC-4.0" : "BSD-3-Clause", weights.License);
        Assert.Equal($"https://github.com/{(isSwag ? "facebookresearch/SWAG" : "pytorch/vision")}/blob/main/LICENSE", weights.LicenseUrl!.AbsoluteUri);
        Assert.Equal(isSwag, weights.IsNonCommercial);
        Assert.Contains("ImageNet-1k", weights.LicenseNote, StringComparison.Ordinal);
        Assert.Contains("arXiv:", weights.Paper, StringComparison.Ordinal);
        Assert.StartsWith("https://", weights.Recipe, StringComparison.Ordinal);
        Assert.Equal(3, weights.Preset.Channels);
        Assert.All(weights.MinSize, size => Assert.InRange(size, 1, weights.Preset.CropSize.Min()));
        Assert.All(weights.Metrics.Values.SelectMany(metrics => metrics.Values), metric => Assert.InRange(metric, 1, 100));
        // What classifies was measured, and has a thousand labels.
        Assert.Equal(name == "IMAGENET1K_FEATURES", weights.Labels is null);
        Assert.Equal(name == "IMAGENET1K_FEATURES", weights.Metrics.Count == 0);
        if (weights.Labels is { } labels) Assert.Equal(1000, Labels.Get(labels).Count);
        // Numbers of 4 bytes or 2; GoogLeNet's file has its auxiliary heads as well.
        Assert.InRange(weights.FileSizeMegabytes * 1048576 / weights.Parameters, 2, 8);
    }

    [Theory, MemberData(nameof(InCatalogue))]
    public void The_figures_are_those_of_the_network(string model, string name)
    {
        var weights = Find(model, name);
        var variant = ModelZoo.Find(model).Variant;
        var options = variant.KeyMap.Fit(new(), weights: null, weights);

        Assert.Equal(variant.InputShape.Channels, weights.Preset.Channels);
        // The catalogue's number is proved elsewhere. Other image sizes have more positions, and GoogLeNet's heads are not counted.
        if (model != "googlenet" && (options.ImageSize ?? variant.InputShape.Height) == variant.InputShape.Height)
        {
            Assert.Equal(variant.Parameters, weights.Parameters);
            return;
        }
        using var skip = Initializers.Skip();
        using var network = variant.Build(options);
        Assert.Equal(ModelFigures.Of(network).Parameters, weights.Parameters);
    }

    [Theory]
    [InlineData("""{}""")]
    [InlineData("""{ "embedded": "a.pth", "url": "https://weights.invalid/a-12345678.pth" }""")]
    public void Weights_have_an_address_or_are_carried_and_not_both(string where)
    {
        var json = JsonNode.Parse(where)!.AsObject();
        json["num_params"] = 1;
        json["file_size_mb"] = 1;
        json["metrics"] = new JsonObject();
        json["min_size"] = new JsonArray(1, 1);
        json["transforms"] = JsonNode.Parse("""{ "channels": 1, "resize_size": [1], "crop_size": [1], "mean": [0], "std": [1] }""");

        Assert.Throws<JsonException>(() => json.Deserialize<PublishedWeights>());
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
