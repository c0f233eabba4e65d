using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Luma.Zoo.Files;
using Luma.Zoo.Images;
using Luma.Zoo.Inference;
using Luma.Zoo.Weights;

namespace Luma.Zoo;

/// <summary><c>model.json</c> as it is written: its members are those of <see cref="ModelManifest"/> in lower case.</summary>
internal sealed record ModelJson
{
    /// <summary>The version of the schema. A member is added without a new one where older readers may refuse it.</summary>
    public const int Version = 1;

    private const string OptionsName = "options", PresetName = "preset";

    [JsonPropertyOrder(-1)]
    public required int FormatVersion { get; init; }

    public required string Model { get; init; }

    public ModelJsonOptions? Options { get; init; }

    public ClassificationTask Task { get; init; }

    public required IReadOnlyList<string> Classes { get; init; }

    public required ImagePreset Preset { get; init; }

    public IReadOnlyDictionary<string, string>? Provenance { get; init; }

    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, double>>? Metrics { get; init; }

    public string? WeightsSha256 { get; init; }

    /// <summary>Reads a manifest.</summary>
    /// <param name="json">The text in UTF-8.</param>
    /// <exception cref="JsonException">It is not JSON, or not a manifest.</exception>
    /// <exception cref="ArgumentException">A value makes no sense.</exception>
    public static ModelManifest Read(ReadOnlySpan<byte> json)
    {
        json = JsonText.ToUtf8(json);
        var version = JsonSerializer.Deserialize(json, ModelJsonContext.Default.ModelJsonVersion)?.FormatVersion
            ?? throw new JsonException("it has no format_version");
        if (version != Version)
            throw new JsonException($"it has the format version {version}; this release of Luma.Zoo reads {Version}, so a newer release may read it");

        CheckNames(json);
        var model = JsonSerializer.Deserialize(json, ModelJsonContext.Default.ModelJson) ?? throw new JsonException("it is null");
        return new ModelManifest
        {
            Model = model.Model,
            Options = model.Options?.ToOptions() ?? new(),
            Task = model.Task,
            Classes = model.Classes,
            Preset = model.Preset,
            Provenance = model.Provenance ?? new Dictionary<string, string>(),
            Metrics = model.Metrics ?? new Dictionary<string, IReadOnlyDictionary<string, double>>(),
            WeightsSha256 = model.WeightsSha256,
        }.Validated();
    }

    // The preset checks its own.
    private static void CheckNames(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        var root = JsonElement.ParseValue(ref reader);
        var (top, options) = (Names(ModelJsonContext.Default.ModelJson), Names(ModelJsonContext.Default.ModelJsonOptions));
        MemberNames.Check(root, "it", top, [.. options.Select(name => (name, OptionsName)), .. ImagePresetConverter.Members.Select(name => (name, PresetName))]);
        if (root.ValueKind == JsonValueKind.Object && root.TryGetProperty(OptionsName, out var chosen))
            MemberNames.Check(chosen, OptionsName, options, [.. top.Select(name => (name, "the object around it")), .. ImagePresetConverter.Members.Select(name => (name, PresetName))]);

        static string[] Names(JsonTypeInfo type) => [.. type.Properties.Select(property => property.Name)];
    }

    /// <summary>Writes a manifest.</summary>
    /// <param name="manifest">The manifest.</param>
    /// <returns>The text in UTF-8.</returns>
    public static byte[] Write(ModelManifest manifest) => Encoding.UTF8.GetBytes(JsonSerializer.Serialize(
        new ModelJson
        {
            FormatVersion = Version,
            Model = manifest.Model,
            Options = ModelJsonOptions.Of(manifest.Options),
            Task = manifest.Task,
            Classes = manifest.Classes,
            Preset = manifest.Preset,
            Provenance = manifest.Provenance.Count > 0 ? manifest.Provenance : null,
            Metrics = manifest.Metrics.Count > 0 ? manifest.Metrics : null,
            WeightsSha256 = manifest.WeightsSha256,
        },
        Readable.ModelJson) + "\n");

    // Names of classes have apostrophes and letters of all languages, which HTML's rules would hide.
    private static ModelJsonContext Readable { get; } = new(new(ModelJsonContext.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}

/// <summary>What tells how the rest is to be read.</summary>
internal sealed record ModelJsonVersion(int? FormatVersion);

/// <summary>What was chosen about a network, as <c>model.json</c> has it.</summary>
internal sealed record ModelJsonOptions
{
    public long? NumClasses { get; init; }

    public long? InChannels { get; init; }

    public ModelConfig? Config { get; init; }

    public int? ImageSize { get; init; }

    public double? Dropout { get; init; }

    public double? AttentionDropout { get; init; }

    public double? StochasticDepth { get; init; }

    public bool? AuxiliaryHeads { get; init; }

    public bool? TransformInput { get; init; }

    public string? Shortcut { get; init; }

    public static ModelJsonOptions Of(ModelOptions options) => new()
    {
        NumClasses = options.NumClasses,
        InChannels = options.InChannels,
        Config = options.Config == ModelConfig.Default ? null : options.Config,
        ImageSize = options.ImageSize,
        Dropout = options.Dropout,
        AttentionDropout = options.AttentionDropout,
        StochasticDepth = options.StochasticDepth,
        AuxiliaryHeads = options.AuxiliaryHeads,
        TransformInput = options.TransformInput,
        Shortcut = options.Shortcut is { } shortcut ? NetworkFacts.NameOf(shortcut) : null,
    };

    public ModelOptions ToOptions() => new()
    {
        NumClasses = NumClasses,
        InChannels = InChannels,
        Config = Config ?? ModelConfig.Default,
        ImageSize = ImageSize,
        Dropout = Dropout,
        AttentionDropout = AttentionDropout,
        StochasticDepth = StochasticDepth,
        AuxiliaryHeads = AuxiliaryHeads,
        TransformInput = TransformInput,
        Shortcut = Shortcut is null ? null
            : NetworkFacts.Shortcuts.TryGetValue(Shortcut, out var shortcut) ? shortcut
            : throw new ArgumentException($"There is no shortcut '{Shortcut}': it is one of {string.Join(", ", NetworkFacts.Shortcuts.Keys)}."),
    };
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(ModelJsonVersion))]
[JsonSerializable(typeof(ModelJson))]
internal sealed partial class ModelJsonContext : JsonSerializerContext;
