using System.IO.Compression;
using System.Reflection.Metadata;
using System.Text;
using System.Xml.Linq;
using Luma.Zoo.Tests.Weights;

namespace Luma.Zoo.Tests.Packages;

/// <summary>The libraries as others use them: from a project of their own. They build with the SDK that built the tests.</summary>
[Trait("Category", "Slow")]
[Collection(nameof(Building))]
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

    [Theory]
    [InlineData("linux-x64", true)]
    [InlineData("win-x64", false)]
    public void The_copy_for_an_older_libstdc_is_for_linux_alone_where_the_project_names_its_platform(string platform, bool expected)
    {
        using var project = new OutsideProject(
            feed.ReferenceTo("Luma.Neural"), "_ = typeof(Luma.Neural.Native.NativeLibraries);", feed.Path);

        var published = project.Publish(platform);

        Assert.Contains("Luma.Neural.dll", published);
        Assert.Contains(published, name => name.Contains("LibTorchSharp.", StringComparison.Ordinal) && name != "LibTorchSharp.so");
        Assert.Equal(expected, published.Contains("LibTorchSharp.so"));
    }

    [TrimmingFact]
    public void A_trimmed_program_classifies_a_digit_and_no_warning_is_ours()
    {
        using var project = new OutsideProject(feed.Reference + OutsideProject.LibTorch, Classify, feed.Path);

        var (answer, warnings) = project.RunTrimmed(Digit(7));

        Assert.Equal("3 7", answer);
        Assert.All(warnings, warning => Assert.Contains("Assembly 'TorchSharp' produced", warning, StringComparison.Ordinal));
    }

    [Fact]
    public void A_project_reference_and_libtorch_classify_a_digit()
    {
        var library = Path.Combine(Repository.Root, "src", "Luma.Zoo", "Luma.Zoo.csproj");
        using var project = new OutsideProject($"""<ProjectReference Include="{library}" />{OutsideProject.LibTorch}""", Classify);

        Assert.Equal("3 7", project.Run(Digit(7)));
        Assert.Equal("3 4", project.RunPublished(Digit(4)));
    }

    [Fact]
    public void The_package_for_image_sharp_classifies_its_images()
    {
        using var project = new OutsideProject(
            feed.ReferenceTo("Luma.Zoo.ImageSharp") + OutsideProject.LibTorch,
            """
            using Luma.Zoo;
            using Luma.Zoo.Images;
            using Luma.Zoo.ImageSharp;
            using SixLabors.ImageSharp;
            using SixLabors.ImageSharp.PixelFormats;

            using var classifier = ModelZoo.CreateClassifier("lenet_5", new() { Decoding = new DecodeOptions { Formats = ImageSharpFormats.All } });
            using var image = Image.Load<Rgb24>(args[0]);
            image.SaveAsTiff("digit.tif");
            Console.WriteLine($"{classifier.Classify(image, top: 1)[0].Label} {classifier.Classify("digit.tif", top: 1)[0].Label}");
            """,
            feed.Path);

        Assert.Equal("7 7", project.Run(Digit(7)));
    }

    [Theory]
    [InlineData("Luma.Neural", "TorchSharp")]
    [InlineData(
        "Luma.Zoo", "Google.Protobuf", "Luma.Neural", "Microsoft.Extensions.DependencyInjection.Abstractions", "Microsoft.Extensions.Diagnostics.HealthChecks.Abstractions",
        "Microsoft.Extensions.Hosting.Abstractions", "Microsoft.Extensions.Http.Resilience", "Microsoft.Extensions.Logging.Abstractions",
        "Microsoft.Extensions.Options", "OnnxSharp", "Sep", "SkiaSharp", "SkiaSharp.NativeAssets.Linux.NoDependencies", "System.IO.Hashing")]
    [InlineData("Luma.Zoo.ImageSharp", "Luma.Zoo", "SixLabors.ImageSharp")]
    [InlineData("Luma.Zoo.OnnxRuntime", "Luma.Zoo", "Microsoft.ML.OnnxRuntime")]
    public void A_package_depends_on_what_it_names_and_on_no_libtorch(string name, params string[] dependencies)
    {
        var package = Package.Open(feed.File(name, "nupkg"));

        Assert.Equal(dependencies, package.Document.Descendants().Where(e => e.Name.LocalName == "dependency").Select(e => e.Attribute("id")!.Value).Order());
        Assert.Equal(
            name == "Luma.Neural" ? ["runtimes/linux-x64/native/LibTorchSharp.so"] : [],
            package.Files.Keys.Where(file => file.StartsWith("runtimes/", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("Luma.Neural")]
    [InlineData("Luma.Zoo")]
    [InlineData("Luma.Zoo.ImageSharp")]
    [InlineData("Luma.Zoo.OnnxRuntime")]
    public void A_package_has_all_that_a_gallery_shows_and_a_debugger_needs(string name)
    {
        var package = Package.Open(feed.File(name, "nupkg"));
        string? Value(string element) => package.Specification(element)?.Value;

        Assert.All((string[])["description", "authors", "copyright", "tags"], element => Assert.False(string.IsNullOrEmpty(Value(element)), element));
        Assert.Equal("MIT", Value("license"));
        Assert.Equal(File.ReadAllText(Path.Combine(Repository.Root, "src", name, "PACKAGE.md")), package.Read(Value("readme")!));
        Assert.True(package.Files[Value("icon")!] > 1000);
        Assert.Equal(("git", Feed.Address), (package.Specification("repository")?.Attribute("type")?.Value, package.Specification("repository")?.Attribute("url")?.Value));
        Assert.Contains($"lib/net10.0/{name}.dll", package.Files.Keys);
        var documentation = XDocument.Parse(package.Read($"lib/net10.0/{name}.xml"));
        Assert.Equal(name, documentation.Descendants("assembly").Single().Value);
        Assert.Contains(documentation.Descendants("member"), member => member.Attribute("name")!.Value.StartsWith($"T:{name}.", StringComparison.Ordinal));
        Assert.DoesNotContain(package.Files.Keys, file => file.EndsWith(".pdb", StringComparison.Ordinal) || file.StartsWith("content", StringComparison.Ordinal));
        Assert.Contains($"lib/net10.0/{name}.pdb", Package.Open(feed.File(name, "snupkg")).Files.Keys);
    }

    // In a clone with a public remote, which this one need not be: a library of one file with our build.
    [Fact]
    public void Symbols_lead_to_the_sources_of_the_commit()
    {
        const string Commit = "0123456789abcdef0123456789abcdef01234567";
        using var folder = new TemporaryFolder();
        foreach (var name in (string[])["Directory.Build.props", "Directory.Build.targets", "global.json"]) File.Copy(Path.Combine(Repository.Root, name), folder.File(name));
        foreach (var name in (string[])[".git/refs/heads", ".git/objects", "assets", "Some"]) Directory.CreateDirectory(folder.File(name));
        File.WriteAllText(folder.File(".git/HEAD"), "ref: refs/heads/main\n");
        File.WriteAllText(folder.File(".git/refs/heads/main"), $"{Commit}\n");
        File.WriteAllText(folder.File(".git/config"), "[core]\n\trepositoryformatversion = 0\n[remote \"origin\"]\n\turl = https://github.com/example/luma.git\n");
        File.Copy(Path.Combine(Repository.Root, "assets", "icon.png"), folder.File("assets/icon.png"));
        File.WriteAllText(folder.File("Some/PACKAGE.md"), "# Some");
        File.WriteAllText(folder.File("Some/Thing.cs"), "namespace Some;\n\n/// <summary>A thing.</summary>\npublic static class Thing\n{\n    /// <summary>It.</summary>\n    public static string It => \"\";\n}\n");
        File.WriteAllText(folder.File("Some/Some.csproj"), "<Project Sdk=\"Microsoft.NET.Sdk\"><PropertyGroup><Description>Some.</Description></PropertyGroup></Project>");

        OutsideProject.Dotnet(folder.File("Some"), "pack", "-c", "Release", "-v", "q", "-o", folder.File("packages"), "-p:NuGetAudit=false");

        var repository = Package.Open(folder.File($"packages/Some.{Repository.Version}.nupkg")).Specification("repository")!;
        Assert.Equal(("https://github.com/example/luma", Commit), (repository.Attribute("url")!.Value.Replace(".git", "", StringComparison.Ordinal), repository.Attribute("commit")!.Value));
        using var symbols = ZipFile.OpenRead(folder.File($"packages/Some.{Repository.Version}.snupkg"));
        using var stream = symbols.GetEntry("lib/net10.0/Some.pdb")!.Open();
        Assert.Contains($"https://raw.githubusercontent.com/example/luma/{Commit}/*", SourceLink(stream), StringComparison.Ordinal);
    }

    private static string Digit(int digit) => Directory.GetFiles(Path.Combine(Repository.Root, "zoo", "samples"), $"digit-{digit}-*.png").Order().First();

    private static string SourceLink(Stream pdb)
    {
        // As the format of portable PDBs defines it.
        var kind = new Guid("CC110556-A091-4D38-9FEC-25AB9A351A6A");
        using var memory = new MemoryStream();
        pdb.CopyTo(memory);
        memory.Position = 0;
        using var provider = MetadataReaderProvider.FromPortablePdbStream(memory);
        var reader = provider.GetMetadataReader();
        var information = reader.CustomDebugInformation.Select(reader.GetCustomDebugInformation).Single(entry => reader.GetGuid(entry.Kind) == kind);
        return Encoding.UTF8.GetString(reader.GetBlobBytes(information.Value));
    }

    /// <summary>A folder with the libraries' packages, made of what the tests were built with: nothing is built or restored again.</summary>
    public sealed class Feed : IDisposable
    {
        private readonly TemporaryFolder folder = new();

        public Feed()
        {
            foreach (var project in (string[])["Luma.Neural", "Luma.Zoo", "Luma.Zoo.ImageSharp", "Luma.Zoo.OnnxRuntime"])
            {
                OutsideProject.Dotnet(
                    Repository.Root, "pack", System.IO.Path.Combine("src", project), "--no-build", "-c", Repository.Configuration, "-v", "q",
                    $"-p:PackageVersion={Version}", $"-p:RepositoryUrl={Address}", "-o", Path);
            }
        }

        /// <summary>The repository that they name.</summary>
        public const string Address = "https://example.org/luma";

        public string Path => folder.File("");

        public string Version { get; } = $"0.0.0-test.{Guid.NewGuid():N}";

        public string Reference => ReferenceTo("Luma.Zoo");

        public string ReferenceTo(string name) => $"""<PackageVersion Include="{name}" Version="{Version}" /><PackageReference Include="{name}" />""";

        public string File(string name, string extension) => folder.File($"{name}.{Version}.{extension}");

        public void Dispose() => folder.Dispose();
    }
}
