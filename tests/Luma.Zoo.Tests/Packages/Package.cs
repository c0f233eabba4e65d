using System.IO.Compression;
using System.Xml.Linq;

namespace Luma.Zoo.Tests.Packages;

/// <summary>A NuGet package that was read.</summary>
/// <param name="Files">The paths in it, with their sizes.</param>
/// <param name="Document">Its specification.</param>
internal sealed record Package(IReadOnlyDictionary<string, long> Files, XDocument Document)
{
    private string File { get; init; } = "";

    /// <summary>Reads a package.</summary>
    /// <param name="path">Its file.</param>
    /// <returns>The package.</returns>
    public static Package Open(string path)
    {
        using var zip = ZipFile.OpenRead(path);
        using var stream = zip.Entries.Single(entry => entry.FullName.EndsWith(".nuspec", StringComparison.Ordinal)).Open();
        return new Package(zip.Entries.ToDictionary(entry => entry.FullName, entry => entry.Length), XDocument.Load(stream)) { File = path };
    }

    /// <summary>An element of its specification, or null.</summary>
    /// <param name="name">The element's name.</param>
    /// <returns>The element.</returns>
    public XElement? Specification(string name) => Document.Descendants().SingleOrDefault(element => element.Name.LocalName == name);

    /// <summary>Reads a text file of it.</summary>
    /// <param name="name">The path in the package.</param>
    /// <returns>The text.</returns>
    public string Read(string name)
    {
        using var reader = new StreamReader(new MemoryStream(ReadBytes(name)));
        return reader.ReadToEnd();
    }

    /// <summary>Reads a file of it.</summary>
    /// <param name="name">The path in the package.</param>
    /// <returns>The bytes.</returns>
    public byte[] ReadBytes(string name)
    {
        using var zip = ZipFile.OpenRead(File);
        using var bytes = new MemoryStream();
        using (var entry = zip.GetEntry(name)!.Open()) entry.CopyTo(bytes);
        return bytes.ToArray();
    }
}
