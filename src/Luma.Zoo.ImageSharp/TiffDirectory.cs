using System.Buffers.Binary;
using Luma.Zoo.Images;

namespace Luma.Zoo.ImageSharp;

/// <summary>The first directory of a TIFF. Links to further ones are not followed.</summary>
internal sealed class TiffDirectory
{
    private readonly ReadOnlyMemory<byte> file;
    private readonly bool big;
    private readonly Dictionary<int, (int Type, long Count, long Place)> entries = [];

    public TiffDirectory(ReadOnlyMemory<byte> file)
    {
        this.file = file;
        IsLittle = file.Span[0] == 'I';
        big = Number(2, 2) == 43;
        var at = big ? Number(8, 8) : Number(4, 4);
        var count = Number(at, big ? 8 : 2);
        at += big ? 8 : 2;
        var (size, inline) = big ? (20, 8) : (12, 4);
        if (count > (file.Length - at) / size) throw Truncated();

        for (var i = 0L; i < count; i++, at += size)
        {
            var (type, values) = ((int)Number(at + 2, 2), Number(at + 4, inline));
            if (Unit(type) is not (> 0 and var unit) || values > file.Length / unit) continue;
            var place = at + size - inline;
            entries[(int)Number(at, 2)] = (type, values, values * unit > inline ? Number(place, inline) : place);
        }
    }

    /// <summary>Whether the first byte of a number is its lowest.</summary>
    public bool IsLittle { get; }

    /// <summary>The first value of a tag, or a default.</summary>
    public int Get(int tag, int otherwise) => Values(tag) is [var first, ..] ? (int)Math.Clamp(first, int.MinValue, int.MaxValue) : otherwise;

    /// <summary>All values of a tag; none where it is missing or is no number.</summary>
    public long[] Values(int tag)
    {
        if (!entries.TryGetValue(tag, out var entry)) return [];

        var (type, count, place) = entry;
        var unit = Unit(type);
        if (type is 2 or 5 or 7 or 10 or 11 or 12) return [];
        if (place < 0 || place > file.Length - (count * unit)) throw Truncated();

        var values = new long[count];
        for (var i = 0; i < values.Length; i++) values[i] = Number(place + ((long)i * unit), unit);
        return values;
    }

    /// <summary>The bytes of a tag that is no number; none where it is missing.</summary>
    public byte[] Bytes(int tag)
    {
        if (!entries.TryGetValue(tag, out var entry) || Unit(entry.Type) != 1) return [];
        if (entry.Place < 0 || entry.Place > file.Length - entry.Count) throw Truncated();
        return file.Slice((int)entry.Place, (int)entry.Count).ToArray();
    }

    private static int Unit(int type) => type switch
    {
        1 or 2 or 6 or 7 => 1,
        3 or 8 => 2,
        4 or 9 or 11 or 13 => 4,
        5 or 10 or 12 or 16 or 17 or 18 => 8,
        _ => 0,
    };

    private long Number(long at, int bytes)
    {
        if (at < 0 || at > file.Length - bytes) throw Truncated();

        var span = file.Span.Slice((int)at, bytes);
        return bytes switch
        {
            1 => span[0],
            2 => IsLittle ? BinaryPrimitives.ReadUInt16LittleEndian(span) : BinaryPrimitives.ReadUInt16BigEndian(span),
            4 => IsLittle ? BinaryPrimitives.ReadUInt32LittleEndian(span) : BinaryPrimitives.ReadUInt32BigEndian(span),
            // What is above is beyond any file.
            _ => IsLittle ? BinaryPrimitives.ReadInt64LittleEndian(span) : BinaryPrimitives.ReadInt64BigEndian(span),
        } is >= 0 and var number ? number : long.MaxValue / 16;
    }

    private static ImageException Truncated() => new(null, "the image is truncated");
}
