using System.IO.Compression;
using System.Xml.Linq;
using Luma.Zoo.Tests.Weights;

namespace Luma.Zoo.Tests.Packages;

/// <summary>The libraries as others use them: from a project of their own. They build with the SDK that built the tests.</summary>
[Trait("Category", "Slow")]
public sealed class PackageTests(PackageTests.Feed feed) : IClassFixture<PackageTests.Feed>
{
    // A program that touches TorchSharp before anything of ours.
    private const string Classify = """
        using Luma.Zoo;

        using var ones = TorchSharp.torch.ones(3);
        using var classifier = ModelZoo.CreateClassifier("lenet_5");
        Console.WriteLine($"{ones.sum().item<float>()} {classifier.Classify(args[0], top: 1)[0].Label}");
        """;

    // Whatever comes first: a network, a weight file's tensor, an image's.
    private static readonly string Fail = $$"""
        using Luma.Zoo;
        using Luma.Zoo.Images;
        using Luma.Zoo.Weights;

        Action[] beginnings =
        [
            () => ModelZoo.CreateClassifier("lenet_5"),
            () => StateDict.Open(@"{{Path.Combine(Repository.Root, "zoo", "weights", "lenet_5-mnist.safetensors")}}")["conv1.weight"].ToTensor(),
            () => ModelZoo.Weights("lenet_5")[0].Preset.Apply(ImageDecoder.Decode(args[0])),
        ];
        foreach (var begin in beginnings)
        {
            try
            {
                begin();
            }
            catch (Luma.Neural.Native.NativeLibraryException error)
            {
                Console.WriteLine(error.Message);
            }
        }
        """;

    [Fact]
    public void The_packages_classify_a_digit()
    {
        using var project = new OutsideProject(feed.Reference + OutsideProject.LibTorch, Classify, feed.Path);

        Assert.Equal("3 7", project.Run(Digit(7)));
        Assert.Equal("3 4", project.RunPublished(Digit(4)));
    }

    [Fact]
    public void The_packages_say_which_one_to_add_where_libtorch_is_missing()
    {
        using var project = new OutsideProject(feed.Reference, Fail, feed.Path);

        var lines = project.Run(Digit(7)).Split(Environment.NewLine);

        Assert.Equal(3, lines.Length);
        var message = Assert.Single(lines.Distinct());
        Assert.StartsWith("libtorch cannot be loaded: the program was built without it; add the package TorchSharp-cpu", message, StringComparison.Ordinal);
        Assert.Contains($"version {Repository.ReadVersions()["TorchSharp"]}", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_project_reference_and_libtorch_classify_a_digit()
    {
        var library = Path.Combine(Repository.Root, "src", "Luma.Zoo", "Luma.Zoo.csproj");
        using var project = new OutsideProject($"""<ProjectReference Include="{library}" />{OutsideProject.LibTorch}""", Classify);

        Assert.Equal("3 7", project.Run(Digit(7)));
        Assert.Equal("3 4", project.RunPublished(Digit(4)));
    }

    [Theory]
    [InlineData("Luma.Neural", "TorchSharp")]
    [InlineData(
        "Luma.Zoo", "Luma.Neural", "Microsoft.Extensions.DependencyInjection.Abstractions", "Microsoft.Extensions.Diagnostics.HealthChecks.Abstractions",
        "Microsoft.Extensions.Hosting.Abstractions", "Microsoft.Extensions.Http.Resilience", "Microsoft.Extensions.Logging.Abstractions",
        "Microsoft.Extensions.Options", "SkiaSharp", "SkiaSharp.NativeAssets.Linux.NoDependencies", "System.IO.Hashing")]
    public void A_package_depends_on_what_it_names_and_on_no_libtorch(string name, params string[] dependencies)
    {
        using var package = ZipFile.OpenRead(Path.Combine(feed.Path, $"{name}.{feed.Version}.nupkg"));
        var specification = Read(package, $"{name}.nuspec");
        Assert.Equal(dependencies, specification.Descendants().Where(e => e.Name.LocalName == "dependency").Select(e => e.Attribute("id")!.Value).Order());

        string Value(string element) => specification.Descendants().Single(e => e.Name.LocalName == element).Value;
        Assert.NotEmpty(Value("tags"));
        Assert.Contains(package.Entries, entry => entry.FullName == Value("readme"));
        Assert.Contains(package.Entries, entry => entry.FullName == Value("icon"));
        Assert.True(File.Exists(Path.Combine(feed.Path, $"{name}.{feed.Version}.snupkg")), "the symbols have a package of their own");
    }

    private static string Digit(int digit) => Directory.GetFiles(Path.Combine(Repository.Root, "zoo", "samples"), $"digit-{digit}-*.png").Order().First();

    private static XDocument Read(ZipArchive package, string entry)
    {
        using var stream = package.GetEntry(entry)!.Open();
        return XDocument.Load(stream);
    }

    /// <summary>A folder with the two packages, made of what the tests were built with: nothing is built or restored again.</summary>
    public sealed class Feed : IDisposable
    {
        private readonly TemporaryFolder folder = new();

        public Feed()
        {
            foreach (var project in (string[])["Luma.Neural", "Luma.Zoo"])
            {
                OutsideProject.Dotnet(
                    Repository.Root, "pack", System.IO.Path.Combine("src", project), "--no-build", "-c", Repository.Configuration, "-v", "q",
                    $"-p:PackageVersion={Version}", "-o", Path);
            }
        }

        public string Path => folder.File("");

        public string Version { get; } = $"0.0.0-test.{Guid.NewGuid():N}";

        public string Reference => $"""<PackageVersion Include="Luma.Zoo" Version="{Version}" /><PackageReference Include="Luma.Zoo" />""";

        public void Dispose() => folder.Dispose();
    }
}
