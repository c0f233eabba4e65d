using System.Text;
using System.Text.Json;
using nietras.SeparatedValues;

namespace Luma.Zoo.Training.Data;

/// <summary>
/// A list of pictures: CSV with a header, or JSON Lines. A column or member <c>path</c> names the picture, <c>label</c> its class;
/// or <c>labels</c> its classes, in CSV with semicolons between them, in JSON as an array. <c>split</c> may say its part.
/// </summary>
internal sealed class ImageList
{
    private static readonly string[] PathNames = ["path", "file", "filename", "file_name", "image"];
    private static readonly string[] LabelNames = ["label", "class"];
    private static readonly string[] LabelsNames = ["labels", "classes"];
    private static readonly string[] PartNames = ["split", "part"];

    private readonly string name;
    private readonly List<ListRow> rows = [];

    private ImageList(string name) => this.name = name;

    /// <summary>The lines.</summary>
    public IReadOnlyList<ListRow> Rows => rows;

    /// <summary>Whether the list has several classes for a picture.</summary>
    public bool HasSeveral { get; private set; }

    /// <summary>Whether a file is a list by its name.</summary>
    public static bool Is(string path) => path.EndsWith(".csv", StringComparison.OrdinalIgnoreCase) || IsJson(path);

    /// <summary>Reads a list.</summary>
    /// <param name="name">Its name, for messages.</param>
    /// <param name="bytes">Its bytes.</param>
    /// <exception cref="InvalidDatasetException">It is none; the message has the line.</exception>
    public static ImageList Read(string name, byte[] bytes)
    {
        string text;
        try
        {
            text = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString(bytes).TrimStart('\uFEFF');
        }
        catch (DecoderFallbackException error)
        {
            throw new InvalidDatasetException(name, "it is not UTF-8 text.", error);
        }

        var list = new ImageList(name);
        if (IsJson(name)) list.ReadJson(text);
        else list.ReadCsv(text);
        return list.rows.Count > 0 ? list : throw new InvalidDatasetException(name, "it lists no pictures.");
    }

    private static bool IsJson(string path) =>
        path.EndsWith(".jsonl", StringComparison.OrdinalIgnoreCase) || path.EndsWith(".ndjson", StringComparison.OrdinalIgnoreCase);

    private void ReadCsv(string text)
    {
        try
        {
            using var reader = Sep.Reader(options => options with { Unescape = true, DisableColCountCheck = true }).FromText(text);
            var columns = reader.Header.ColNames;
            var path = Column(columns, PathNames) ?? throw NoColumn("path", columns);
            var (label, labels) = (Column(columns, LabelNames), Column(columns, LabelsNames));
            var part = Column(columns, PartNames);
            if (label is null && labels is null) throw NoColumn("label (or labels, for several at once)", columns);

            HasSeveral = labels is not null;
            foreach (var row in reader)
            {
                if (row.ColCount == 1 && row.Span.IsWhiteSpace()) continue;
                if (row.ColCount != columns.Count)
                    throw Wrong(row.LineNumberFrom, $"it has {row.ColCount} {(row.ColCount == 1 ? "value" : "values")}, and the first line {columns.Count}: a value with the separator in it stands in double quotes.");
                string[] names = labels is { } several
                    ? row[several].ToString().Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                    : [row[label!.Value].ToString().Trim()];
                Add(row.LineNumberFrom, row[path].ToString().Trim(), names, part is { } column ? row[column].ToString().Trim() : null);
            }
        }
        catch (Exception error) when (error is InvalidDataException or ArgumentException or FormatException)
        {
            throw new InvalidDatasetException(name, $"this is not a CSV file that can be read: {error.Message.ReplaceLineEndings(" ")}", error);
        }
    }

    private void ReadJson(string text)
    {
        var line = 0;
        foreach (var row in text.Split('\n'))
        {
            line++;
            if (string.IsNullOrWhiteSpace(row)) continue;
            try
            {
                using var json = JsonDocument.Parse(row);
                if (json.RootElement.ValueKind != JsonValueKind.Object) throw Wrong(line, "it is not a JSON object.");
                var members = new Dictionary<string, JsonElement>(StringComparer.OrdinalIgnoreCase);
                foreach (var member in json.RootElement.EnumerateObject())
                {
                    if (!members.TryAdd(member.Name, member.Value)) throw Wrong(line, $"it has two members '{member.Name}'.");
                }
                var path = Member(members, PathNames) ?? throw Wrong(line, "it has no member 'path'.");
                var labels = Member(members, LabelsNames);
                var label = labels ?? Member(members, LabelNames) ?? throw Wrong(line, "it has no member 'label' (or 'labels', for several at once).");
                HasSeveral |= labels is not null || label.ValueKind == JsonValueKind.Array;
                string[] names = label.ValueKind == JsonValueKind.Array ? [.. label.EnumerateArray().Select(Text)] : [Text(label)];
                Add(line, Text(path), names, Member(members, PartNames) is { } part ? Text(part) : null);
            }
            catch (Exception error) when (error is JsonException or ArgumentException)
            {
                throw Wrong(line, $"it is not JSON: {error.Message.Split(" LineNumber:")[0].Split(" Path:")[0]}", error);
            }

            string Text(JsonElement value) => value.ValueKind switch
            {
                JsonValueKind.String => value.GetString()!,
                JsonValueKind.Number => value.GetRawText(),
                _ => throw Wrong(line, $"expected text, got {value.GetRawText()}."),
            };
        }
    }

    private void Add(int line, string path, string[] labels, string? part)
    {
        if (path.Length == 0) throw Wrong(line, "it has no path.");
        if (path.Contains('\0', StringComparison.Ordinal)) throw Wrong(line, "the path has a NUL character.");
        if (!HasSeveral && labels is not [{ Length: > 0 }]) throw Wrong(line, "it has no label.");
        if (labels.Any(string.IsNullOrWhiteSpace)) throw Wrong(line, "a label is empty.");

        DataPart? found = null;
        if (!string.IsNullOrEmpty(part) && (found = DataParts.Find(part)) is null)
            throw Wrong(line, $"there is no part '{part}' of the data: expected train, val or test.");
        rows.Add(new(line, path, [.. labels.Distinct(StringComparer.Ordinal)], found));
    }

    private static int? Column(IReadOnlyList<string> columns, string[] names)
    {
        for (var i = 0; i < columns.Count; i++)
        {
            if (names.Contains(columns[i].Trim(), StringComparer.OrdinalIgnoreCase)) return i;
        }
        return null;
    }

    private static JsonElement? Member(Dictionary<string, JsonElement> members, string[] names)
    {
        foreach (var name in names)
        {
            if (members.TryGetValue(name, out var value)) return value;
        }
        return null;
    }

    private InvalidDatasetException NoColumn(string column, IReadOnlyList<string> columns) =>
        new(name, $"its first line names no column {column}; it has {string.Join(", ", columns.Take(8).Select(found => $"'{found}'"))}.");

    private InvalidDatasetException Wrong(int line, string reason, Exception? inner = null) => new(name, $"line {line}: {reason}", inner);
}
