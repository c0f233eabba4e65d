using System.IO.Compression;
using System.Text.Json;
using Luma.Zoo.Images;

namespace Luma.Zoo.Tests.Training.Augmentation;

/// <summary>What torchvision makes of pictures; scripts/goldens_augmentation.py wrote it.</summary>
internal sealed class AugmentationGoldens
{
    private readonly JsonElement root;
    private readonly byte[] pixels;
    private readonly Dictionary<string, DecodedImage> pictures = [];

    private AugmentationGoldens(JsonElement root, byte[] pixels)
    {
        (this.root, this.pixels) = (root, pixels);
        foreach (var picture in root.GetProperty("pictures").EnumerateArray())
        {
            var rgb = Convert.FromHexString(picture.GetProperty("pixels").GetString()!);
            pictures[picture.GetProperty("name").GetString()!] = FromRgb(rgb, picture.GetProperty("width").GetInt32(), picture.GetProperty("height").GetInt32());
        }
        pictures["large"] = Scramble(500, 400);
    }

    public IEnumerable<JsonElement> Cases => root.GetProperty("cases").EnumerateArray();

    public IEnumerable<JsonElement> Mixed => root.GetProperty("mixed").EnumerateArray();

    public JsonElement Tables => root.GetProperty("tables");

    public static AugmentationGoldens Load()
    {
        using var file = ZipFile.OpenRead(Path.Combine(AppContext.BaseDirectory, "Goldens", "augmentation.zip"));
        using var json = file.GetEntry("augmentation.json")!.Open();
        using var document = JsonDocument.Parse(json);
        using var stream = file.GetEntry("pixels.bin")!.Open();
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return new AugmentationGoldens(document.RootElement.Clone(), bytes.ToArray());
    }

    public static DecodedImage FromRgb(ReadOnlySpan<byte> rgb, int width, int height)
    {
        var rgba = new byte[width * height * 4];
        for (var i = 0; i < width * height; i++) rgb.Slice(3 * i, 3).CopyTo(rgba.AsSpan(4 * i));
        return new DecodedImage(width, height, rgba);
    }

    public static byte[] ToRgb(DecodedImage image)
    {
        var rgb = new byte[image.Width * image.Height * 3];
        for (var i = 0; i < rgb.Length / 3; i++) image.Pixels.Slice(4 * i, 3).CopyTo(rgb.AsSpan(3 * i));
        return rgb;
    }

    /// <summary>A picture that the script makes by the same formula.</summary>
    public static DecodedImage Scramble(int width, int height)
    {
        var rgb = new byte[width * height * 3];
        for (var i = 0L; i < width * height; i++)
        {
            var (x, y) = (i % width, i / width);
            rgb[3 * i] = (byte)((x * 255 / width) + (((i * 2654435761) >> 20) % 32));
            rgb[(3 * i) + 1] = (byte)((y * 255 / height) + (((i * 2246822519) >> 22) % 16));
            rgb[(3 * i) + 2] = (byte)(((x / 16) + (y / 16)) * 23);
        }
        return FromRgb(rgb, width, height);
    }

    public DecodedImage Picture(string name) => pictures.TryGetValue(name, out var picture) ? picture : Colours();

    public IEnumerable<JsonElement> Draws(string kind) =>
        root.GetProperty("draws").EnumerateArray().Where(draw => draw.GetProperty("kind").GetString() == kind);

    public ReadOnlySpan<byte> Pixels(JsonElement @case) => pixels.AsSpan(
        @case.GetProperty("at").GetInt32(), @case.GetProperty("width").GetInt32() * @case.GetProperty("height").GetInt32() * 3);

    private static DecodedImage Colours()
    {
        var rgba = new byte[4 << 24];
        for (var i = 0; i < 1 << 24; i++) (rgba[4 * i], rgba[(4 * i) + 1], rgba[(4 * i) + 2]) = ((byte)i, (byte)(i >> 8), (byte)(i >> 16));
        return new DecodedImage(4096, 4096, rgba);
    }
}
