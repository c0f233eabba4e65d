using System.IO.Compression;
using System.Text.Json;
using Luma.Zoo.Weights;

namespace Luma.Zoo.Tests.Weights;

/// <summary>Weight files that Python wrote, and what Python found in them.</summary>
public static class Golden
{
    public static readonly string[] Archives = ["torch-1.13.zip", "torch-2.6.zip"];

    private static readonly Dictionary<string, JsonElement> Expectations = Archives.ToDictionary(
        archive => archive, archive => JsonDocument.Parse(Bytes(archive, "expected.json")).RootElement.GetProperty("files"));

    public static IEnumerable<(string Archive, string File)> Files =>
        from archive in Archives from file in Expectations[archive].EnumerateObject() select (archive, file.Name);

    public static JsonElement Expected(string archive, string file) => Expectations[archive].GetProperty(file);

    public static bool IsRefused(string archive, string file) => Expected(archive, file).TryGetProperty("refusal", out _);

    /// <summary>What the file is to be read with.</summary>
    public static WeightFileOptions Options(string archive, string file) => new()
    {
        Key = Expected(archive, file).TryGetProperty("key", out var key) ? key.GetString() : null,
        InertExtras = Expected(archive, file).TryGetProperty("inert", out _),
    };

    public static byte[] Bytes(string archive, string file)
    {
        using var zip = ZipFile.OpenRead(Path.Combine(AppContext.BaseDirectory, "Goldens", "Weights", archive));
        using var entry = zip.GetEntry(file)!.Open();
        using var bytes = new MemoryStream();
        entry.CopyTo(bytes);
        return bytes.ToArray();
    }
}
