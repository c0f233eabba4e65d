using System.Text.Json;
using System.Text.RegularExpressions;

namespace Luma.Zoo.Tests.Packages;

public class VersionTests
{
    [Theory]
    [InlineData("src/Luma.Zoo.Cli")]
    [InlineData("tests/Luma.Zoo.Tests")]
    [InlineData("tests/Luma.Neural.Tests")]
    [InlineData("tests/Luma.Zoo.Benchmarks")]
    public void Every_package_that_a_program_is_made_of_is_pinned(string project)
    {
        var pinned = Repository.ReadVersions();

        var restored = Restored(project).ToList();

        Assert.Contains(restored, package => package.StartsWith("TorchSharp/", StringComparison.Ordinal));
        Assert.All(restored, package => Assert.Equal(pinned.GetValueOrDefault(package.Split('/')[0]), package.Split('/')[1]));
    }

    [Fact]
    public void Every_project_that_is_a_program_is_held_against_the_pins()
    {
        var programs = Projects().Where(project => project.Text.Contains("<LumaApplication>true", StringComparison.Ordinal)).Select(project => project.Folder);

        var tested = typeof(VersionTests).GetMethod(nameof(Every_package_that_a_program_is_made_of_is_pinned))!
            .GetCustomAttributesData().Where(data => data.AttributeType == typeof(InlineDataAttribute))
            .Select(data => (string)((IReadOnlyList<System.Reflection.CustomAttributeTypedArgument>)data.ConstructorArguments[0].Value!)[0].Value!);

        Assert.Equal(programs.Order(), tested.Order());
    }

    [Fact]
    public void Every_pin_is_of_a_package_that_comes_with_another()
    {
        var brought = Projects().SelectMany(project => Restored(project.Folder)).Select(package => package.Split('/')[0]).ToHashSet(StringComparer.OrdinalIgnoreCase);
        // Those for other platforms and backends are named where they are used.
        var named = Projects().Select(project => project.Text).Append(File.ReadAllText(Path.Combine(Repository.Root, "Directory.Build.targets")))
            .SelectMany(text => Regex.Matches(text, "<PackageReference Include=\"([^\"]*)\"").Select(match => match.Groups[1].Value))
            .ToHashSet(StringComparer.OrdinalIgnoreCase);

        Assert.All(Repository.ReadVersions().Keys, package => Assert.True(brought.Contains(package) || named.Contains(package), package));
    }

    [Theory]
    [InlineData("src/Luma.Neural")]
    [InlineData("src/Luma.Zoo")]
    public void A_library_brings_no_libtorch(string project) =>
        Assert.DoesNotContain(Restored(project), package => package.StartsWith("libtorch", StringComparison.Ordinal) || package.StartsWith("TorchSharp-", StringComparison.Ordinal));

    [Theory]
    [InlineData("README.md")]
    [InlineData("src/Luma.Zoo/PACKAGE.md")]
    public void The_readme_names_the_versions_that_fit(string readme)
    {
        var versions = Repository.ReadVersions();

        var text = File.ReadAllText(Path.Combine(Repository.Root, readme));

        Assert.Contains($"dotnet add package TorchSharp-cpu --version {versions["TorchSharp"]}", text, StringComparison.Ordinal);
        if (readme != "README.md") return;
        Assert.Equal([versions["TorchSharp"]], Named("""TorchSharp-cpu" Version="([^"]*)"""));
        Assert.Equal([versions["libtorch-cpu-linux-x64"]], Named("`libtorch-[^`]*`, version ([0-9.]*),"));

        IEnumerable<string> Named(string pattern) => Regex.Matches(text, pattern).Select(match => match.Groups[1].Value).Distinct();
    }

    [Fact]
    public void The_program_carries_no_library_that_it_never_loads()
    {
        var folder = Path.Combine(Repository.Root, "src", "Luma.Zoo.Cli", "bin", Repository.Configuration, "net10.0");
        var natives = Directory.GetFiles(Path.Combine(folder, "runtimes"), "*", SearchOption.AllDirectories).Select(Path.GetFileName).ToList();
        var listed = File.ReadAllText(Path.Combine(folder, "luma.deps.json"));

        Assert.Contains(natives, name => name!.Contains("torch_cpu", StringComparison.Ordinal));
        Assert.All((string[])["torch_python", "_test.", "backend", ".pdb"], needless =>
        {
            Assert.DoesNotContain(natives, name => name!.Contains(needless, StringComparison.Ordinal));
            Assert.DoesNotContain(needless, listed, StringComparison.Ordinal);
        });
    }

    private static IEnumerable<(string Folder, string Text)> Projects() =>
        from parent in (string[])["src", "tests"]
        from folder in Directory.GetDirectories(Path.Combine(Repository.Root, parent))
        from path in Directory.GetFiles(folder, "*.csproj")
        select ($"{parent}/{Path.GetFileName(folder)}", File.ReadAllText(path));

    private static IEnumerable<string> Restored(string project)
    {
        using var assets = JsonDocument.Parse(File.ReadAllText(Path.Combine(Repository.Root, project, "obj", "project.assets.json")));
        return [.. assets.RootElement.GetProperty("libraries").EnumerateObject()
            .Where(library => library.Value.GetProperty("type").GetString() == "package").Select(library => library.Name)];
    }
}
