using System.Text.Json;
using System.Text.Json.Serialization;
using Luma.Zoo.Files;

namespace Luma.Zoo.Images;

/// <summary>A preset as JSON: what is left out has its default.</summary>
internal sealed class ImagePresetConverter : JsonConverter<ImagePreset>
{
    /// <summary>The members that a preset may have.</summary>
    public static IReadOnlyList<string> Members => [.. ImageJson.Default.PresetMembers.Properties.Select(property => property.Name)];

    /// <inheritdoc/>
    public override ImagePreset? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var names = reader;
        MemberNames.Check(JsonElement.ParseValue(ref names), "a preset", Members);
        if (JsonSerializer.Deserialize(ref reader, ImageJson.Default.PresetMembers) is not { } members) return null;

        var preset = new ImagePreset { ResizeSize = members.ResizeSize, CropSize = members.CropSize };
        preset = preset with
        {
            Channels = members.Channels ?? preset.Channels,
            ChannelOrder = members.ChannelOrder ?? preset.ChannelOrder,
            Interpolation = members.Interpolation ?? preset.Interpolation,
            Mean = members.Mean ?? preset.Mean,
            Std = members.Std ?? preset.Std,
        };
        preset.Validate();
        return preset;
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, ImagePreset value, JsonSerializerOptions options) => JsonSerializer.Serialize(
        writer,
        new PresetMembers
        {
            Channels = value.Channels,
            ChannelOrder = value.ChannelOrder == ChannelOrder.Rgb ? null : value.ChannelOrder,
            ResizeSize = value.ResizeSize,
            CropSize = value.CropSize,
            Interpolation = value.Interpolation,
            Mean = value.Mean,
            Std = value.Std,
        },
        ImageJson.Default.PresetMembers);
}

/// <summary>The members of a preset, under torchvision's names and ours.</summary>
internal sealed record PresetMembers
{
    public int? Channels { get; init; }

    public ChannelOrder? ChannelOrder { get; init; }

    public required IReadOnlyList<int> ResizeSize { get; init; }

    public required IReadOnlyList<int> CropSize { get; init; }

    public Interpolation? Interpolation { get; init; }

    public IReadOnlyList<double>? Mean { get; init; }

    public IReadOnlyList<double>? Std { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ImagePreset))]
[JsonSerializable(typeof(PresetMembers))]
internal sealed partial class ImageJson : JsonSerializerContext;
