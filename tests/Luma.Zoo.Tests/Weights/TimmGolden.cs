using System.Globalization;
using System.IO.Compression;
using System.Text.Json;

namespace Luma.Zoo.Tests.Weights;

/// <summary>What timm has and computes: see scripts/goldens_timm.py.</summary>
public sealed record TimmGolden(
    IReadOnlyDictionary<string, TimmGolden.Network> Loaded, IReadOnlyDictionary<string, TimmGolden.Network> Refused,
    IReadOnlyDictionary<string, string[]> Old)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public static TimmGolden Names { get; } = ReadNames();

    public static Run[] Runs { get; } =
        JsonSerializer.Deserialize<RunList>(File.ReadAllText(Path.Combine(Folder, "outputs.json")), Json)!.Outputs;

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "Goldens", "timm");

    private static TimmGolden ReadNames()
    {
        using var file = File.OpenRead(Path.Combine(Folder, "names.json.gz"));
        using var text = new GZipStream(file, CompressionMode.Decompress);
        return JsonSerializer.Deserialize<TimmGolden>(text, Json)!;
    }

    /// <summary>Tensors of the names, types and shapes of "name type shape" lines; their values, but for counters, are whatever memory holds.</summary>
    /// <param name="lines">The lines.</param>
    /// <param name="classes">The size of the last layer, in place of ImageNet's.</param>
    public static List<KeyValuePair<string, Tensor>> Tensors(IEnumerable<string> lines, long classes = 1000)
    {
        return [.. lines.Select(Tensor)];

        KeyValuePair<string, Tensor> Tensor(string line)
        {
            var parts = line.Split(' ', 3);
            var sizes = parts[2].Trim('[', ']').Split(", ", StringSplitOptions.RemoveEmptyEntries);
            long[] shape = [.. sizes.Select(size => long.Parse(size, CultureInfo.InvariantCulture))];
            if (shape is [1000, ..] && IsHead(parts[0])) shape[0] = classes;
            return KeyValuePair.Create(parts[0], parts[1] == "int64" ? zeros(shape, dtype: int64) : empty(shape));
        }
    }

    /// <summary>Whether a name of timm's is that of a last layer.</summary>
    public static bool IsHead(string name) => name.Split('.') is ["head" or "fc" or "classifier", _] or ["head", "fc", _];

    /// <summary>One network of timm's.</summary>
    /// <param name="Id">The id that it has here.</param>
    /// <param name="Tensors">Its tensors: "name type shape".</param>
    public sealed record Network(string Id, string[] Tensors);

    /// <summary>What one network gave for drawn weights and images.</summary>
    public sealed record Run(string Timm, string Id, long[] Input, double Gain, string[]? Tensors, float[] Output);

    private sealed record RunList(Run[] Outputs);
}
