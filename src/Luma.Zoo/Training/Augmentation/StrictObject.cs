using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Luma.Zoo.Training.Augmentation;

/// <summary>Reads an object that a person wrote, and says in words what is wrong with it.</summary>
internal static class StrictObject
{
    private const string Expected = "expected ";
    private const string Unconverted = "The JSON value";

    /// <summary>Reads an object and validates it.</summary>
    /// <param name="element">The object.</param>
    /// <param name="info">Its type.</param>
    /// <param name="name">What to call it.</param>
    /// <param name="validate">Refuses values that make no sense.</param>
    /// <param name="besides">A member that the type does not know.</param>
    /// <param name="defaults">An object of the type with all members. The type's own reader would forget the defaults of those left out.</param>
    /// <exception cref="JsonException">A member is unknown, missing or makes no sense.</exception>
    public static T Read<T>(JsonElement element, JsonTypeInfo info, string name, Action<T> validate, string? besides = null, JsonElement? defaults = null)
        where T : class
    {
        if (element.ValueKind != JsonValueKind.Object) throw new JsonException($"{Expected}{name}, an object, got {element.GetRawText()}");

        var members = info.Properties.Select(property => property.Name).ToArray();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var member in element.EnumerateObject())
        {
            if (!seen.Add(member.Name)) throw new JsonException($"{name}: {member.Name} is there twice");
            if (member.Name != besides && !members.Contains(member.Name))
            {
                throw new JsonException(
                    $"{name} has no member '{member.Name}': {(members.Length == 0 ? "it has none" : List(members, member.Name))}");
            }
            if (member.Value.ValueKind == JsonValueKind.Null) throw new JsonException($"{name}: {member.Name} cannot be null; leave it out instead");
        }
        if (info.Properties.FirstOrDefault(property => property.IsRequired && !seen.Contains(property.Name)) is { } missing)
            throw new JsonException($"{name}: {missing.Name} is missing");

        try
        {
            var read = JsonSerializer.Deserialize(Complete(element, besides, defaults), info) as T ?? throw new JsonException($"{name} is null");
            validate(read);
            return read;
        }
        catch (JsonException exception) when (
            exception.Path is ['$', '.', .. var path] && path.Split('[')[0] is var member && element.TryGetProperty(member, out var value))
        {
            // The reader's own words are for programmers; an object within says itself what it is.
            var own = exception.Message.StartsWith(Unconverted, StringComparison.Ordinal);
            if (!own && !exception.Message.StartsWith(Expected, StringComparison.Ordinal)) throw new JsonException(exception.Message, exception);
            throw new JsonException($"{name}: {member}: {(own ? $"it cannot be {value.GetRawText()}" : exception.Message)}", exception);
        }
        catch (ArgumentException exception)
        {
            throw new JsonException($"{name}: {Reason(exception, members)}", exception);
        }
    }

    /// <summary>Lists what is known, what was perhaps meant first.</summary>
    public static string List(IEnumerable<string> known, string? written = null)
    {
        var near = written is null ? [] : NearestNames.To(written, known);
        return $"{(near.Length > 0 ? $"did you mean {near[0]}? " : "")}known are {string.Join(", ", near.Concat(known.Except(near)))}";
    }

    // What the exception says, after the name of the member as JSON has it.
    private static string Reason(ArgumentException exception, string[] members)
    {
        var name = exception.ParamName is null ? null : JsonNamingPolicy.SnakeCaseLower.ConvertName(exception.ParamName);
        if (name == "probability" && members.Contains("p")) name = "p";
        var suffix = $" (Parameter '{exception.ParamName}')";
        var reason = exception.Message.EndsWith(suffix, StringComparison.Ordinal) ? exception.Message[..^suffix.Length] : exception.Message;
        return name is null ? reason : $"{name}: {char.ToLowerInvariant(reason[0])}{reason[1..]}";
    }

    private static JsonElement Complete(JsonElement element, string? besides, JsonElement? defaults)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            foreach (var member in element.EnumerateObject())
            {
                if (member.Name != besides) member.WriteTo(writer);
            }
            if (defaults is { } standard)
            {
                foreach (var member in standard.EnumerateObject())
                {
                    if (!element.TryGetProperty(member.Name, out _)) member.WriteTo(writer);
                }
            }
            writer.WriteEndObject();
        }
        using var document = JsonDocument.Parse(stream.ToArray());
        return document.RootElement.Clone();
    }
}
