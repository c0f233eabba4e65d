using System.IO.Hashing;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Luma.Zoo.Files;

namespace Luma.Zoo.Inference.Compilation;

/// <summary>Which engine was fastest when it was measured: a small file for each question. The oldest go when there are too many. Nothing about it ever fails.</summary>
/// <param name="folder">The folder of the files; null where nothing is remembered.</param>
internal sealed class EngineMemory(string? folder)
{
    private const int MostBytes = 1 << 16, MostAnswers = 1000, NameLength = 32;
    private const string Extension = ".json";

    /// <summary>The answer to a question; null where there is none.</summary>
    /// <param name="question">All that the answer depends on.</param>
    public EngineAnswer? Recall(string question)
    {
        if (folder is null) return null;
        try
        {
            var answer = JsonSerializer.Deserialize(RegularFile.ReadAllBytes(PathOf(question), MostBytes), EngineMemoryJson.Default.EngineAnswer);
            // A hash may be that of another question.
            return answer?.Question == question && answer.Milliseconds.ContainsKey(answer.Fastest) && answer.Milliseconds.Values.All(double.IsFinite) ? answer : null;
        }
        catch (Exception error) when (IsOfDisk(error) || error is JsonException)
        {
            return null;
        }
    }

    /// <summary>Keeps an answer, where that can be done.</summary>
    public void Keep(EngineAnswer answer)
    {
        if (folder is null) return;
        try
        {
            Directory.CreateDirectory(folder);
            AtomicFile.Write(PathOf(answer.Question), stream => JsonSerializer.Serialize(stream, answer, EngineMemoryJson.Default.EngineAnswer));
            Sweep(folder);
        }
        catch (Exception error) when (IsOfDisk(error))
        {
            // It is measured again next time.
        }
    }

    // What is over is of releases, processors and networks that were here once: mostly it is asked for no more, and else measured again.
    private static void Sweep(string folder)
    {
        var answers = new DirectoryInfo(folder).EnumerateFiles($"*{Extension}", AtomicFile.Listing).Where(IsAnswer).ToList();
        if (answers.Count <= MostAnswers) return;
        // The time of a file that another process has just deleted is long ago.
        foreach (var old in answers.OrderBy(file => file.LastWriteTimeUtc).SkipLast(MostAnswers)) old.Delete();
    }

    // A folder that a user names may have files of his own.
    private static bool IsAnswer(FileInfo file) =>
        Path.GetFileNameWithoutExtension(file.Name) is { Length: NameLength } name && name.All(char.IsAsciiHexDigitLower);

    private string PathOf(string question) => Path.Combine(folder!, $"{XxHash128.HashToUInt128(Encoding.UTF8.GetBytes(question)):x32}{Extension}");

    private static bool IsOfDisk(Exception error) => error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException;
}

/// <summary>What was fastest.</summary>
internal sealed record EngineAnswer
{
    /// <summary>All that it depends on.</summary>
    public required string Question { get; init; }

    /// <summary>The candidate that was.</summary>
    public required string Fastest { get; init; }

    /// <summary>How long a pass of each candidate took.</summary>
    public required IReadOnlyDictionary<string, double> Milliseconds { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(EngineAnswer))]
internal sealed partial class EngineMemoryJson : JsonSerializerContext;
