using Luma.Neural.Native;
using Luma.Zoo.ImageSharp;
using Luma.Zoo.OnnxRuntime;
using Luma.Zoo.Tests.Packages;
using PublicApiGenerator;

namespace Luma.Zoo.Tests.Api;

/// <summary>What the libraries show to others, held against the text files beside this one, so that no change to it goes unseen.</summary>
public class PublicApiTests
{
    private const string Refresh = "LUMA_WRITE_API", Command = $"dotnet test tests/Luma.Zoo.Tests --filter {nameof(PublicApiTests)} -e {Refresh}=1";

    // Attributes of the assembly differ from clone to clone: the repository's address is one.
    private static readonly ApiGeneratorOptions Options = new() { IncludeAssemblyAttributes = false };

    private static readonly Type[] Libraries = [typeof(NativeLibraries), typeof(ModelZoo), typeof(ImageSharpFormats), typeof(OnnxRuntimeEngine)];

    public static TheoryData<string> Names => [.. Libraries.Select(type => type.Assembly.GetName().Name!)];

    [Theory, MemberData(nameof(Names))]
    public void The_public_surface_is_the_one_written_down(string name)
    {
        var path = Path.Combine(Repository.Root, "tests", "Luma.Zoo.Tests", "Api", $"{name}.txt");
        var assembly = Libraries.Single(type => type.Assembly.GetName().Name == name).Assembly;
        var actual = assembly.GeneratePublicApi(Options).ReplaceLineEndings("\n").TrimEnd() + "\n";

        if (Environment.GetEnvironmentVariable(Refresh) == "1") File.WriteAllText(path, actual);
        var written = File.Exists(path) ? File.ReadAllText(path).ReplaceLineEndings("\n") : "";

        Assert.True(written == actual, Describe(name, written.Split('\n'), actual.Split('\n')));
    }

    [Fact]
    public void What_differs_is_shown_from_the_first_line_on()
    {
        var message = Describe("Some.Library", ["a", "b", "c", "d"], ["a", "x", "b", "c", "d"]);

        Assert.Equal(
            [
                "The public surface of Some.Library is not the one in tests/Luma.Zoo.Tests/Api/Some.Library.txt. From line 2 on:",
                "  - b", "  - c", "  - d", "  + x", "  + b", "  + c",
                $"If that is meant, run: {Command}",
            ],
            message.Split('\n'));
    }

    [Fact]
    public void The_readme_names_the_command_that_refreshes_the_files() =>
        Assert.Contains($"\n{Command}\n", File.ReadAllText(Path.Combine(Repository.Root, "README.md")).ReplaceLineEndings("\n"), StringComparison.Ordinal);

    private static string Describe(string name, string[] written, string[] actual)
    {
        const int Shown = 3;
        var same = written.Zip(actual).TakeWhile(pair => pair.First == pair.Second).Count();
        string[] lines =
        [
            $"The public surface of {name} is not the one in tests/Luma.Zoo.Tests/Api/{name}.txt. From line {same + 1} on:",
            .. written.Skip(same).Take(Shown).Select(line => $"  - {line}"),
            .. actual.Skip(same).Take(Shown).Select(line => $"  + {line}"),
            $"If that is meant, run: {Command}",
        ];
        return string.Join('\n', lines);
    }
}
