using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Luma.Zoo.Files;

namespace Luma.Zoo.Weights.Formats;

/// <summary>
/// The index of weights that are spread over several files, as Hugging Face's libraries write it: a JSON object whose <c>weight_map</c>
/// says for every name which file has it. Files of a numbered row (<c>model-00001-of-00002.safetensors</c>) belong to it whether or not
/// the map names them.
/// </summary>
internal static partial class ShardIndex
{
    private const int EntryCost = 128, MaxShards = 4096;

    // What a folder with weights calls them, the best first.
    private static readonly string[] Usual = ["model.safetensors", "pytorch_model.bin", "model.pth", "model.pt", "weights.safetensors", "weights.pth"];

    /// <summary>The weight file of a folder: an index, or the file of one of the usual names, or the only one that there is.</summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="WeightFileException">There is none, or it cannot be told which.</exception>
    public static string FileIn(string folder)
    {
        try
        {
            var files = Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal).ToList();
            var indices = files.Where(file => file.EndsWith(".index.json", StringComparison.OrdinalIgnoreCase)).ToList();
            var found = indices.Find(file => file.EndsWith(".safetensors.index.json", StringComparison.OrdinalIgnoreCase)) ?? indices.FirstOrDefault()
                ?? Usual.Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
            if (found is not null) return found;

            var weights = files.Where(file => Path.GetExtension(file).ToLowerInvariant() is ".safetensors" or ".pth" or ".pt" or ".bin" or ".ckpt").ToList();
            return weights switch
            {
                [var only] => only,
                [] => throw new WeightFileException(folder, "this folder has no weight file"),
                _ when weights.TrueForAll(file => Numbered().IsMatch(Path.GetFileName(file))) => throw new WeightFileException(
                    folder, "this folder has the parts of a checkpoint, but not the index that tells what is in them: fetch the *.index.json file too"),
                _ => throw new WeightFileException(
                    folder, $"this folder has several weight files: name one of {WeightSelection.List([.. weights.Select(file => Path.GetFileName(file))])}"),
            };
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new WeightFileException(folder, FileTrouble.WhileReading(error), null, error);
        }
    }

    /// <summary>Reads an index.</summary>
    /// <param name="source">The file.</param>
    /// <param name="budget">Pays for what is made.</param>
    /// <returns>The files, as paths, and the names in the order of the map; null where the JSON is no index.</returns>
    /// <exception cref="MalformedDataException">It is damaged, or names files elsewhere.</exception>
    public static (IReadOnlyList<string> Files, IReadOnlyList<string> Names)? Read(ByteSource source, ReadBudget budget)
    {
        if (source.Length > int.MaxValue) return null;
        using var bytes = source.Pin(0, source.Length);
        var json = new Utf8JsonReader(bytes.Span, new JsonReaderOptions { MaxDepth = 64 });
        List<string> names = [];
        SortedSet<string> files = new(StringComparer.Ordinal);
        var isIndex = false;
        try
        {
            if (!json.Read() || json.TokenType is not JsonTokenType.StartObject) return null;
            while (json.Read() && json.TokenType is JsonTokenType.PropertyName)
            {
                if (!json.ValueTextEquals("weight_map"u8))
                {
                    json.Skip();
                    continue;
                }
                isIndex = true;
                json.Read();
                if (json.TokenType is not JsonTokenType.StartObject) throw new MalformedDataException("the index's weight_map is no object");
                while (json.Read() && json.TokenType is JsonTokenType.PropertyName)
                {
                    var name = json.GetString()!;
                    json.Read();
                    if (json.TokenType is not JsonTokenType.String) throw new MalformedDataException($"the index says no file for '{Printable.Of(name)}'");
                    var file = json.GetString()!;
                    budget.Take(EntryCost + (2L * (name.Length + file.Length)));
                    names.Add(name);
                    files.Add(file);
                }
            }
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return isIndex ? throw new MalformedDataException("the index is damaged: it is not the JSON that it should be") : null;
        }
        if (!isIndex) return null;

        var folder = Path.GetDirectoryName(Path.GetFullPath(source.Name))!;
        return ([.. Complete(files).Select(file => Path.Combine(folder, file))], names);
    }

    // With those of each numbered row that the map does not name.
    private static SortedSet<string> Complete(SortedSet<string> files)
    {
        SortedSet<string> all = new(files, StringComparer.Ordinal);
        foreach (var file in files)
        {
            if (file.Length == 0 || file is "." or ".." || file.AsSpan().ContainsAny('/', '\\', '\0'))
                throw new MalformedDataException($"the index names '{Printable.Of(file)}', which is no file beside it");
            if (Numbered().Match(file) is not { Success: true } match) continue;

            var total = int.Parse(match.Groups["total"].ValueSpan, CultureInfo.InvariantCulture);
            if (total > MaxShards) throw new MalformedDataException($"the index names one of {total} files: at most {MaxShards} are read");
            // Each may be of a row of its own.
            if (all.Count > MaxShards) break;
            for (var number = 1; number <= total; number++)
                all.Add($"{match.Groups["before"]}{number.ToString(new string('0', match.Groups["number"].Length), CultureInfo.InvariantCulture)}{match.Groups["after"]}");
        }
        return all.Count <= MaxShards ? all : throw new MalformedDataException($"the index names more than {MaxShards} files, which is the most that are read");
    }

    [GeneratedRegex(@"^(?<before>.*-)(?<number>\d{1,6})(?<after>-of-(?<total>\d{1,6})\.\w+)$")]
    private static partial Regex Numbered();
}
