using System.Buffers;
using System.Text;

namespace Luma.Zoo.Cli.Results;

/// <summary>Where the lines or rows of a file end, in bytes: what libraries that read them do not tell.</summary>
internal static class Records
{
    // Far above any line: ten times ten thousand classes. And far above a row that a process was killed in: a path and what went wrong.
    private const int MostBytes = 1 << 26, MostCutBytes = 1 << 16;

    /// <summary>The records that have an end, without it. What follows the last of them was cut off.</summary>
    /// <remarks>Editors put a mark of the encoding at the beginning, and a carriage return before the end of a line: neither belongs to a record.</remarks>
    /// <param name="file">The file, read from where it stands.</param>
    /// <param name="quotes">Whether a line break between quotes belongs to the record.</param>
    /// <returns>Each record, valid until the next, and where the one after it begins.</returns>
    /// <exception cref="InvalidDataException">A record is too long.</exception>
    public static IEnumerable<(ReadOnlyMemory<byte> Bytes, long End)> Read(Stream file, bool quotes)
    {
        var chunk = new byte[1 << 16];
        var record = new ArrayBufferWriter<byte>(1 << 12);
        var (position, quoted, isFirst) = (0L, false, true);
        int read;
        while ((read = file.Read(chunk)) > 0)
        {
            var begin = 0;
            for (var i = 0; i < read; i++)
            {
                if (quotes && chunk[i] == '"') quoted = !quoted;
                if (chunk[i] != '\n' || quoted) continue;

                record.Write(chunk.AsSpan(begin, i - begin));
                yield return (Bare(record.WrittenMemory, isFirst), position + i + 1);
                isFirst = false;
                record.ResetWrittenCount();
                begin = i + 1;
            }
            record.Write(chunk.AsSpan(begin, read - begin));
            if (record.WrittenCount > MostBytes) throw new InvalidDataException("there is no end to a line");
            position += read;
        }
        // Without this, everything behind a quote that somebody put in would count as cut off.
        if (quoted && record.WrittenCount > MostCutBytes) throw new InvalidDataException("a quote is not closed");
    }

    private static ReadOnlyMemory<byte> Bare(ReadOnlyMemory<byte> record, bool isFirst)
    {
        if (isFirst && record.Span.StartsWith("\uFEFF"u8)) record = record[3..];
        return record.Span is [.., (byte)'\r'] ? record[..^1] : record;
    }

    /// <summary>The fields of a row of comma-separated values, without the quotes around them.</summary>
    public static List<string> Fields(ReadOnlySpan<byte> row)
    {
        var text = Encoding.UTF8.GetString(row);
        var fields = new List<string>();
        var field = new StringBuilder();
        var quoted = false;
        for (var i = 0; i < text.Length; i++)
        {
            // Inside quotes two stand for one.
            if (quoted && text[i] == '"' && i + 1 < text.Length && text[i + 1] == '"') field.Append(text[i++]);
            else if (text[i] == '"') quoted = !quoted;
            else if (text[i] == ',' && !quoted)
            {
                fields.Add(field.ToString());
                field.Clear();
            }
            else field.Append(text[i]);
        }
        fields.Add(field.ToString());
        return fields;
    }
}
