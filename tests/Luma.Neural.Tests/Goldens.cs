using System.Text.Json;

namespace Luma.Neural.Tests;

/// <summary>What torch.nn does in every case, as scripts/goldens_layers.py wrote it.</summary>
internal sealed record Goldens(Dictionary<string, Golden> Cases, Dictionary<string, float[]> Initializers)
{
    public static Goldens Instance { get; } = JsonSerializer.Deserialize<Goldens>(
        File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Goldens", "layers.json")), JsonSerializerOptions.Web)!;
}

internal sealed record Golden(
    long Seed, long[] Input, GoldenState[] State, GoldenTensor Train, GoldenTensor? Eval, Dictionary<string, float[]> Gradients,
    Dictionary<string, float[]> Buffers, float After);

internal sealed record GoldenState(string Key, long[] Shape, string Type, string Sha256);

internal sealed record GoldenTensor(long[] Shape, float[] Values);
