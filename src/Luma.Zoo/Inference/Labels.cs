using System.Globalization;
using System.Text;
using System.Text.Json;
using Luma.Zoo.Files;

namespace Luma.Zoo.Inference;

/// <summary>The names of classes, in the order of a model's outputs.</summary>
public static class Labels
{
    private const string Prefix = "zoo/labels/", Suffix = ".txt";

    // Another encoding would give names with characters that nobody has written.
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    // Where other libraries' files keep the names.
    private static readonly string[] Keys = ["id2label", "label_names", "classes"];

    /// <summary>The sets that come with the zoo, such as <c>imagenet-1k</c>.</summary>
    /// <returns>Their names.</returns>
    public static IReadOnlyList<string> GetNames() =>
    [
        .. typeof(Labels).Assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal) && name.EndsWith(Suffix, StringComparison.Ordinal))
            .Select(name => name[Prefix.Length..^Suffix.Length])
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>Reads a set that comes with the zoo.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>One name per class.</returns>
    /// <exception cref="ArgumentException">There is no such set.</exception>
    public static IReadOnlyList<string> Get(string name)
    {
        using var stream = typeof(Labels).Assembly.GetManifestResourceStream($"{Prefix}{name}{Suffix}")
            ?? throw new ArgumentException($"There are no labels '{name}'; there are {string.Join(", ", GetNames())}.", nameof(name));
        using var reader = new StreamReader(stream);
        return Split(reader.ReadToEnd());
    }

    /// <summary>
    /// Reads a file: JSON where its name ends in <c>.json</c>, else text with one name per line. JSON is an array of names, or an object from
    /// places to names (<c>{"0": "cat", "1": "dog"}</c>, also as ImageNet's <c>{"0": ["n01440764", "tench"]}</c>), which may stand
    /// under <c>id2label</c>, or an array under <c>label_names</c> or <c>classes</c>.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <returns>One name per class.</returns>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">The file holds no labels.</exception>
    public static IReadOnlyList<string> Load(string path)
    {
        var text = ReadText(path);
        string?[]? labels;
        try
        {
            labels = Path.GetExtension(path).Equals(".json", StringComparison.OrdinalIgnoreCase)
                ? Read(path, text)
                : Split(text);
        }
        // Half of a pair of surrogates is well-formed JSON, and no text.
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw new InvalidDataException($"{path}: not JSON: {JsonText.Describe(exception)}.", exception);
        }

        if (labels is null or []) throw new InvalidDataException($"{path}: there are no labels in it.");
        var blank = Array.FindIndex(labels, string.IsNullOrWhiteSpace);
        if (blank >= 0) throw new InvalidDataException($"{path}: label {blank} is blank.");
        return labels!;
    }

    private static string ReadText(string path)
    {
        try
        {
            using var reader = new StreamReader(RegularFile.OpenStream(path), Strict);
            return reader.ReadToEnd();
        }
        catch (DecoderFallbackException error)
        {
            throw new InvalidDataException($"{path}: this is not text in UTF-8; save it so.", error);
        }
        catch (NotAFileException error)
        {
            throw new IOException($"{path}: cannot be read: {error.Message}.", error);
        }
    }

    private static string?[] Read(string path, string text)
    {
        using var json = JsonDocument.Parse(text);
        var root = json.RootElement;
        foreach (var key in Keys)
        {
            if (root.ValueKind == JsonValueKind.Object && root.TryGetProperty(key, out var inner)) root = inner;
        }
        if (root.ValueKind == JsonValueKind.Array) return [.. root.EnumerateArray().Select(Name)];
        if (root.ValueKind != JsonValueKind.Object) throw Wrong("it is neither an array nor an object");

        var count = root.GetPropertyCount();
        var labels = new string?[count];
        foreach (var entry in root.EnumerateObject())
        {
            if (!int.TryParse(entry.Name, NumberStyles.None, CultureInfo.InvariantCulture, out var place) || place >= count || labels[place] is not null)
                throw Wrong($"'{entry.Name}' is not one of the places 0 to {count - 1}, each once");
            labels[place] = Name(entry.Value);
        }
        return labels;

        // ImageNet's lists have the name of WordNet's set before that of the class.
        string? Name(JsonElement element) => element.ValueKind switch
        {
            JsonValueKind.String => element.GetString(),
            JsonValueKind.Array when element.GetArrayLength() == 2 && element[1].ValueKind == JsonValueKind.String => element[1].GetString(),
            _ => throw Wrong($"{element.GetRawText()} is no name"),
        };

        InvalidDataException Wrong(string problem) => new($"{path}: not a list of names: {problem}.");
    }

    private static string[] Split(string text) => text.TrimEnd() is { Length: > 0 } content
        ? content.Split('\n', StringSplitOptions.TrimEntries)
        : [];
}
