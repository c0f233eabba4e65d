using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Luma.Zoo.Training.Augmentation;

/// <summary>Reads and writes one of a few kinds: an object whose member <c>kind</c> says which, and whose others are torchvision's parameters.</summary>
/// <param name="noun">What the kinds are.</param>
/// <param name="validate">Refuses values that make no sense.</param>
/// <param name="kinds">Their names, and one of each with all its defaults; <see cref="Context"/> knows their types.</param>
internal abstract class KindConverter<T>(string noun, Action<T> validate, params (string Name, T Default)[] kinds) : JsonConverter<T>
    where T : class
{
    private const string Kind = "kind";

    /// <summary>The kinds' names, and one of each with all its defaults.</summary>
    public IReadOnlyList<(string Name, T Default)> Kinds => kinds;

    /// <inheritdoc/>
    public sealed override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        var element = document.RootElement;
        if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(Kind, out var kind) || kind.ValueKind != JsonValueKind.String)
            throw new JsonException($"expected {noun}, an object with a \"{Kind}\": {StrictObject.List(kinds.Select(known => known.Name))}");

        var name = kind.GetString()!;
        var (_, standard) = kinds.FirstOrDefault(known => known.Name == name);
        if (standard is null)
            throw new JsonException($"there is no {noun} of the kind '{name}': {StrictObject.List(kinds.Select(known => known.Name), name)}");

        var info = InfoOf(standard);
        return StrictObject.Read(element, info, name, validate, Kind, JsonSerializer.SerializeToElement(standard, info));
    }

    /// <inheritdoc/>
    public sealed override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options)
    {
        var (name, standard) = kinds.FirstOrDefault(known => known.Default.GetType() == value.GetType());
        if (standard is null)
        {
            throw new JsonException(
                $"{value.GetType().Name} is no {noun} that has a JSON form: {StrictObject.List(kinds.Select(known => known.Name))}");
        }

        writer.WriteStartObject();
        writer.WriteString(Kind, name);
        foreach (var member in JsonSerializer.SerializeToElement(value, InfoOf(value)).EnumerateObject()) member.WriteTo(writer);
        writer.WriteEndObject();
    }

    /// <summary>The context that knows the kinds' types.</summary>
    protected virtual JsonSerializerContext Context => AugmentationJson.Default;

    private JsonTypeInfo InfoOf(T value) =>
        Context.GetTypeInfo(value.GetType()) ?? throw new InvalidOperationException($"{value.GetType().Name} is not in the JSON context.");
}
