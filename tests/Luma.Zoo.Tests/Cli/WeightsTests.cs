using System.Text.Json;
using Luma.Zoo.Tests.Weights;

namespace Luma.Zoo.Tests.Cli;

/// <summary>luma weights and luma download, with a cache of their own.</summary>
public sealed class WeightsTests : IDisposable
{
    private static readonly string[] Variables = ["TORCH_HOME", "LUMA_MIRROR", "LUMA_OFFLINE"];

    private readonly TemporaryFolder home = new();
    private readonly Dictionary<string, string?> before = Variables.ToDictionary(name => name, Environment.GetEnvironmentVariable);

    public WeightsTests()
    {
        foreach (var name in Variables) Environment.SetEnvironmentVariable(name, null);
        Environment.SetEnvironmentVariable("TORCH_HOME", home.File(""));
    }

    public void Dispose()
    {
        foreach (var (name, value) in before) Environment.SetEnvironmentVariable(name, value);
        home.Dispose();
    }

    [Fact]
    public async Task All_weights_of_the_catalogue_are_shown()
    {
        var listed = (await Run.Of("weights", "--json")).Json().EnumerateArray().Select(entry => (Text(entry, "id"), Text(entry, "name")));

        Assert.Equal(ModelZoo.Models.SelectMany(model => ModelZoo.Weights(model.Id)).Select(weights => (weights.Model, weights.Name)), listed);
    }

    [Fact]
    public async Task Weights_are_shown_with_their_figures_and_whether_they_are_here()
    {
        var weights = (await Run.Of("weights", "resnet50", "--json")).Json().EnumerateArray().ToList();

        Assert.Equal(["IMAGENET1K_V2", "IMAGENET1K_V1"], weights.Select(entry => Text(entry, "name")));
        Assert.Equal([true, false], weights.Select(entry => entry.GetProperty("default").GetBoolean()));
        Assert.Equal([80.858, 76.13], weights.Select(entry => entry.GetProperty("metrics").GetProperty("ImageNet-1K").GetProperty("acc@1").GetDouble()));
        Assert.Equal(97.79, weights[0].GetProperty("sizeInMegabytes").GetDouble(), 0.01);
        Assert.All(weights, entry => Assert.False(entry.GetProperty("cached").GetBoolean()));

        Cache("resnet50-11ad3fa6.pth");
        weights = [.. (await Run.Of("weights", "resnet50", "--json")).Json().EnumerateArray()];
        Assert.Equal([true, false], weights.Select(entry => entry.GetProperty("cached").GetBoolean()));

        var run = await Run.Of("weights", "resnet50");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        var line = Assert.Single(run.Lines, line => line.Contains("IMAGENET1K_V2 (default)", StringComparison.Ordinal));
        Assert.All(["resnet50", "80.858", "95.434", "97.8", "cached"], text => Assert.Contains(text, line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_comes_with_the_program_is_told_and_not_fetched()
    {
        var run = await Run.Of("download", "lenet_5", "lenet_5:MNIST");

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Equal(["lenet_5:MNIST comes with the program", "lenet_5:MNIST comes with the program"], run.Lines);
    }

    [Fact]
    public async Task Weights_are_fetched_from_a_mirror()
    {
        await using var server = new FileServer((_, _) => new("404 Not Found"));

        foreach (var arguments in (string[][])[["download", "resnet18"], ["classify", "resnet18", "x.png"]])
        {
            var run = await Run.Of([.. arguments, "--mirror", server.Address]);
            Assert.Equal((1, ""), (run.ExitCode, run.Output));
            Assert.Contains(
                $"luma: resnet18-f37072fd.pth cannot be fetched from {server.Address}/resnet18-f37072fd.pth: the server answered 404 (Not Found).",
                run.Error, StringComparison.Ordinal);
        }
        Environment.SetEnvironmentVariable("LUMA_MIRROR", $"{server.Address}/by/environment");
        await Run.Of("download", "resnet18");

        Assert.Equal(
            ["/resnet18-f37072fd.pth", "/resnet18-f37072fd.pth", "/by/environment/resnet18-f37072fd.pth"], server.Requests.Select(request => request.Path));
    }

    [Fact]
    public async Task Offline_nothing_is_fetched()
    {
        await using var server = new FileServer((_, _) => new("404 Not Found"));
        Environment.SetEnvironmentVariable("LUMA_MIRROR", server.Address);

        var option = await Run.Of("classify", "resnet18", "x.png", "--offline");
        Environment.SetEnvironmentVariable("LUMA_OFFLINE", "1");
        var environment = await Run.Of("classify", "resnet18", "x.png");

        Assert.All([option, environment], run => Assert.Contains("offline nothing is fetched", run.Error, StringComparison.Ordinal));
        Assert.Empty(server.Requests);
    }

    [Theory]
    [InlineData("There is no network 'resnet19'; did you mean resnet18, resnet101, resnet152?", "download", "resnet18", "resnet19")]
    [InlineData("There are no weights 'V9' for resnet50; there are IMAGENET1K_V2, IMAGENET1K_V1", "download", "resnet50:V9")]
    [InlineData("There are no weights 'V9' for resnet50; there are IMAGENET1K_V2, IMAGENET1K_V1", "info", "resnet50:V9")]
    public async Task A_mistake_is_one_line(string message, params string[] arguments) =>
        Assert.Equal(message, (await Run.Of(arguments)).Mistake());

    [Theory]
    [InlineData("download")]
    [InlineData("weights")]
    public async Task A_network_without_weights_is_told_in_one_line(string command) =>
        Assert.Equal("Nobody has published weights for lenet_1", (await Run.Of(command, "lenet_1")).Failure());

    [Fact]
    public async Task Weights_may_be_named_with_the_network()
    {
        var listed = (await Run.Of("weights", "resnet50:IMAGENET1K_V1", "--json")).Json();
        var fetched = (await Run.Of("download", "lenet_5:MNIST", "lenet_5", "--json", "--offline")).Json();

        Assert.Equal("IMAGENET1K_V1", Text(Assert.Single(listed.EnumerateArray()), "name"));
        Assert.Equal(["lenet_5", "lenet_5"], fetched.EnumerateArray().Select(entry => Text(entry, "id")));
        // Made for larger images.
        Assert.Equal(
            [1, 3, 384, 384], (await Run.Of("summary", "vit_b_16:IMAGENET1K_SWAG_E2E_V1", "--json")).Json().GetProperty("input").EnumerateArray().Select(size => size.GetInt32()));
    }

    [Fact]
    public async Task Forward_fetches_weights_as_classify_does()
    {
        await using var server = new FileServer((_, _) => new("404 Not Found"));

        var run = await Run.Of("forward", "resnet18:IMAGENET1K_V1", "--mirror", server.Address);
        var offline = await Run.Of("forward", "resnet18:IMAGENET1K_V1", "--offline");

        Assert.Contains("the server answered 404 (Not Found)", run.Failure(), StringComparison.Ordinal);
        Assert.Contains("offline nothing is fetched", offline.Failure(), StringComparison.Ordinal);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Licences_stand_beside_the_weights()
    {
        var shown = await Run.Of("weights", "vit_b_16");
        var listed = (await Run.Of("weights", "--json")).Json().EnumerateArray().Where(entry => entry.GetProperty("url").ValueKind == JsonValueKind.String).ToList();

        Assert.Equal(115, listed.Count);
        Assert.All(listed, entry => Assert.Equal(
            Text(entry, "name").Contains("SWAG", StringComparison.Ordinal) ? ("CC-BY-NC-4.0", true) : ("BSD-3-Clause", false),
            (Text(entry, "license"), entry.GetProperty("nonCommercial").GetBoolean())));
        Assert.Contains("BSD-3-Clause", Assert.Single(shown.Lines, line => line.Contains("(default)", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Equal(2, shown.Lines.Count(line => line.Contains("IMAGENET1K_SWAG", StringComparison.Ordinal) && line.Contains("CC-BY-NC-4.0", StringComparison.Ordinal)));
        Assert.Contains("CC-BY-NC-4.0: not for commercial use, see https://github.com/facebookresearch/SWAG/blob/main/LICENSE", shown.Lines);
    }

    [Fact]
    public async Task What_is_not_for_commercial_use_is_told_when_it_is_fetched()
    {
        await using var server = new FileServer((_, _) => new("404 Not Found"));
        const string Warning = "luma: vit_b_16:IMAGENET1K_SWAG_E2E_V1 is CC-BY-NC-4.0: not for commercial use, see https://github.com/facebookresearch/SWAG/blob/main/LICENSE";

        foreach (var command in (string[][])[["download", "vit_b_16:IMAGENET1K_SWAG_E2E_V1"], ["classify", "vit_b_16:IMAGENET1K_SWAG_E2E_V1", "x.png"]])
        {
            Assert.StartsWith(Warning, (await Run.Of([.. command, "--mirror", server.Address])).Error, StringComparison.Ordinal);
            Assert.DoesNotContain("commercial", (await Run.Of([.. command, "--offline"])).Error, StringComparison.Ordinal);
        }
        Assert.DoesNotContain("commercial", (await Run.Of("download", "vit_b_16", "--mirror", server.Address)).Error, StringComparison.Ordinal);
    }

    private string Cache(string name)
    {
        var path = home.File(Path.Combine("hub", "checkpoints", name));
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, "");
        return path;
    }

    private static string Text(JsonElement entry, string name) => entry.GetProperty(name).GetString()!;
}
