using System.Text.Json;
using System.Text.Json.Serialization;
using Luma.Zoo.Files;
using Luma.Zoo.Images;

namespace Luma.Zoo.Weights.KeyMaps;

/// <summary>
/// timm's <c>config.json</c>: the architecture, how images are prepared, and the names of classes. What is asked of images stands under
/// <c>pretrained_cfg</c> or, as timm before 0.8 wrote it, beside the architecture.
/// </summary>
internal sealed record TimmConfig
{
    private const string FileName = "config.json";
    private const int MostBytes = 16 << 20, MostClasses = 1_000_000;

    // timm's own, where a config says nothing.
    private const double UsualCrop = 0.875;
    private const int UsualSize = 224;
    private static readonly double[] ImageNetMean = [0.485, 0.456, 0.406], ImageNetStd = [0.229, 0.224, 0.225];

    public string? Architecture { get; init; }

    public IReadOnlyList<string>? Architectures { get; init; }

    public long? NumClasses { get; init; }

    public string? GlobalPool { get; init; }

    public IReadOnlyList<string>? LabelNames { get; init; }

    public TimmConfig? PretrainedCfg { get; init; }

    public IReadOnlyDictionary<string, JsonElement>? ModelArgs { get; init; }

    public IReadOnlyList<int>? InputSize { get; init; }

    public double? CropPct { get; init; }

    public string? CropMode { get; init; }

    public string? Interpolation { get; init; }

    public IReadOnlyList<double>? Mean { get; init; }

    public IReadOnlyList<double>? Std { get; init; }

    public string? Tag { get; init; }

    public string? License { get; init; }

    public string? Url { get; init; }

    public string? HfHubId { get; init; }

    /// <summary>Reads a config.</summary>
    /// <param name="path">The file's name, for messages.</param>
    /// <param name="json">Its text in UTF-8.</param>
    /// <returns>What it says of the model; null where it is not timm's.</returns>
    /// <exception cref="ModelFolderException">It is timm's, and damaged or for images that cannot be prepared so.</exception>
    /// <exception cref="DifferentNetworkException">The network computes something else than the catalogue's.</exception>
    public static ModelManifest? TryRead(string path, ReadOnlySpan<byte> json)
    {
        if (Parse(path, json) is not { Architecture: { } architecture } config) return null;

        var id = TimmArchitectures.Find(architecture, out var reason)
            ?? throw new DifferentNetworkException(path, "a network of the catalogue", $"timm's {architecture} is another: {reason}");
        try
        {
            return config.ToManifest(path, id, architecture).Validated();
        }
        catch (ArgumentException error)
        {
            throw new ModelFolderException(path, error.Message.TrimEnd('.'), error);
        }
    }

    /// <summary>timm's id of the network that a weight file or a folder is for, by the config beside it; null where there is none.</summary>
    /// <param name="path">The file or folder.</param>
    public static string? ArchitectureBeside(string path)
    {
        try
        {
            var folder = Directory.Exists(path) ? path : File.Exists(path) ? Path.GetDirectoryName(Path.GetFullPath(path)) : null;
            var config = folder is null ? null : Path.Combine(folder, FileName);
            return config is not null && File.Exists(config)
                ? Parse(config, RegularFile.ReadAllBytes(config, MostBytes))?.Architecture?.ToLowerInvariant()
                : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ModelFolderException or ArgumentException)
        {
            return null;
        }
    }

    private static TimmConfig? Parse(string path, ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize(JsonText.ToUtf8(json), TimmJson.Default.TimmConfig);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw new ModelFolderException(path, $"this is not a config.json of timm's that can be used: {JsonText.Describe(error)}", error);
        }
    }

    private ModelManifest ToManifest(string path, string id, string architecture)
    {
        var images = PretrainedCfg ?? this;
        var size = images.InputSize ?? [3, UsualSize, UsualSize];
        if (size is not [1 or 3, > 0, > 0]) throw new ArgumentException($"input_size ({string.Join(", ", size)}) is not channels, height and width");

        var options = Options(path, id, size);
        var classes = NumClasses ?? options.NumClasses ?? images.NumClasses ?? 1000;
        if (classes < 1) throw new ArgumentException($"it is for {classes} classes: weights for features alone make no classifier");
        // Each gets a name, however small the file is.
        if (classes > MostClasses) throw new ArgumentException($"it is for {classes} classes, and {MostClasses} are the most");
        var pool = GlobalPool ?? (PretrainedCfg is null ? null : images.GlobalPool);
        var usualPool = id.StartsWith("vit_", StringComparison.Ordinal) ? "token" : "avg";
        if (pool is not null && pool != usualPool)
            throw new DifferentNetworkException(path, id, $"its global_pool is '{pool}', and only '{usualPool}' is the same here");
        if (id.StartsWith("vgg", StringComparison.Ordinal) && (size[1] != UsualSize || size[2] != UsualSize))
            throw new DifferentNetworkException(path, id, "on other images than of 224 pixels timm's averages after its hidden layers, and this one before them");

        var labels = LabelNames ?? images.LabelNames;
        if (labels is not null && labels.Count != classes) throw new ArgumentException($"it has {classes} classes and {labels.Count} label_names");
        Dictionary<string, string> provenance = new() { ["source"] = "timm", ["architecture"] = architecture };
        Add("tag", images.Tag);
        Add("license", images.License);
        Add("url", images.Url);
        Add("hugging_face", images.HfHubId);
        return new ModelManifest
        {
            Model = id,
            Options = options with { NumClasses = classes },
            Classes = labels ?? ModelZoo.UsualLabels(ModelZoo.FindWeights(id, ModelZoo.DefaultWeights), classes),
            Preset = images.ToPreset(size),
            Provenance = provenance,
        };

        void Add(string name, string? value)
        {
            if (!string.IsNullOrWhiteSpace(value)) provenance[name] = value;
        }
    }

    // What timm's create_model was told beside the architecture.
    private ModelOptions Options(string path, string id, IReadOnlyList<int> size)
    {
        var options = new ModelOptions { InChannels = size[0] == 3 ? null : size[0] };
        if (id.StartsWith("vit_", StringComparison.Ordinal)) options = options with { ImageSize = Square(size[1], size[2]) };
        foreach (var (name, value) in ModelArgs ?? new Dictionary<string, JsonElement>())
        {
            options = (name, value.ValueKind) switch
            {
                (_, JsonValueKind.Null) => options,
                ("num_classes", JsonValueKind.Number) when value.TryGetInt64(out var number) => options with { NumClasses = number },
                ("in_chans", JsonValueKind.Number) when value.TryGetInt64(out var number) => options with { InChannels = number },
                ("img_size", JsonValueKind.Number) when value.TryGetInt32(out var number) && options.ImageSize is not null => options with { ImageSize = number },
                // Of training alone.
                ("drop_rate" or "drop_path_rate" or "attn_drop_rate" or "proj_drop_rate" or "pos_drop_rate" or "drop_block_rate", JsonValueKind.Number) => options,
                ("global_pool", JsonValueKind.String) when value.GetString() is "avg" or "token" => options,
                _ => throw new DifferentNetworkException(path, id, $"it was built with model_args '{name}': {value}, which is not known here"),
            };
        }
        return options;

        static int Square(int height, int width) => height == width ? height : throw new ArgumentException($"input_size is {height} by {width}, and a square is needed");
    }

    // As timm's transforms_imagenet_eval.
    private ImagePreset ToPreset(IReadOnlyList<int> size)
    {
        var (channels, height, width) = (size[0], size[1], size[2]);
        var crop = CropPct ?? UsualCrop;
        if (!(crop is > 0 and <= 1)) throw new ArgumentException($"crop_pct is {crop}, which is not above 0 and at most 1");
        int[] scaled = [(int)Math.Floor(height / crop), (int)Math.Floor(width / crop)];
        IReadOnlyList<int> resize = (CropMode ?? "center") switch
        {
            "center" when scaled[0] == scaled[1] => [scaled[0]],
            "center" => throw new ArgumentException($"it takes images of {height} by {width}, and only squares are resized as timm does"),
            "squash" => scaled,
            var mode => throw new ArgumentException($"crop_mode '{mode}' is not known here: 'center' and 'squash' are"),
        };
        return new ImagePreset
        {
            Channels = channels,
            ResizeSize = resize,
            CropSize = height == width ? [height] : [height, width],
            Interpolation = (Interpolation ?? "bicubic") switch
            {
                "nearest" => Images.Interpolation.Nearest,
                "bilinear" => Images.Interpolation.Bilinear,
                "bicubic" => Images.Interpolation.Bicubic,
                var filter => throw new ArgumentException($"interpolation '{filter}' is not known here: 'nearest', 'bilinear' and 'bicubic' are"),
            },
            Mean = Channels(Mean ?? ImageNetMean, channels),
            Std = Channels(Std ?? ImageNetStd, channels),
        };

        static IReadOnlyList<double> Channels(IReadOnlyList<double> numbers, int count) =>
            numbers.Count == 1 && count > 1 ? [.. Enumerable.Repeat(numbers[0], count)] : numbers;
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(TimmConfig))]
internal sealed partial class TimmJson : JsonSerializerContext;
