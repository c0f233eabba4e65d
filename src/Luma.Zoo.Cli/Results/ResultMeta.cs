using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Luma.Zoo.Files;

namespace Luma.Zoo.Cli.Results;

/// <summary>What made a file of results; it stands beside it in <c>OUTPUT.meta.json</c>.</summary>
/// <param name="Luma">The program's version.</param>
/// <param name="Device">What the network ran on.</param>
/// <param name="WeightsFrom">Where the weights were found: a name or a path.</param>
/// <param name="Made">What decides the results; of a file that is continued it must be the same.</param>
/// <param name="Notes">How the weights were taken, if there is anything to say.</param>
/// <param name="Complete">Whether all images are done.</param>
/// <param name="Images">How many there are; null until they are done.</param>
/// <param name="Failed">How many of them failed; null until they are done.</param>
/// <param name="Bytes">How large a file is that can be continued; null until all images are done.</param>
internal sealed record ResultMeta(
    string Luma,
    string Device,
    string WeightsFrom,
    ResultRecipe Made,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? Notes = null,
    bool Complete = false,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? Images = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? Failed = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? Bytes = null)
{
    /// <summary>Where it stands.</summary>
    public static string PathOf(string output) => $"{output}.meta.json";

    /// <summary>Reads what stands beside a file.</summary>
    /// <exception cref="UserException">It is not there, or none.</exception>
    public static ResultMeta Read(string output)
    {
        var path = PathOf(output);
        const string Begin = "--force begins the output anew";
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), ResultJson.Default.ResultMeta) is { Made: not null } meta
                ? meta
                : throw new UserException($"{path}: this does not say what made {output}; {Begin}");
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new UserException($"{output}: nothing says what made it, since there is no {path}; {Begin}");
        }
        catch (Exception error) when (error is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new UserException($"{path}: cannot be read: {JsonText.Describe(error)}; {Begin}");
        }
    }

    /// <summary>Writes it, whole or not at all.</summary>
    public void Write(string output)
    {
        using var file = ResultFile.Whole(PathOf(output));
        file.Write([.. ToJson(), (byte)'\n']);
        file.Finish();
    }

    /// <summary>It as JSON.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, ResultJson.Default.ResultMeta);

    /// <summary>What makes results here that was otherwise there: nothing, or a list for people.</summary>
    /// <param name="there">What made the file.</param>
    public string Differences(ResultMeta there)
    {
        var (mine, other) = (JsonSerializer.SerializeToNode(Made, ResultJson.Default.ResultRecipe), JsonSerializer.SerializeToNode(there.Made, ResultJson.Default.ResultRecipe));
        return string.Join(", ", Compare("", other, mine));
    }

    private static IEnumerable<string> Compare(string name, JsonNode? there, JsonNode? here)
    {
        if (there is JsonObject old && here is JsonObject now)
        {
            var names = old.Concat(now).Select(member => member.Key).Distinct();
            return names.SelectMany(key => Compare(name.Length == 0 ? key : $"{name}.{key}", old[key], now[key]));
        }
        return JsonNode.DeepEquals(there, here) ? [] : [$"{name} {Text(there)} there and {Text(here)} here"];
    }

    private static string Text(JsonNode? node) => node is null ? "not given" : $"is {node.ToJsonString()}";
}

/// <summary>What decides results.</summary>
/// <param name="Model">The network's id.</param>
/// <param name="WeightsSha256">The SHA-256 of the weights.</param>
/// <param name="Preset">What makes an image into the network's input.</param>
/// <param name="LabelsSha256">The names of the classes: their SHA-256.</param>
/// <param name="Options">The options that were given.</param>
/// <param name="Format">The file's format.</param>
/// <param name="Shard">Which part of the images, or null for all.</param>
internal sealed record ResultRecipe(
    string Model,
    string WeightsSha256,
    JsonNode Preset,
    string LabelsSha256,
    SortedDictionary<string, JsonNode> Options,
    string Format,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Shard);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, RespectRequiredConstructorParameters = false)]
[JsonSerializable(typeof(ResultMeta))]
[JsonSerializable(typeof(ResultRecipe))]
internal sealed partial class ResultJson : JsonSerializerContext;
