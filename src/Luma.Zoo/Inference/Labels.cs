using System.Text.Json;
using System.Text.Json.Serialization;
using Luma.Zoo.Files;

namespace Luma.Zoo.Inference;

/// <summary>The names of classes, in the order of a model's outputs.</summary>
public static class Labels
{
    private const string Prefix = "zoo/labels/", Suffix = ".txt";

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

    /// <summary>Reads a file: a JSON array of strings where its name ends in <c>.json</c>, else text with one name per line.</summary>
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
                ? JsonSerializer.Deserialize(text, LabelsJson.Default.StringArray)
                : Split(text);
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"{path}: not a JSON array of strings: {exception.Message}", exception);
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
            using var reader = new StreamReader(RegularFile.OpenStream(path));
            return reader.ReadToEnd();
        }
        catch (NotAFileException error)
        {
            throw new IOException($"{path}: cannot be read: {error.Message}.", error);
        }
    }

    private static string[] Split(string text) => text.TrimEnd() is { Length: > 0 } content
        ? content.Split('\n', StringSplitOptions.TrimEntries)
        : [];
}

[JsonSerializable(typeof(string[]))]
internal sealed partial class LabelsJson : JsonSerializerContext;
