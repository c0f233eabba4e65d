using Luma.Zoo.Tests.Weights;

namespace Luma.Zoo.Tests.Packages;

/// <summary>What the program is made of is named beside it, with its licences.</summary>
public class NoticesTests
{
    private static readonly string Output = Path.Combine(Repository.Root, "src", "Luma.Zoo.Cli", "bin", Repository.Configuration, "net10.0");

    [Fact]
    public void Every_package_of_the_program_is_named_with_its_licence()
    {
        var notices = Notices.Parse(File.ReadAllText(Path.Combine(Output, "THIRD-PARTY-NOTICES.txt")));

        Assert.Equal(Notices.Dependencies(File.ReadAllText(Path.Combine(Output, "luma.deps.json"))).Order(), notices.Packages.Keys.Order());
        Assert.All(notices.Packages, package =>
        {
            Assert.Matches("^  Licence: (MIT|Apache-2.0|BSD-3-Clause)$", package.Value[0]);
            Assert.Contains(notices.TextsOf(package.Key), text => text.Contains("WITHOUT WARRANTY", StringComparison.Ordinal) || text.Contains("IMPLIED WARRANTIES", StringComparison.Ordinal)
                || text.Contains("WITHOUT WARRANTIES", StringComparison.Ordinal));
        });
        // No text without a package, and none twice.
        Assert.Equal(notices.Texts.Keys.Order(), notices.Packages.Keys.SelectMany(notices.TextsOf).Distinct().Select(text => text[..(text.IndexOf(']', StringComparison.Ordinal) + 1)]).Order());
        Assert.Distinct(notices.Texts.Values.Select(text => text[text.IndexOf('\n', StringComparison.Ordinal)..]));
    }

    [Fact]
    public void The_notices_of_native_libraries_are_whole()
    {
        var notices = Notices.Parse(File.ReadAllText(Path.Combine(Output, "THIRD-PARTY-NOTICES.txt")));
        var versions = Repository.ReadVersions();
        string[] natives = [.. notices.Packages.Keys.Where(package => package.StartsWith("libtorch-", StringComparison.Ordinal) || package.StartsWith("SkiaSharp.NativeAssets.", StringComparison.Ordinal))];

        Assert.Contains($"SkiaSharp.NativeAssets.Win32/{versions["SkiaSharp"]}", natives);
        Assert.Contains(natives, package => package.StartsWith("libtorch-", StringComparison.Ordinal));
        Assert.All(natives, package => Assert.Contains(
            notices.TextsOf(package), text => text.Contains(package.StartsWith("lib", StringComparison.Ordinal) ? "From PyTorch" : "FreeType", StringComparison.OrdinalIgnoreCase)));
        var libtorch = natives.Single(package => package.StartsWith("libtorch-", StringComparison.Ordinal));
        Assert.All(notices.Packages[libtorch].Skip(3), line => Assert.StartsWith("  With ", line, StringComparison.Ordinal));
        // On Linux libtorch brings GCC's OpenMP, and its package's own text says nothing of it.
        if (!libtorch.Contains("linux", StringComparison.Ordinal)) return;
        var gomp = notices.Packages[libtorch].Single(line => line.StartsWith("  With libgomp", StringComparison.Ordinal));
        Assert.Contains(": GPL-3.0-or-later WITH GCC-exception-3.1 [", gomp, StringComparison.Ordinal);
        foreach (var words in (string[])["END OF TERMS AND CONDITIONS", "\"Independent Module\""])
        {
            var text = Assert.Single(notices.TextsOf(libtorch), text => text.Contains(words, StringComparison.Ordinal) && text.Contains("Free Software Foundation", StringComparison.Ordinal));
            Assert.Contains(text[..(text.IndexOf(']', StringComparison.Ordinal) + 1)], gomp, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_licences_of_the_font_and_of_the_program_are_beside_it()
    {
        Assert.Contains("Bitstream Vera", File.ReadAllText(Path.Combine(Output, "licenses", "DejaVuSans.txt")), StringComparison.Ordinal);
        Assert.Equal(File.ReadAllText(Path.Combine(Repository.Root, "LICENSE")), File.ReadAllText(Path.Combine(Output, "LICENSE.txt")));
        // The font is in the library, whose curves have letters too, and nowhere else.
        Assert.Contains("DejaVuSans.ttf", typeof(ModelZoo).Assembly.GetManifestResourceNames());
        Assert.DoesNotContain(typeof(Luma.Zoo.Cli.CommandLine).Assembly.GetManifestResourceNames(), name => name.EndsWith(".ttf", StringComparison.Ordinal));
    }

    [Fact]
    [Trait("Category", "Slow")]
    public void A_licence_that_is_not_known_stops_the_build()
    {
        (string Licence, string? Problem)[] cases =
        [
            ("<license type=\"expression\">MIT</license>", null),
            ("<license type=\"expression\">MIT OR GPL-2.0-only</license>", "The package Some.Package 1.2.3 has the licence MIT OR GPL-2.0-only, which is not known here."),
            ("<license type=\"file\">LICENSE</license>", "The package Some.Package 1.2.3 names no licence but 'LICENSE'."),
            ("<licenseUrl>https://example.org/licence</licenseUrl>", "The package Some.Package 1.2.3 names no licence but 'https://example.org/licence'."),
            ("", "The package Some.Package 1.2.3 names no licence but ''."),
        ];
        using var folder = new TemporaryFolder();
        foreach (var (i, (licence, _)) in cases.Index())
        {
            Directory.CreateDirectory(folder.File($"{i}/package/lib"));
            File.WriteAllText(folder.File($"{i}/package/LICENSE"), "Do as you like, without warranty.");
            File.WriteAllText(folder.File($"{i}/package/lib/some.dll"), "");
            File.WriteAllText(folder.File($"{i}/package/some.package.nuspec"), $"<package><metadata><id>Some.Package</id><version>1.2.3</version><authors>Someone</authors>{licence}</metadata></package>");
            File.WriteAllText(folder.File($"{i}/some.proj"), $"""
                <Project>
                  <PropertyGroup><IntermediateOutputPath>obj/</IntermediateOutputPath></PropertyGroup>
                  <ItemGroup>
                    <RuntimeCopyLocalItems Include="package/lib/some.dll" NuGetPackageId="Some.Package" NuGetPackageVersion="1.2.3" PathInPackage="lib/some.dll" />
                  </ItemGroup>
                  <Target Name="ResolvePackageAssets" />
                  <Target Name="ResolveFrameworkReferences" />
                  <Target Name="Build" DependsOnTargets="LumaThirdPartyNotices"><Touch Files="built" AlwaysCreate="true" /></Target>
                  <Import Project="{Path.Combine(Repository.Root, "src", "Luma.Zoo.Cli", "build", "ThirdPartyNotices.targets")}" />
                </Project>
                """);
        }
        // All in one build: a start of MSBuild takes seconds.
        File.WriteAllText(folder.File("all.proj"), """<Project><ItemGroup><Case Include="*/some.proj" /></ItemGroup><Target Name="Build"><MSBuild Projects="@(Case)" Targets="Build" /></Target></Project>""");

        var (exitCode, output, _) = OutsideProject.Start(folder.File(""), "dotnet", "msbuild", "all.proj", "-v:q", "-nologo", "-nodeReuse:false", "-m:1");

        Assert.Equal(1, exitCode);
        var errors = output.Split('\n').Where(line => line.Contains("error", StringComparison.Ordinal)).ToList();
        foreach (var (i, (_, problem)) in cases.Index())
        {
            var (told, path) = (errors.Where(line => line.Contains(folder.File($"{i}/some.proj"), StringComparison.Ordinal)), folder.File($"{i}/obj/notices/THIRD-PARTY-NOTICES.txt"));
            Assert.Equal(problem is null, File.Exists(folder.File($"{i}/built")));
            Assert.Equal(problem is null, File.Exists(path));
            if (problem is null)
            {
                Assert.Empty(told);
                var notices = Notices.Parse(File.ReadAllText(path));
                Assert.Equal(["  Licence: MIT", "  By Someone", "  Texts: [1]"], notices.Packages["Some.Package/1.2.3"]);
                Assert.Contains("Do as you like", Assert.Single(notices.Texts).Value, StringComparison.Ordinal);
            }
            else
            {
                Assert.Contains($"error LUMA0002: {problem}", Assert.Single(told), StringComparison.Ordinal);
            }
        }
    }
}
