using System.Text.Json;
using System.Text.Json.Serialization;

namespace Luma.Zoo.Training.Augmentation;

/// <summary>The members of a <see cref="TrainingTransform"/> as JSON has them.</summary>
internal sealed record TransformMembers
{
    public IReadOnlyList<ImageAugmentation>? Images { get; init; }

    public IReadOnlyList<InputAugmentation>? Inputs { get; init; }

    public IReadOnlyList<BatchMixing>? Mixing { get; init; }

    public double? MixingProbability { get; init; }
}

/// <summary>A training's transform as JSON: what is left out has its default.</summary>
internal sealed class TrainingTransformConverter : JsonConverter<TrainingTransform>
{
    /// <inheritdoc/>
    public override TrainingTransform Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        return Transform(StrictObject.Read<TransformMembers>(
            document.RootElement, AugmentationJson.Default.TransformMembers, "transform", members => Transform(members).Validate()));
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, TrainingTransform value, JsonSerializerOptions options) => JsonSerializer.Serialize(
        writer,
        new TransformMembers
        {
            Images = value.Images.Count > 0 ? value.Images : null,
            Inputs = value.Inputs.Count > 0 ? value.Inputs : null,
            Mixing = value.Mixing.Count > 0 ? value.Mixing : null,
            MixingProbability = value.MixingProbability == 1 ? null : value.MixingProbability,
        },
        AugmentationJson.Default.TransformMembers);

    private static TrainingTransform Transform(TransformMembers members) => new()
    {
        Images = members.Images ?? [],
        Inputs = members.Inputs ?? [],
        Mixing = members.Mixing ?? [],
        MixingProbability = members.MixingProbability ?? 1,
    };
}
