using System.Globalization;
using System.Text.Json;

namespace Luma.Zoo.Cli.Results;

/// <summary>What a file of results has of one image.</summary>
/// <param name="Path">The image.</param>
/// <param name="Failed">Whether it could not be classified.</param>
/// <param name="Begin">Where it begins in the file.</param>
/// <param name="End">Where the next begins.</param>
internal readonly record struct FinishedRecord(string Path, bool Failed, long Begin, long End)
{
    /// <summary>Reads the images that are whole.</summary>
    /// <param name="file">The file, from its beginning.</param>
    /// <param name="format">Its format.</param>
    /// <param name="rows">How many predictions an image has at most.</param>
    /// <param name="complete">Whether it is known that the last image is whole.</param>
    /// <returns>The images, in their order.</returns>
    /// <exception cref="InvalidDataException">The file is none of results.</exception>
    public static IEnumerable<FinishedRecord> Read(Stream file, ResultFormat format, int rows, bool complete) =>
        format == ResultFormat.Jsonl ? ReadLines(file) : ReadRows(file, rows, complete);

    private static IEnumerable<FinishedRecord> ReadLines(Stream file)
    {
        var (begin, number) = (0L, 0);
        foreach (var (line, end) in Records.Read(file, quotes: false))
        {
            number++;
            // An empty line goes with the next one.
            if (line.Span.Trim(" \t"u8).IsEmpty) continue;
            yield return Parse(line, number, begin, end);
            begin = end;
        }
    }

    private static FinishedRecord Parse(ReadOnlyMemory<byte> line, int number, long begin, long end)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            if (document.RootElement.TryGetProperty("path", out var path) && path.GetString() is { } name)
                return new(name, document.RootElement.TryGetProperty("error", out _), begin, end);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
        }
        throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture, $"line {number} is not what luma classify writes"));
    }

    private static IEnumerable<FinishedRecord> ReadRows(Stream file, int rows, bool complete)
    {
        var (number, begin) = (0, 0L);
        FinishedRecord? image = null;
        var last = 0;
        foreach (var (row, end) in Records.Read(file, quotes: true))
        {
            var fields = Records.Fields(row.Span);
            number++;
            if (number == 1)
            {
                if (!fields.SequenceEqual(ResultFormats.Columns)) throw Wrong();
                begin = end;
                continue;
            }

            // An image without predictions has one row, without a rank.
            if (fields.Count != ResultFormats.Columns.Count || !int.TryParse(fields[1].Length == 0 ? "0" : fields[1], NumberStyles.None, CultureInfo.InvariantCulture, out var rank))
                throw Wrong();
            if (image is { } whole && rank <= 1) yield return whole;
            image = rank <= 1 ? new(fields[0], fields[5].Length > 0, begin, end)
                : image is { } current && current.Path == fields[0] && rank == last + 1 ? current with { End = end }
                : throw Wrong();
            (last, begin) = (rank, end);
        }
        // Of the last image rows may be missing. Where a threshold leaves out predictions nobody can tell, so it is done again.
        if (image is { } final && (complete || last == 0 || last == rows)) yield return final;

        InvalidDataException Wrong() => new(string.Create(CultureInfo.InvariantCulture, $"row {number} is not what luma classify writes"));
    }
}
