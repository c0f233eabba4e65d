namespace Luma.Zoo.Tests.Weights;

/// <summary>A folder that goes when the test ends.</summary>
public sealed class TemporaryFolder : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("luma");

    public IEnumerable<string?> Names => Directory.EnumerateFileSystemEntries(folder.FullName).Select(Path.GetFileName).Order();

    public string File(string name) => Path.Combine(folder.FullName, name);

    public void Dispose() => folder.Delete(recursive: true);
}
