using System.Diagnostics;
using Luma.Zoo.Tests.Weights;

namespace Luma.Zoo.Tests.Packages;

/// <summary>
/// A console project in a folder of its own outside the repository, which classifies the image that it is given. It takes packages from
/// where the repository does, in the versions that the repository pins.
/// </summary>
internal sealed class OutsideProject : IDisposable
{
    // One node is enough for a few small projects, and starting another takes seconds.
    private static readonly string[] Msbuild = ["-m:1", "-nodeReuse:false"];

    /// <summary>What analyzers say of our sources the build of the tests has told. For builds in a folder of their own: in the repository's the next one would begin anew.</summary>
    public const string WithoutAnalyzers = "-p:RunAnalyzers=false";

    private readonly TemporaryFolder folder = new();

    /// <param name="references">MSBuild items that name Luma.Zoo, and libtorch where the program shall have it.</param>
    /// <param name="program">The program, which has the image's path in <c>args[0]</c>.</param>
    /// <param name="feed">A folder of packages, or null.</param>
    public OutsideProject(string references, string program, string? feed = null)
    {
        File.Copy(Path.Combine(Repository.Root, "global.json"), folder.File("global.json"));
        File.Copy(Path.Combine(Repository.Root, "Directory.Packages.props"), folder.File("Directory.Packages.props"));
        // Packages of ours go to a folder of their own, so that none is left in the user's; all others are taken from the user's.
        File.WriteAllText(folder.File("outside.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <NuGetAudit>false</NuGetAudit>
                <CreateHardLinksForCopyLocalIfPossible>true</CreateHardLinksForCopyLocalIfPossible>
                <CreateHardLinksForPublishFilesIfPossible>true</CreateHardLinksForPublishFilesIfPossible>
                {(feed is null ? "" : $"<RestorePackagesPath>{folder.File("packages")}</RestorePackagesPath><RestoreFallbackFolders>{string.Join(';', Repository.ReadPackageFolders())}</RestoreFallbackFolders>")}
              </PropertyGroup>
              <ItemGroup>
                {references}
              </ItemGroup>
            </Project>
            """);
        File.WriteAllText(folder.File("Program.cs"), program);
        File.WriteAllText(
            folder.File("NuGet.config"),
            File.ReadAllText(Path.Combine(Repository.Root, "NuGet.config")).Replace(
                "</configuration>",
                feed is null ? "</configuration>" : $"""<packageSources><add key="luma" value="{feed}" /></packageSources></configuration>""",
                StringComparison.Ordinal));
    }

    /// <summary>libtorch for the platform that the tests run on, as a package reference with the pinned version.</summary>
    public static string LibTorch =>
        $"""<PackageReference Include="libtorch-cpu-{Platform}" />""";

    /// <summary>The platform that the tests run on.</summary>
    public static string Platform => OperatingSystem.IsWindows() ? "win-x64" : OperatingSystem.IsMacOS() ? "osx-arm64" : "linux-x64";

    /// <summary>Builds it and runs it.</summary>
    /// <param name="image">The image.</param>
    /// <returns>What the program printed.</returns>
    public string Run(string image)
    {
        Dotnet(folder.File(""), "build", "-c", Repository.Configuration, "-v", "q");
        return Execute(folder.File(""), "dotnet", folder.File($"bin/{Repository.Configuration}/net10.0/outside.dll"), image).Trim();
    }

    /// <summary>Publishes it for the platform that the tests run on, as one file with the native libraries beside it, and runs it.</summary>
    /// <param name="image">The image.</param>
    /// <returns>What the program printed.</returns>
    public string RunPublished(string image)
    {
        Publish(Platform, "<PublishSingleFile>true</PublishSingleFile>");
        return ExecutePublished(image);
    }

    /// <summary>Publishes it for the platform that the tests run on, with the runtime and without the code that it does not need, and runs it.</summary>
    /// <param name="image">The image.</param>
    /// <returns>What the program printed, and the warnings.</returns>
    public (string Output, IReadOnlyList<string> Warnings) RunTrimmed(string image)
    {
        var output = PublishWith(Platform, "<SelfContained>true</SelfContained><PublishTrimmed>true</PublishTrimmed>");
        return (ExecutePublished(image), [.. output.Split('\n').Where(line => line.Contains(" warning ", StringComparison.Ordinal)).Distinct()]);
    }

    /// <summary>Publishes it for a platform that its project names.</summary>
    /// <param name="platform">The platform.</param>
    /// <param name="properties">More properties of the project.</param>
    /// <returns>The names of the files.</returns>
    public IReadOnlyList<string> Publish(string platform, string properties = "")
    {
        PublishWith(platform, $"<SelfContained>false</SelfContained>{properties}");
        return [.. Directory.GetFiles(folder.File("published")).Select(path => Path.GetFileName(path))];
    }

    // In the project, not on the command line: what stands there holds for projects that are referenced too, and these would be built anew.
    private string PublishWith(string platform, string properties)
    {
        File.WriteAllText(folder.File("Directory.Build.props"), $"""
            <Project>
              <PropertyGroup>
                <RuntimeIdentifier>{platform}</RuntimeIdentifier>
                <PublishDir>{folder.File("published/")}</PublishDir>
                {properties}
              </PropertyGroup>
            </Project>
            """);
        return Execute(folder.File(""), "dotnet", ["publish", "-c", Repository.Configuration, "-v", "q", .. Msbuild]);
    }

    private string ExecutePublished(string image) =>
        Execute(folder.File(""), folder.File(OperatingSystem.IsWindows() ? "published/outside.exe" : "published/outside"), image).Trim();

    /// <summary>Runs <c>dotnet</c> and expects it to succeed.</summary>
    /// <param name="current">The current folder.</param>
    /// <param name="arguments">Its arguments.</param>
    public static void Dotnet(string current, params IReadOnlyList<string> arguments) => Execute(current, "dotnet", [.. arguments, .. Msbuild]);

    /// <inheritdoc/>
    public void Dispose() => folder.Dispose();

    /// <summary>Runs a program, as if it had been started outside the tests.</summary>
    /// <param name="current">The current folder.</param>
    /// <param name="program">The program.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <returns>Its exit code, and what it wrote.</returns>
    public static (int ExitCode, string Output, string Errors) Start(string current, string program, params IReadOnlyList<string> arguments) =>
        Start(current, program, new Dictionary<string, string>(), arguments);

    /// <summary>Runs a program, as if it had been started outside the tests.</summary>
    /// <param name="current">The current folder.</param>
    /// <param name="program">The program.</param>
    /// <param name="variables">Environment variables for it.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <returns>Its exit code, and what it wrote.</returns>
    public static (int ExitCode, string Output, string Errors) Start(
        string current, string program, IReadOnlyDictionary<string, string> variables, params IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = current, RedirectStandardOutput = true, RedirectStandardError = true };
        // A build of a few seconds gains nothing from profiled code.
        start.Environment["DOTNET_TieredPGO"] = "0";
        foreach (var (name, value) in CompilerServer.Variables) start.Environment[name] = value;
        foreach (var (name, value) in variables) start.Environment[name] = value;
        // What the test's own dotnet has set for itself, such as where its MSBuild lies.
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToList())
            start.Environment.Remove(name);

        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, errors.Result);
    }

    private static string Execute(string current, string program, params IReadOnlyList<string> arguments)
    {
        var (exitCode, output, errors) = Start(current, program, arguments);
        Assert.True(exitCode == 0, $"{program} {string.Join(' ', arguments)}: exit code {exitCode}\n{output}\n{errors}");
        return output;
    }
}
