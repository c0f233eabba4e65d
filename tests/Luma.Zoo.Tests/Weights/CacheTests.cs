using Luma.Neural;
using Luma.Zoo.Tests.Cli;
using Luma.Zoo.Weights;

namespace Luma.Zoo.Tests.Weights;

/// <summary>Files of the download cache that are not what was published.</summary>
public sealed class CacheTests : IDisposable
{
    private static readonly PublishedWeights Published = ModelZoo.Weights("squeezenet1_1")[0];

    private readonly TemporaryFolder folder = new();
    private readonly Hub hub;
    private readonly Block network = ModelZoo.Create("squeezenet1_1");

    public CacheTests() => hub = new(new HubOptions { Folder = folder.File(""), Offline = true });

    public void Dispose()
    {
        network.Dispose();
        folder.Dispose();
    }

    private string Cached => hub.GetPath(Published.Url!);

    public static TheoryData<string, bool?> Wrong => new() { { "longer", null }, { "longer", false }, { "shorter", null }, { "damaged", null }, { "page", null } };

    [Theory, MemberData(nameof(Wrong))]
    public void A_file_that_is_not_what_was_published_is_never_used(string fault, bool? map)
    {
        using (var state = StateDict.Of(network)) CacheFile.Write(state, Published, Cached);
        using (ModelZoo.Create("squeezenet1_1", new ModelOptions { MapWeights = map }, Published.Name, hub))
        {
        }
        var bytes = File.ReadAllBytes(Cached);
        switch (fault)
        {
            // The same weights in another file; these would fit.
            case "longer":
                using (var state = StateDict.Of(network)) state.Save(Cached, WeightFormat.TorchZip);
                File.WriteAllBytes(Cached, [.. File.ReadAllBytes(Cached), .. new byte[3000]]);
                break;
            case "shorter":
                File.WriteAllBytes(Cached, bytes[..^1500]);
                break;
            case "damaged":
                Array.Clear(bytes, 0, 8);
                File.WriteAllBytes(Cached, bytes);
                break;
            default:
                File.WriteAllText(Cached, "<!DOCTYPE html><html>Not found</html>");
                break;
        }

        var error = Assert.Throws<WeightFileException>(() => ModelZoo.Create("squeezenet1_1", new ModelOptions { MapWeights = map }, Published.Name, hub));

        Assert.StartsWith($"{Cached}: this is not the file that was published: ", error.Message, StringComparison.Ordinal);
        Assert.Contains("'luma download squeezenet1_1:IMAGENET1K_V1' fetches it again", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_program_tells_it_in_a_line_and_downloads_the_file_again()
    {
        var name = Path.GetFileName(Cached);
        Directory.CreateDirectory(folder.File("hub/checkpoints"));
        var path = folder.File($"hub/checkpoints/{name}");
        File.WriteAllText(path, "cut off");
        await using var server = new FileServer((_, _) => new("404 Not Found"));

        var used = ProcessTests.Luma(folder, "classify squeezenet1_1 x.png --offline");
        var offline = ProcessTests.Luma(folder, "download squeezenet1_1 --offline");
        var online = ProcessTests.Luma(folder, $"download squeezenet1_1 --mirror {server.Address}");

        Assert.Equal(1, used.Code);
        Assert.Contains("'luma download squeezenet1_1:IMAGENET1K_V1' fetches it again", Assert.Single(used.Error.TrimEnd().Split('\n')), StringComparison.Ordinal);
        Assert.Equal(1, offline.Code);
        Assert.Contains($"{name} is another file in ", offline.Error, StringComparison.Ordinal);
        Assert.Equal(1, online.Code);
        Assert.Single(server.Requests);
        // What is there is not taken away before there is a better one.
        Assert.True(File.Exists(path));
    }
}
