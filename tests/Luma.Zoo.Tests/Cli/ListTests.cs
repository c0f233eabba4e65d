using System.Text.Json;

namespace Luma.Zoo.Tests.Cli;

public class ListTests
{
    [Fact]
    public async Task All_networks_are_listed()
    {
        var ids = (await Run.Of("list", "--json")).Json().EnumerateArray().Select(Id);

        Assert.Equal(ModelZoo.Models.Select(model => model.Id), ids);
    }

    [Fact]
    public async Task A_network_is_listed_with_its_figures()
    {
        var network = (await Run.Of("list", "lenet_5", "--json")).Json().EnumerateArray().Single();

        Assert.Equal("lenet_5", Id(network));
        Assert.Equal("LeNet", network.GetProperty("family").GetString());
        Assert.Equal(61_706, network.GetProperty("parameters").GetInt64());
        Assert.Equal([1, 32, 32], network.GetProperty("input").EnumerateArray().Select(size => size.GetInt32()));
        Assert.Equal(JsonValueKind.Array, network.GetProperty("weights").ValueKind);
        Assert.Equal(JsonValueKind.Array, network.GetProperty("aliases").ValueKind);
        Assert.NotEqual("", network.GetProperty("description").GetString());
    }

    [Theory]
    [InlineData("lenet_*")]
    [InlineData("LENET_?")]
    [InlineData("*", "--family", "lenet")]
    [InlineData("--family", "LeN*")]
    [InlineData("*_*", "--family", "LeNet")]
    public async Task A_glob_and_a_family_filter(params string[] filters)
    {
        var ids = (await Run.Of(["list", .. filters, "--json"])).Json().EnumerateArray().Select(Id);

        Assert.Superset(new HashSet<string?>(["lenet_1", "lenet_4", "lenet_5"]), new HashSet<string?>(ids));
        Assert.All(ids, id => Assert.StartsWith("lenet_", id, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Only_networks_with_weights_are_pretrained()
    {
        var expected = ModelZoo.Models.Where(model => ModelZoo.Weights(model.Id).Count > 0).Select(model => model.Id);

        Assert.Equal(expected, (await Run.Of("list", "--pretrained", "--json")).Json().EnumerateArray().Select(Id));
    }

    [Fact]
    public async Task A_network_without_weights_is_not_pretrained() =>
        Assert.Equal("There are no trained weights for any of these networks", (await Run.Of("list", "lenet_1", "--pretrained")).Failure());

    [Fact]
    public async Task People_see_a_family_once()
    {
        var run = await Run.Of("list", "--family", "LeNet");

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Single(run.Lines, line => line.TrimStart().StartsWith("LeNet ", StringComparison.Ordinal));
        Assert.Single(run.Lines, line => line.Contains("lenet_5 ", StringComparison.Ordinal) && line.Contains("61,706", StringComparison.Ordinal));
    }

    private static string? Id(JsonElement network) => network.GetProperty("id").GetString();
}
