using System.Text;
using Luma.Zoo.Tests.Weights;

namespace Luma.Zoo.Tests.Packages;

/// <summary>Building and packing where a machine is set up in another way than ours.</summary>
[Trait("Category", "Slow")]
[Collection(nameof(Building))]
public class BuildTests
{
    [Fact]
    public async Task More_than_one_package_source_stops_nothing()
    {
        using var folder = new TemporaryFolder();
        await using var server = new FileServer((request, _) => request.Path.EndsWith("/v3/index.json", StringComparison.Ordinal)
            ? FileAnswer.Whole(Encoding.UTF8.GetBytes($$"""{"version":"3.0.0","resources":[{"@id":"http://{{request.Headers["host"]}}/none/","@type":"PackageBaseAddress/3.0.0"}]}"""))
            : new("404 Not Found", ("Content-Length", "0")));
        File.WriteAllText(folder.File("NuGet.config"), $"""
            <configuration>
              <packageSources>
                <add key="first" value="{server.Address}/1/v3/index.json" allowInsecureConnections="true" />
                <add key="second" value="{server.Address}/2/v3/index.json" allowInsecureConnections="true" />
              </packageSources>
            </configuration>
            """);

        // Every package is in the folder that it was restored to, so that the sources need not have it.
        OutsideProject.Dotnet(
            Repository.Root, "restore", Path.Combine("src", "Luma.Neural"), "--configfile", folder.File("NuGet.config"), "--artifacts-path", folder.File("artifacts"),
            $"-p:RestorePackagesPath={Repository.ReadPackageFolders()[0]}", "-p:NuGetAudit=false");

        Assert.True(File.Exists(folder.File("artifacts/obj/Luma.Neural/project.assets.json")));
    }

    // No library learns what its user's project file says of the platform, only what the command line says: there Windows gets the copy too,
    // and never loads it.
    [Theory]
    [InlineData("linux-x64", false, true)]
    [InlineData("win-x64", false, false)]
    [InlineData("linux-x64", true, true)]
    public void A_project_reference_publishes_the_copy_for_an_older_libstdc_for_linux_alone(string platform, bool inProject, bool expected)
    {
        using var folder = new TemporaryFolder();
        File.Copy(Path.Combine(Repository.Root, "global.json"), folder.File("global.json"));
        File.WriteAllText(folder.File("outside.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework><UseAppHost>false</UseAppHost>
                {(inProject ? $"<RuntimeIdentifier>{platform}</RuntimeIdentifier>" : "")}
              </PropertyGroup>
              <ItemGroup><ProjectReference Include="{Path.Combine(Repository.Root, "src", "Luma.Neural", "Luma.Neural.csproj")}" /></ItemGroup>
            </Project>
            """);
        File.WriteAllText(folder.File("Program.cs"), "_ = typeof(Luma.Neural.Native.NativeLibraries);");
        var sources = Snapshot();

        // Everything that is built goes to the consumer's folder, so that the sources may be where nobody may write.
        IReadOnlyList<string> options = inProject ? [] : ["-r", platform];
        OutsideProject.Dotnet(
            folder.File(""),
            ["publish", .. options, "--self-contained", "false", "-v", "q", "--artifacts-path", folder.File("artifacts"), "-o", folder.File("published"), "-p:NuGetAudit=false", OutsideProject.WithoutAnalyzers]);

        Assert.Equal(expected, File.Exists(folder.File("published/LibTorchSharp.so")));
        Assert.True(File.Exists(folder.File("published/Luma.Neural.dll")));
        Assert.Single(Directory.GetFiles(folder.File("artifacts/obj/Luma.Neural"), "LibTorchSharp.so", SearchOption.AllDirectories));
        Assert.Equal(sources, Snapshot());

        static IEnumerable<(string, DateTime)> Snapshot() =>
            [.. Directory.GetFiles(Path.Combine(Repository.Root, "src", "Luma.Neural"), "*", SearchOption.AllDirectories).Order().Select(path => (path, File.GetLastWriteTimeUtc(path)))];
    }

    [Fact]
    public void The_program_is_not_packed_for_all_platforms_at_once()
    {
        using var folder = new TemporaryFolder();

        var (exitCode, output, _) = OutsideProject.Start(
            Repository.Root, "dotnet", "pack", Path.Combine("src", "Luma.Zoo.Cli"), "--no-build", "-c", Repository.Configuration, "-v", "q", "-o", folder.File(""), "-nodeReuse:false");

        Assert.Equal(1, exitCode);
        Assert.Contains("Use scripts/pack: ", Assert.Single(output.Split('\n'), line => line.Contains("error", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Empty(folder.Names);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("https://example.org/luma")]
    public void A_package_without_a_repository_says_so(string? address)
    {
        using var folder = new TemporaryFolder();
        IReadOnlyList<string> options = address is null ? [] : [$"-p:RepositoryUrl={address}"];

        var (exitCode, output, _) = OutsideProject.Start(
            Repository.Root, "dotnet",
            ["pack", Path.Combine("src", "Luma.Neural"), "--no-build", "-c", Repository.Configuration, "-v", "q", "-o", folder.File(""), "-nodeReuse:false", .. options]);

        Assert.Equal(0, exitCode);
        var named = Package.Open(folder.File($"Luma.Neural.{Repository.Version}.nupkg")).Specification("repository")?.Attribute("url")?.Value;
        if (address is not null) Assert.Equal(address, named);
        Assert.Equal(named is null, output.Contains("LUMA0001", StringComparison.Ordinal));
    }

    // Where an array is empty, bash 3.2, which macOS has, takes it for an unset variable.
    [UnixTheory]
    [InlineData]
    [InlineData("FOLDER")]
    [InlineData("FOLDER", "-p:Version=1.2.3", "-p:RepositoryUrl=https://example.org/a b")]
    public void Packing_passes_its_options_on_and_needs_no_new_bash(params string[] arguments)
    {
        if (OperatingSystem.IsWindows()) return;
        using var folder = new TemporaryFolder();
        var (program, log) = (folder.File("dotnet"), folder.File("log"));
        File.WriteAllText(program, $"#!/bin/sh\nfor argument in \"$@\"; do printf '%s|' \"$argument\"; done >> '{log}'\necho >> '{log}'\n");
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        Directory.CreateDirectory(folder.File("packages"));
        arguments = [.. arguments.Select(argument => argument == "FOLDER" ? folder.File("packages") : argument)];

        var script = Path.Combine(Repository.Root, "scripts", "pack");
        var (exitCode, _, errors) = OutsideProject.Start(
            folder.File(""), "env", [$"PATH={folder.File("")}:{Environment.GetEnvironmentVariable("PATH")}", "bash", script, .. arguments]);

        Assert.DoesNotContain("[@]", File.ReadAllText(script), StringComparison.Ordinal);
        var lines = File.ReadAllLines(log);
        var options = string.Concat(arguments.Skip(1).Select(option => $"{option}|"));
        var start = $"pack|-c|Release|-v|q|--nologo|-o|{(arguments.Length > 0 ? arguments[0] : "artifacts/packages")}|";
        Assert.Equal(
            [
                $"{start}src/Luma.Neural|{options}",
                $"{start}src/Luma.Zoo|{options}",
                $"{start}src/Luma.Zoo.ImageSharp|{options}",
                $"{start}src/Luma.Zoo.OnnxRuntime|{options}",
                .. ((string[])["linux-x64", "win-x64", "osx-arm64"]).Select(platform => $"{start}src/Luma.Zoo.Cli|-r|{platform}|{options}"),
                $"{start}src/Luma.Zoo.Cli|-p:CreateRidSpecificToolPackages=false|{options}",
            ],
            lines);
        // With the default folder there is nothing to list in the end: nothing was packed.
        if (arguments.Length > 0) Assert.Equal((0, ""), (exitCode, errors));
    }
}
