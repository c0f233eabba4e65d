using System.IO.Compression;
using System.Text.Json;
using Luma.Zoo.Images;

namespace Luma.Zoo.Tests.Images;

/// <summary>An image of every kind and what PIL makes of it, which scripts/image_table.py wrote.</summary>
internal static class Pictures
{
    /// <summary>The names of all images of some formats.</summary>
    public static IReadOnlyList<Picture> All { get; } = Read();

    /// <summary>Finds an image by its name.</summary>
    public static Picture Get(string file) => All.Single(picture => picture.File == file);

    /// <summary>The names of the images of some formats, for theories.</summary>
    public static TheoryData<string> Names(params string[] formats) => [.. All.Where(picture => formats.Contains(picture.Format)).Select(picture => picture.File)];

    /// <summary>Width, height and a hash of the colours, as the goldens have them.</summary>
    public static string Describe(DecodedImage image) => $"{image.Width}x{image.Height} {ImageGoldens.Hash(ImageGoldens.Interleaved(image, 3))}";

    private static List<Picture> Read()
    {
        using var archive = ZipFile.OpenRead(Path.Combine(AppContext.BaseDirectory, "Goldens", "pictures.zip"));
        using var manifest = JsonDocument.Parse(Bytes("manifest.json"));
        return
        [
            .. manifest.RootElement.GetProperty("images").EnumerateArray().Select(image => new Picture(
                Text(image, "file")!, Text(image, "format")!, Text(image, "kind")!, Text(image, "plain"), Text(image, "turned"), Text(image, "right"), Bytes(Text(image, "file")!))),
        ];

        byte[] Bytes(string name)
        {
            using var entry = archive.GetEntry(name)!.Open();
            using var bytes = new MemoryStream();
            entry.CopyTo(bytes);
            return bytes.ToArray();
        }

        static string? Text(JsonElement image, string name) => image.GetProperty(name).GetString();
    }
}
