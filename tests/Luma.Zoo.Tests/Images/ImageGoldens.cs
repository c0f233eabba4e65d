using System.Security.Cryptography;
using System.Text.Json;
using Luma.Zoo.Images;

namespace Luma.Zoo.Tests.Images;

/// <summary>What scripts/goldens_images.py wrote from PIL and torchvision, and the images it wrote it about.</summary>
internal static class ImageGoldens
{
    /// <summary>What torchvision reads is not turned.</summary>
    public static DecodeOptions AsItStands { get; } = new() { ApplyOrientation = false };

    public static JsonElement Read(string section)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Goldens", "images.json")));
        return document.RootElement.GetProperty(section).Clone();
    }

    public static string Sample(string name) => Path.Combine(AppContext.BaseDirectory, "Images", "Samples", name);

    public static string Hash(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    /// <summary>The bytes as PIL has them: all channels of a pixel together.</summary>
    public static byte[] Interleaved(DecodedImage image, int channels)
    {
        using var scope = NewDisposeScope();
        return image.ToTensor(channels).permute(1, 2, 0).contiguous().bytes.ToArray();
    }
}
