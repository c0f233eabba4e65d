using System.IO.Compression;
using System.Xml.Linq;
using Luma.Zoo.Tests.Weights;

namespace Luma.Zoo.Tests.Packages;

/// <summary>The libraries as others use them: from a project of their own. They build with the SDK that built the tests.</summary>
[Trait("Category", "Slow")]
public sealed class PackageTests : IDisposable
{
    private const string Classify = """
        using Luma.Zoo;

        using var classifier = ModelZoo.CreateClassifier("lenet_5");
        Console.WriteLine(classifier.Classify(args[0], top: 1)[0].Label);
        """;

    // A program that touches TorchSharp before anything of ours.
    private const string ClassifyAfterTensors = """
        using Luma.Zoo;

        using var ones = TorchSharp.torch.ones(3);
        using var classifier = ModelZoo.CreateClassifier("lenet_5");
        Console.WriteLine($"{ones.sum().item<float>()} {classifier.Classify(args[0], top: 1)[0].Label}");
        """;

    private const string Fail = """
        using Luma.Zoo;

        try
        {
            using var classifier = ModelZoo.CreateClassifier("lenet_5");
        }
        catch (Luma.Neural.Native.NativeLibraryException error)
        {
            Console.WriteLine(error.Message);
        }
        """;

    private readonly TemporaryFolder feed = new();

    [Fact]
    public void The_packages_classify_a_digit()
    {
        var version = Pack();
        using var project = new OutsideProject(Package(version) + OutsideProject.LibTorch, ClassifyAfterTensors, feed.File(""));

        Assert.Equal("3 7", project.Run(Digit(7)));
        Assert.Equal("3 4", project.RunPublished(Digit(4)));
    }

    [Fact]
    public void The_packages_say_which_one_to_add_where_libtorch_is_missing()
    {
        var version = Pack();
        using var project = new OutsideProject(Package(version), Fail, feed.File(""));

        var message = project.Run(Digit(7));

        Assert.StartsWith("libtorch cannot be loaded: the program was built without it; add the package TorchSharp-cpu", message, StringComparison.Ordinal);
        Assert.Contains($"version {Repository.ReadVersions()["TorchSharp"]}", message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    [Fact]
    public void A_project_reference_and_libtorch_classify_a_digit()
    {
        var library = Path.Combine(Repository.Root, "src", "Luma.Zoo", "Luma.Zoo.csproj");
        using var project = new OutsideProject($"""<ProjectReference Include="{library}" />{OutsideProject.LibTorch}""", ClassifyAfterTensors);

        Assert.Equal("3 7", project.Run(Digit(7)));
    }

    [Fact]
    public void A_published_project_reference_classifies_a_digit()
    {
        var library = Path.Combine(Repository.Root, "src", "Luma.Zoo", "Luma.Zoo.csproj");
        using var project = new OutsideProject($"""<ProjectReference Include="{library}" />{OutsideProject.LibTorch}""", Classify);

        Assert.Equal("4", project.RunPublished(Digit(4)));
    }

    [Theory]
    [InlineData("Luma.Neural", "TorchSharp")]
    [InlineData("Luma.Zoo", "Luma.Neural", "Microsoft.Extensions.Http.Resilience", "SkiaSharp", "SkiaSharp.NativeAssets.Linux.NoDependencies", "System.IO.Hashing")]
    public void A_package_depends_on_what_it_names_and_on_no_libtorch(string name, params string[] dependencies)
    {
        var version = Pack();

        using var package = ZipFile.OpenRead(feed.File($"{name}.{version}.nupkg"));
        var specification = Read(package, $"{name}.nuspec");
        Assert.Equal(dependencies, specification.Descendants().Where(e => e.Name.LocalName == "dependency").Select(e => e.Attribute("id")!.Value).Order());

        string Value(string element) => specification.Descendants().Single(e => e.Name.LocalName == element).Value;
        Assert.NotEmpty(Value("tags"));
        Assert.Contains(package.Entries, entry => entry.FullName == Value("readme"));
        Assert.Contains(package.Entries, entry => entry.FullName == Value("icon"));
        Assert.True(File.Exists(feed.File($"{name}.{version}.snupkg")), "the symbols have a package of their own");
    }

    /// <inheritdoc/>
    public void Dispose() => feed.Dispose();

    private static string Package(string version) => $"""<PackageVersion Include="Luma.Zoo" Version="{version}" /><PackageReference Include="Luma.Zoo" />""";

    private static string Digit(int digit) => Directory.GetFiles(Path.Combine(Repository.Root, "zoo", "samples"), $"digit-{digit}-*.png").Order().First();

    private static XDocument Read(ZipArchive package, string entry)
    {
        using var stream = package.GetEntry(entry)!.Open();
        return XDocument.Load(stream);
    }

    // From what the tests were built with: nothing is built or restored again.
    private string Pack()
    {
        var version = $"0.0.0-test.{Guid.NewGuid():N}";
        foreach (var project in (string[])["Luma.Neural", "Luma.Zoo"])
        {
            OutsideProject.Dotnet(
                Repository.Root, "pack", Path.Combine("src", project), "--no-build", "-c", Repository.Configuration, "-v", "q", $"-p:PackageVersion={version}", "-o", feed.File(""));
        }
        return version;
    }
}
