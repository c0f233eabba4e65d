using System.Text.Json;
using System.Text.Json.Serialization;

namespace Luma.Zoo.Training.Augmentation;

/// <summary>Reads and writes a value that is one number or a few, as torchvision's parameters are.</summary>
/// <param name="expected">What to write, for whoever wrote something else.</param>
internal abstract class NumbersConverter<T>(string expected) : JsonConverter<T>
    where T : struct
{
    /// <inheritdoc/>
    public sealed override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        var element = document.RootElement;
        return Numbers(element) is { Length: > 0 } numbers && FromNumbers(numbers) is { } value
            ? value
            : throw new JsonException($"expected {expected}, got {element.GetRawText()}");
    }

    /// <inheritdoc/>
    public sealed override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options)
    {
        var numbers = ToNumbers(value);
        if (numbers is [var number])
        {
            writer.WriteNumberValue(number);
            return;
        }

        writer.WriteStartArray();
        foreach (var one in numbers) writer.WriteNumberValue(one);
        writer.WriteEndArray();
    }

    /// <summary>Makes the value, or null where there are too few or too many numbers.</summary>
    protected abstract T? FromNumbers(double[] numbers);

    /// <summary>The numbers of the value, one where one says it all.</summary>
    protected abstract double[] ToNumbers(T value);

    private static double[]? Numbers(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Number => [element.GetDouble()],
        JsonValueKind.Array when element.EnumerateArray().All(item => item.ValueKind == JsonValueKind.Number) =>
            [.. element.EnumerateArray().Select(item => item.GetDouble())],
        _ => null,
    };
}
