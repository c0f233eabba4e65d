using System.IO.Compression;
using Luma.Zoo.Tests.Weights;
using SkiaSharp;

namespace Luma.Zoo.Tests.Training;

/// <summary>A folder of small pictures, gone at the end.</summary>
internal sealed class PictureFolder : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private int drawn;

    public string Root => Path.Combine(folder.File(""), "data");

    public PictureFolder() => Directory.CreateDirectory(Root);

    public string PathOf(string name) => Path.Combine(Root, name);

    /// <summary>A place beside the pictures.</summary>
    public string Beside(string name) => folder.File(name);

    /// <summary>A picture of 12x10 that is like no other: a seed of a picture says its colour.</summary>
    public static byte[] Png(int seed)
    {
        using var bitmap = new SKBitmap(12, 10, SKColorType.Rgba8888, SKAlphaType.Opaque);
        for (var i = 0; i < 120; i++) bitmap.SetPixel(i % 12, i / 12, new((byte)(seed * 37), (byte)((i * 2) + seed), (byte)(i * seed)));
        return bitmap.Encode(SKEncodedImageFormat.Png, 100).ToArray();
    }

    /// <summary>Adds pictures of their own.</summary>
    public PictureFolder With(params string[] names)
    {
        foreach (var name in names) Write(name, Png(++drawn));
        return this;
    }

    public PictureFolder Write(string name, byte[] content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(PathOf(name))!);
        File.WriteAllBytes(PathOf(name), content);
        return this;
    }

    public PictureFolder Write(string name, string content) => Write(name, System.Text.Encoding.UTF8.GetBytes(content));

    public PictureFolder WithFolder(string name)
    {
        Directory.CreateDirectory(PathOf(name));
        return this;
    }

    /// <summary>The same files in an archive, under a prefix.</summary>
    public string Zip(string prefix = "", params (string Name, byte[] Content)[] more)
    {
        var path = Beside($"{Guid.NewGuid():N}.zip");
        using var archive = ZipFile.Open(path, ZipArchiveMode.Create);
        foreach (var file in Directory.EnumerateFiles(Root, "*", SearchOption.AllDirectories))
            archive.CreateEntryFromFile(file, prefix + Path.GetRelativePath(Root, file).Replace('\\', '/'), CompressionLevel.NoCompression);
        foreach (var (name, content) in more)
        {
            using var stream = archive.CreateEntry(name).Open();
            stream.Write(content);
        }
        return path;
    }

    public void Dispose() => folder.Dispose();
}
