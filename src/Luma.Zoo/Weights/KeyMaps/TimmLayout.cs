using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Luma.Zoo.Images;

namespace Luma.Zoo.Weights.KeyMaps;

/// <summary>
/// timm's <c>config.json</c> for a model that is written here. With it the folder is a model of timm's too:
/// <c>timm.create_model("local-dir:FOLDER", pretrained=True)</c>.
/// </summary>
internal sealed record TimmLayout(string Architecture, long NumClasses, IReadOnlyList<string> LabelNames, TimmLayout.Pretrained PretrainedCfg)
{
    /// <summary>The file's name.</summary>
    public const string FileName = "config.json";

    // The names of classes are to be read as they are.
    private static TimmLayoutJson Readable { get; } = new(new(TimmLayoutJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    /// <summary>The text for a model.</summary>
    /// <param name="manifest">What is known of the model.</param>
    /// <returns>JSON in UTF-8; null where timm does not have the network under the same names, or cannot prepare images so.</returns>
    public static byte[]? Write(ModelManifest manifest)
    {
        if (TimmArchitectures.LayersOf(manifest.Model) is not (var first, var head) || !IsPlain(manifest.Options) || ImagesOf(manifest.Preset) is not { } images) return null;

        var count = manifest.Classes.Count;
        images = images with { NumClasses = count, FirstConv = first, Classifier = head, License = manifest.Provenance.GetValueOrDefault("license") };
        return JsonSerializer.SerializeToUtf8Bytes(new(manifest.Model, count, manifest.Classes, images), Readable.TimmLayout);
    }

    // What is dropped at random is of training alone; anything else makes another network.
    private static bool IsPlain(ModelOptions options) =>
        options with { NumClasses = null, InChannels = null, Dropout = null, StochasticDepth = null, MapWeights = null } == new ModelOptions();

    private static Pretrained? ImagesOf(ImagePreset preset)
    {
        var (height, width) = (preset.CropSize[0], preset.CropSize[^1]);
        if (preset.ChannelOrder != ChannelOrder.Rgb) return null;

        // timm has one number that both sides are divided by, and rounds down.
        var resized = preset.ResizeSize[0];
        var crop = (double)height / resized;
        if ((int)Math.Floor(height / crop) != resized) crop = height / (resized + 0.5);
        if (crop > 1 || (int)Math.Floor(height / crop) != resized || (int)Math.Floor(width / crop) != preset.ResizeSize[^1]) return null;
        return new(
            [preset.Channels, height, width],
            preset.Interpolation switch
            {
                Interpolation.Nearest => "nearest",
                Interpolation.Bilinear => "bilinear",
                _ => "bicubic",
            },
            crop, preset.ResizeSize.Count == 1 ? "center" : "squash", preset.Mean, preset.Std);
    }

    /// <summary>What is asked of images, and what timm has to know to change the first layer and the last.</summary>
    internal sealed record Pretrained(IReadOnlyList<int> InputSize, string Interpolation, double CropPct, string CropMode, IReadOnlyList<double> Mean, IReadOnlyList<double> Std)
    {
        public long NumClasses { get; init; }

        public string? FirstConv { get; init; }

        public string? Classifier { get; init; }

        public string? License { get; init; }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, WriteIndented = true)]
[JsonSerializable(typeof(TimmLayout))]
internal sealed partial class TimmLayoutJson : JsonSerializerContext;
