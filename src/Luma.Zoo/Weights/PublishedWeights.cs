using System.Text.Json;
using System.Text.Json.Serialization;
using Luma.Zoo.Images;

namespace Luma.Zoo.Weights;

/// <summary>Weights that somebody has published for a network, with what is known of them.</summary>
/// <remarks>The JSON members are those of the family manifests under <c>zoo/</c>.</remarks>
public sealed record PublishedWeights
{
    /// <summary>Their name, such as <c>IMAGENET1K_V2</c>.</summary>
    [JsonIgnore]
    public string Name { get; init; } = "";

    /// <summary>The id of the network that they are for.</summary>
    [JsonIgnore]
    public string Model { get; init; } = "";

    /// <summary>Whether they are what the network gets where no name is given.</summary>
    [JsonIgnore]
    public bool IsDefault { get; init; }

    /// <summary>Their path below <c>zoo/</c>: the assembly carries them.</summary>
    [JsonPropertyName("embedded")]
    public required string Embedded { get; init; }

    /// <summary>How many parameters they hold.</summary>
    [JsonPropertyName("num_params")]
    public required long Parameters { get; init; }

    /// <summary>The multiply-adds of one image, in billions, if they are known.</summary>
    [JsonPropertyName("gops")]
    public double? GigaOps { get; init; }

    /// <summary>The size of the file in MB.</summary>
    [JsonPropertyName("file_size_mb")]
    public required double FileSizeMegabytes { get; init; }

    /// <summary>By data set: what was measured, such as <c>acc@1</c> in percent.</summary>
    [JsonPropertyName("metrics")]
    public required IReadOnlyDictionary<string, IReadOnlyDictionary<string, double>> Metrics { get; init; }

    /// <summary>The least height and width of an image.</summary>
    [JsonPropertyName("min_size")]
    public required IReadOnlyList<int> MinSize { get; init; }

    /// <summary>The name of the label set: a file below <c>zoo/labels/</c>.</summary>
    [JsonPropertyName("labels")]
    public required string Labels { get; init; }

    /// <summary>What turns an image into the network's input.</summary>
    [JsonPropertyName("transforms")]
    public required ImagePreset Preset { get; init; }

    /// <summary>Under what terms they were published, where it was said.</summary>
    [JsonPropertyName("license")]
    public string? License { get; init; }

    /// <summary>Where their making is described.</summary>
    [JsonPropertyName("recipe")]
    public string? Recipe { get; init; }

    /// <summary>Opens the weights.</summary>
    /// <returns>The tensors; dispose of them.</returns>
    public StateDict Open()
    {
        using var stream = ZooData.Open(Embedded);
        return StateDict.Read(stream, $"{Model}:{Name}");
    }

    /// <summary>Reads every manifest that the assembly carries.</summary>
    internal static IReadOnlyList<PublishedWeights> ReadAll()
    {
        var all = new List<PublishedWeights>();
        foreach (var name in ZooData.Manifests)
        {
            using var stream = ZooData.Open(name);
            var manifest = JsonSerializer.Deserialize(stream, ManifestJson.Default.WeightsManifest)
                ?? throw new JsonException($"zoo/{name} is empty.");
            foreach (var (model, entry) in manifest.Models)
            {
                foreach (var (weights, details) in entry.Weights)
                    all.Add(details with { Model = model, Name = weights, IsDefault = weights == entry.Default });
            }
        }
        return all;
    }
}

/// <summary>A family manifest: by network, which weights there are and which of them is the default.</summary>
internal sealed record WeightsManifest
{
    [JsonPropertyName("models")]
    public required IReadOnlyDictionary<string, ModelWeights> Models { get; init; }

    internal sealed record ModelWeights
    {
        [JsonPropertyName("default")]
        public required string Default { get; init; }

        [JsonPropertyName("weights")]
        public required IReadOnlyDictionary<string, PublishedWeights> Weights { get; init; }
    }
}

[JsonSerializable(typeof(WeightsManifest))]
internal sealed partial class ManifestJson : JsonSerializerContext;
