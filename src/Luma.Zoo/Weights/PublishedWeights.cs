using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Luma.Zoo.Images;

namespace Luma.Zoo.Weights;

/// <summary>Weights that somebody has published for a network, with what is known of them.</summary>
/// <remarks>The JSON members are those of the family manifests under <c>zoo/</c>.</remarks>
public sealed record PublishedWeights : IJsonOnDeserialized
{
    private const double Megabyte = 1048576;

    // The manifests have three decimals.
    private const double Rounding = 0.001;

    /// <summary>Their name, such as <c>IMAGENET1K_V2</c>.</summary>
    [JsonIgnore]
    public string Name { get; init; } = "";

    /// <summary>The id of the network that they are for.</summary>
    [JsonIgnore]
    public string Model { get; init; } = "";

    /// <summary>Whether they are what the network gets where no name is given.</summary>
    [JsonIgnore]
    public bool IsDefault { get; init; }

    /// <summary>The paper that the network comes from, where the manifest says it.</summary>
    [JsonIgnore]
    public string? Paper { get; init; }

    /// <summary>Their path below <c>zoo/</c>, where the assembly carries them; they have no address then.</summary>
    [JsonPropertyName("embedded")]
    public string? Embedded { get; init; }

    /// <summary>The address that they are fetched from, where the assembly does not carry them.</summary>
    [JsonPropertyName("url")]
    public Uri? Url { get; init; }

    /// <summary>The beginning of the file's SHA-256 in hexadecimal digits, which its name tells; null where it does not.</summary>
    [JsonIgnore]
    public string? HashPrefix => Url is null ? null : Hub.HashPrefixOf(Url.AbsolutePath);

    /// <summary>The file's whole SHA-256 in hexadecimal digits, where the manifest has it.</summary>
    [JsonPropertyName("sha256")]
    public string? Sha256 { get; init; }

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

    /// <summary>The name of the label set, a file below <c>zoo/labels/</c>; null for weights that classify nothing.</summary>
    [JsonPropertyName("labels")]
    public string? Labels { get; init; }

    /// <summary>What turns an image into the network's input.</summary>
    [JsonPropertyName("transforms")]
    public required ImagePreset Preset { get; init; }

    /// <summary>The SPDX identifier of the licence that they were published under, such as <c>BSD-3-Clause</c>.</summary>
    [JsonPropertyName("license")]
    public required string License { get; init; }

    /// <summary>Where the licence stands, where the weights do not come with the assembly.</summary>
    [JsonPropertyName("license_url")]
    public Uri? LicenseUrl { get; init; }

    /// <summary>What else may bind, such as the terms of the data that they were trained on.</summary>
    [JsonPropertyName("license_note")]
    public string? LicenseNote { get; init; }

    /// <summary>Whether their licence excludes commercial use.</summary>
    [JsonIgnore]
    public bool IsNonCommercial => License.Contains("-NC-", StringComparison.Ordinal);

    /// <summary>Where their making is described.</summary>
    [JsonPropertyName("recipe")]
    public string? Recipe { get; init; }

    /// <summary>Whether they are on this machine.</summary>
    /// <param name="hub">What keeps weight files; by default the one that the environment describes.</param>
    public bool IsCached(Hub? hub = null) => Url is null || (hub ?? new()).IsCached(Url);

    /// <summary>Fetches the file, unless it is there or the assembly carries it.</summary>
    /// <param name="hub">What keeps weight files; by default the one that the environment describes.</param>
    /// <param name="progress">Is told how far the download has come, if there is one.</param>
    /// <param name="cancellationToken">Stops the download; what has come so far is kept for the next time.</param>
    /// <returns>The path of the file, or null where the assembly carries it.</returns>
    /// <exception cref="DownloadException">The file could not be fetched.</exception>
    /// <exception cref="OperationCanceledException">The download was stopped.</exception>
    public Task<string?> DownloadAsync(
        Hub? hub = null, IProgress<ByteProgress>? progress = null, CancellationToken cancellationToken = default) =>
        FetchAsync(hub, recheck: false, progress, cancellationToken);

    /// <summary>
    /// Makes sure that the file in the cache is the one that was published, by its size and its SHA-256, and fetches it where it is another
    /// one or is not there.
    /// </summary>
    /// <inheritdoc cref="DownloadAsync"/>
    public Task<string?> RepairAsync(
        Hub? hub = null, IProgress<ByteProgress>? progress = null, CancellationToken cancellationToken = default) =>
        FetchAsync(hub, recheck: true, progress, cancellationToken);

    private async Task<string?> FetchAsync(Hub? hub, bool recheck, IProgress<ByteProgress>? progress, CancellationToken cancellationToken)
    {
        if (Url is null) return null;

        var (least, most) = Sizes;
        var expected = new ExpectedFile { MinBytes = least, MaxBytes = most, Sha256 = Sha256, Recheck = recheck };
        return await (hub ?? new()).DownloadAsync(Url, expected, progress, cancellationToken).ConfigureAwait(false);
    }

    private (long Least, long Most) Sizes =>
        ((long)((FileSizeMegabytes - Rounding) * Megabyte), (long)((FileSizeMegabytes + Rounding) * Megabyte) + 1);

    /// <summary>Opens the weights, and waits for their download where they have to be fetched.</summary>
    /// <param name="hub">What keeps weight files; by default the one that the environment describes.</param>
    /// <param name="file">
    /// How the file is opened; by default it is mapped: files of the cache are only ever replaced as a whole.
    /// </param>
    /// <returns>The tensors; dispose of them.</returns>
    /// <remarks>
    /// The file that is opened must have the size that was published; <see cref="RepairAsync"/> compares its SHA-256 too, as the download
    /// did, which takes as long as reading all of it.
    /// </remarks>
    /// <exception cref="DownloadException">The file could not be fetched.</exception>
    /// <exception cref="WeightFileException">The file in the cache is damaged or another one.</exception>
    public StateDict Open(Hub? hub = null, WeightFileOptions? file = null)
    {
        if (DownloadAsync(hub).GetAwaiter().GetResult() is { } path) return OpenCached(path, file ?? new() { Map = true });

        using var stream = ZooData.Open(Embedded!);
        return StateDict.Read(stream, $"{Model}:{Name}", file);
    }

    private StateDict OpenCached(string path, WeightFileOptions file)
    {
        var advice = $"'luma download {Model}:{Name}' fetches it again (in C#: RepairAsync)";
        try
        {
            return StateDict.Open(path, file, fits: null, check: source =>
            {
                var (least, most) = Sizes;
                if (source.Length >= least && source.Length <= most) return;
                throw new WeightFileException(path, string.Create(
                    CultureInfo.InvariantCulture, $"it has {source.Length:N0} bytes, and was published with {FileSizeMegabytes * Megabyte:N0}, to the nearest thousand"));
            });
        }
        catch (WeightFileException error)
        {
            throw new WeightFileException(path, $"this is not the file that was published: {error.Problem}; {advice}", error.Where, error);
        }
    }

    void IJsonOnDeserialized.OnDeserialized()
    {
        if (Embedded is null == Url is null) throw new JsonException("Weights have either an address or a path in the assembly.");
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
                    all.Add(details with { Model = model, Name = weights, IsDefault = weights == entry.Default, Paper = manifest.Paper });
            }
        }
        return all;
    }
}

/// <summary>A family manifest: by network, which weights there are and which of them is the default.</summary>
internal sealed record WeightsManifest
{
    [JsonPropertyName("paper")]
    public string? Paper { get; init; }

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
