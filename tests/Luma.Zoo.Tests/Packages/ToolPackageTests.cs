using System.Reflection.PortableExecutable;
using System.Runtime.InteropServices;
using Luma.Zoo.Tests.Weights;

namespace Luma.Zoo.Tests.Packages;

/// <summary>The program's packages, for the platform that the tests run on: made as scripts/pack makes them, installed, and run.</summary>
[Trait("Category", "Slow")]
[Collection(nameof(Building))]
public sealed class ToolPackageTests(ToolPackageTests.Feed feed) : IClassFixture<ToolPackageTests.Feed>
{
    // What public galleries take.
    private const long Largest = 250_000_000;

    [Fact]
    public void The_installed_tool_classifies_a_digit_outside_the_repository()
    {
        using var folder = new TemporaryFolder();
        // No other source, and nothing from the user's configuration.
        File.WriteAllText(folder.File("NuGet.config"), $"""<configuration><packageSources><clear /><add key="packages" value="{feed.Path}" /></packageSources></configuration>""");
        File.Copy(Directory.GetFiles(Path.Combine(Repository.Root, "zoo", "samples"), "digit-7-*.png").Order().First(), folder.File("digit.png"));
        Directory.CreateDirectory(folder.File("elsewhere"));

        var (installed, _, problem) = OutsideProject.Start(
            folder.File(""), "dotnet", "tool", "install", "--tool-path", folder.File("tools"), "Luma.Zoo.Cli", "--version", feed.Version, "--configfile", folder.File("NuGet.config"));
        Assert.Equal((0, ""), (installed, problem));
        // The apphost looks for .NET where it is usually installed, which need not be where the tests run.
        var runtime = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
        var (exitCode, output, errors) = OutsideProject.Start(
            folder.File("elsewhere"), folder.File(OperatingSystem.IsWindows() ? "tools/luma.exe" : "tools/luma"), new Dictionary<string, string> { ["DOTNET_ROOT"] = runtime },
            "classify", "lenet_5", "../digit.png", "--top", "1", "--json");

        Assert.Equal((0, ""), (exitCode, errors));
        Assert.Contains("\"label\":\"7\"", output.Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public void The_package_for_a_platform_is_small_enough_and_has_everything()
    {
        var package = Package.Open(feed.File($"Luma.Zoo.Cli.{OutsideProject.Platform}"));
        var root = $"tools/net10.0/{OutsideProject.Platform}/";

        Assert.InRange(new FileInfo(feed.File($"Luma.Zoo.Cli.{OutsideProject.Platform}")).Length, 1, Largest);
        Assert.Superset(new HashSet<string>(["README.md", "icon.png", $"{root}luma.dll", $"{root}LICENSE.txt", $"{root}licenses/DejaVuSans.txt"]), package.Files.Keys.ToHashSet());
        Assert.DoesNotContain(package.Files.Keys, name => name.StartsWith("content", StringComparison.Ordinal));
        var notices = Notices.Parse(package.Read($"{root}THIRD-PARTY-NOTICES.txt"));
        // Of packages for other platforms there is no file in it.
        Assert.Equal(
            Notices.Dependencies(package.Read($"{root}luma.deps.json")).Order(),
            notices.Packages.Keys.Order());
        Assert.Contains(notices.Packages.Keys, name => name.StartsWith($"libtorch-cpu-{OutsideProject.Platform}/", StringComparison.Ordinal));
        // Symbols are in the package, but not those of native libraries, which are larger than these.
        Assert.Contains($"{root}luma.pdb", package.Files.Keys);
        Assert.DoesNotContain($"{root}libSkiaSharp.pdb", package.Files.Keys);
    }

    // A build that compiles nothing beforehand, or leaves nothing out, does not fail: it only makes a program that starts slowly or a larger package.
    [Fact]
    public void The_package_for_a_platform_is_compiled_where_it_starts_and_has_no_other_platforms_libraries()
    {
        var package = Package.Open(feed.File($"Luma.Zoo.Cli.{OutsideProject.Platform}"));
        var root = $"tools/net10.0/{OutsideProject.Platform}/";

        Assert.All((string[])["luma", "Luma.Zoo", "Luma.Neural", "TorchSharp", "System.CommandLine", "Spectre.Console"], name => Assert.True(IsCompiled($"{root}{name}.dll"), name));
        Assert.False(IsCompiled($"{root}SixLabors.ImageSharp.dll"));
        Assert.Equal(OperatingSystem.IsWindows(), package.Files.ContainsKey($"{root}onnxruntime.dll"));
        Assert.Equal(OperatingSystem.IsLinux(), package.Files.ContainsKey($"{root}LibTorchSharp.so"));

        bool IsCompiled(string name)
        {
            using var reader = new PEReader(ImmutableCollectionsMarshal.AsImmutableArray(package.ReadBytes(name)));
            return reader.PEHeaders.CorHeader!.ManagedNativeHeaderDirectory.Size > 0;
        }
    }

    [Fact]
    public void The_package_without_a_platform_names_one_for_each()
    {
        var package = Package.Open(feed.File("Luma.Zoo.Cli"));

        Assert.InRange(new FileInfo(feed.File("Luma.Zoo.Cli")).Length, 1, 100_000);
        var settings = package.Read("tools/any/any/DotnetToolSettings.xml");
        Assert.All((string[])["linux-x64", "win-x64", "osx-arm64"], platform => Assert.Contains($"Id=\"Luma.Zoo.Cli.{platform}\"", settings, StringComparison.Ordinal));
        Assert.DoesNotContain(package.Files.Keys, name => name.StartsWith("content", StringComparison.Ordinal));
    }

    /// <summary>A folder with the two packages of this platform. What is built for it goes to a folder of its own.</summary>
    public sealed class Feed : IDisposable
    {
        private readonly TemporaryFolder folder = new();

        public Feed()
        {
            Directory.CreateDirectory(Path);
            var project = System.IO.Path.Combine("src", "Luma.Zoo.Cli");
            string[] common = [project, "-c", Repository.Configuration, "-v", "q", "-o", Path, $"-p:PackageVersion={Version}", "-p:NuGetAudit=false"];
            OutsideProject.Dotnet(Repository.Root, ["pack", .. common, "-r", OutsideProject.Platform, "--artifacts-path", folder.File("artifacts"), OutsideProject.WithoutAnalyzers]);
            OutsideProject.Dotnet(Repository.Root, ["pack", .. common, "--no-build", "-p:CreateRidSpecificToolPackages=false"]);
        }

        public string Path => folder.File("packages");

        public string Version { get; } = $"0.0.0-test.{Guid.NewGuid():N}";

        public string File(string name) => System.IO.Path.Combine(Path, $"{name}.{Version}.nupkg");

        public void Dispose() => folder.Dispose();
    }
}
