using System.Text.Json;
using System.Xml.Linq;

namespace Luma.Zoo.Tests.Packages;

/// <summary>The repository that the tests were built in.</summary>
internal static class Repository
{
    /// <summary>Its folder.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The configuration that the tests, and so the libraries, were built in.</summary>
    public static string Configuration { get; } = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;

    /// <summary>The version of its packages.</summary>
    public static string Version { get; } = XDocument.Load(Path.Combine(Root, "Directory.Build.props")).Descendants("Version").Single().Value;

    /// <summary>The versions that Directory.Packages.props states, by package.</summary>
    public static IReadOnlyDictionary<string, string> ReadVersions()
    {
        var document = XDocument.Load(Path.Combine(Root, "Directory.Packages.props"));
        var properties = document.Descendants("PropertyGroup").Elements().ToDictionary(property => $"$({property.Name})", property => property.Value);
        return document.Descendants("PackageVersion").ToDictionary(
            package => package.Attribute("Include")!.Value,
            package => package.Attribute("Version")!.Value is var version && properties.TryGetValue(version, out var value) ? value : version,
            StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>The folders that the repository's own packages were restored to.</summary>
    public static IReadOnlyList<string> ReadPackageFolders()
    {
        using var assets = JsonDocument.Parse(File.ReadAllText(Path.Combine(Root, "tests", "Luma.Zoo.Tests", "obj", "project.assets.json")));
        return [.. assets.RootElement.GetProperty("packageFolders").EnumerateObject().Select(folder => folder.Name)];
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (folder.GetFiles("Luma.Zoo.sln").Length > 0) return folder.FullName;
        }
        throw new DirectoryNotFoundException($"There is no Luma.Zoo.sln above {AppContext.BaseDirectory}.");
    }
}
