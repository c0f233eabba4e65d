namespace Luma.Zoo;

/// <summary>The files below <c>zoo/</c>, which the assembly carries.</summary>
internal static class ZooData
{
    private const string Root = "zoo/";

    /// <summary>The family manifests' names: the JSON files directly below <c>zoo/</c>.</summary>
    public static IEnumerable<string> Manifests => typeof(ZooData).Assembly.GetManifestResourceNames()
        .Where(name => name.StartsWith(Root, StringComparison.Ordinal) && name.EndsWith(".json", StringComparison.Ordinal))
        .Select(name => name[Root.Length..])
        .Where(name => !name.Contains('/'))
        .Order(StringComparer.Ordinal);

    /// <summary>Opens a file by its path below <c>zoo/</c>.</summary>
    /// <exception cref="FileNotFoundException">The assembly carries no such file.</exception>
    public static Stream Open(string path) => typeof(ZooData).Assembly.GetManifestResourceStream(Root + path)
        ?? throw new FileNotFoundException($"Luma.Zoo carries no file zoo/{path}.", path);
}
