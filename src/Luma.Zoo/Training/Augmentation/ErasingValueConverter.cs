using System.Text.Json;
using System.Text.Json.Serialization;

namespace Luma.Zoo.Training.Augmentation;

/// <summary>What <see cref="RandomErasing"/> writes, as JSON.</summary>
internal sealed class ErasingValueConverter : JsonConverter<IReadOnlyList<double>?>
{
    private const string Random = "random";

    /// <inheritdoc/>
    public override bool HandleNull => true;

    /// <inheritdoc/>
    public override IReadOnlyList<double>? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        var element = document.RootElement;
        return element.ValueKind switch
        {
            JsonValueKind.String when element.GetString() == Random => null,
            JsonValueKind.Number => [element.GetDouble()],
            JsonValueKind.Array when element.EnumerateArray().All(number => number.ValueKind == JsonValueKind.Number) =>
                [.. element.EnumerateArray().Select(number => number.GetDouble())],
            _ => throw new JsonException($"expected a number, a list of numbers or \"{Random}\", got {element.GetRawText()}"),
        };
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, IReadOnlyList<double>? value, JsonSerializerOptions options)
    {
        if (value is null)
        {
            writer.WriteStringValue(Random);
            return;
        }
        if (value is [var single])
        {
            writer.WriteNumberValue(single);
            return;
        }
        writer.WriteStartArray();
        foreach (var number in value) writer.WriteNumberValue(number);
        writer.WriteEndArray();
    }
}
