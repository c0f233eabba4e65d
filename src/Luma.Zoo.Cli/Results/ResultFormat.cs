namespace Luma.Zoo.Cli.Results;

/// <summary>How results are written.</summary>
internal enum ResultFormat
{
    /// <summary>A table for people.</summary>
    Table,

    /// <summary>One JSON document: an array with an object an image.</summary>
    Json,

    /// <summary>A JSON object on a line for each image.</summary>
    Jsonl,

    /// <summary>Comma-separated values, a row for each prediction.</summary>
    Csv,

    /// <summary>Apache Parquet, a row for each prediction.</summary>
    Parquet,
}

/// <summary>What the formats have in common and what tells them apart.</summary>
internal static class ResultFormats
{
    /// <summary>The columns of the formats that have a row for each prediction.</summary>
    public static IReadOnlyList<string> Columns { get; } = ["path", "rank", "index", "label", "probability", "error"];

    /// <summary>Whether a file can be continued where a run has ended: its beginning is a file too.</summary>
    public static bool CanResume(this ResultFormat format) => format is ResultFormat.Jsonl or ResultFormat.Csv;

    /// <summary>The name that users know it by.</summary>
    public static string Name(this ResultFormat format) => format.ToString().ToLowerInvariant();

    /// <summary>The format that a file's name asks for, or null.</summary>
    public static ResultFormat? Of(string path) => Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".json" => ResultFormat.Json,
        ".jsonl" or ".ndjson" => ResultFormat.Jsonl,
        ".csv" => ResultFormat.Csv,
        ".parquet" => ResultFormat.Parquet,
        ".txt" => ResultFormat.Table,
        _ => null,
    };
}
