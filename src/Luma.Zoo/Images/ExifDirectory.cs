using System.Buffers.Binary;

namespace Luma.Zoo.Images;

/// <summary>The orientation in EXIF data, found as PIL finds it, also where the data are damaged.</summary>
internal static class ExifDirectory
{
    private const ushort OrientationTag = 0x112;
    private const int HeaderBytes = 8, EntryBytes = 12, InlineBytes = 4, BigTiff = 43;

    /// <summary>Reads the first directory alone: what it links to is not followed, so that nothing can go round in a circle.</summary>
    /// <param name="data">A TIFF structure, which the name of EXIF may stand before.</param>
    /// <returns>The value of the orientation's tag, 0 where it is no number; null where there is no such tag or no directory.</returns>
    public static double? ReadOrientation(ReadOnlySpan<byte> data)
    {
        while (data.StartsWith("Exif\0\0"u8)) data = data[6..];
        if (data.Length < HeaderBytes || data[2] == BigTiff || !IsHeader(data)) return null;

        var little = data[0] == 'I';
        var start = Long(data[4..], little);
        if (start > data.Length - sizeof(ushort)) return null;

        var count = Short(data[(int)start..], little);
        double? orientation = null;
        for (var i = 0; i < count; i++)
        {
            var at = start + sizeof(ushort) + ((long)i * EntryBytes);
            if (at + EntryBytes > data.Length) break;

            var entry = data.Slice((int)at, EntryBytes);
            var type = Short(entry[2..], little);
            var unit = UnitBytes(type);
            if (unit == 0) continue;

            var size = Long(entry[4..], little) * unit;
            var value = entry[HeaderBytes..];
            if (size > InlineBytes)
            {
                var offset = Long(value, little);
                // What comes after an entry that points outside is lost, as in PIL.
                if (offset + size > data.Length) break;
                value = data[(int)offset..];
            }
            if (size > 0 && Short(entry, little) == OrientationTag) orientation = Number(value, type, little);
        }
        return orientation;
    }

    // The number after the byte order stands in either order; writers get it wrong.
    private static bool IsHeader(ReadOnlySpan<byte> data) =>
        data is [(byte)'I', (byte)'I', 0, 42, ..] or [(byte)'I', (byte)'I', 42, 0, ..] or [(byte)'M', (byte)'M', 0, 42 or BigTiff, ..] or [(byte)'M', (byte)'M', 42, 0, ..];

    // 0 for types that nobody knows.
    private static int UnitBytes(ushort type) => type switch
    {
        1 or 2 or 6 or 7 => 1,
        3 or 8 => 2,
        4 or 9 or 11 or 13 => 4,
        5 or 10 or 12 or 16 => 8,
        _ => 0,
    };

    // Of several numbers the first. Bytes and text are none.
    private static double Number(ReadOnlySpan<byte> value, ushort type, bool little) => type switch
    {
        3 => Short(value, little),
        4 or 13 => Long(value, little),
        5 => Long(value, little) / (double)Long(value[4..], little),
        6 => (sbyte)value[0],
        8 => (short)Short(value, little),
        9 => (int)Long(value, little),
        10 => (int)Long(value, little) / (double)(int)Long(value[4..], little),
        11 => little ? BinaryPrimitives.ReadSingleLittleEndian(value) : BinaryPrimitives.ReadSingleBigEndian(value),
        12 => little ? BinaryPrimitives.ReadDoubleLittleEndian(value) : BinaryPrimitives.ReadDoubleBigEndian(value),
        16 => little ? BinaryPrimitives.ReadUInt64LittleEndian(value) : BinaryPrimitives.ReadUInt64BigEndian(value),
        _ => 0,
    };

    private static ushort Short(ReadOnlySpan<byte> data, bool little) =>
        little ? BinaryPrimitives.ReadUInt16LittleEndian(data) : BinaryPrimitives.ReadUInt16BigEndian(data);

    private static long Long(ReadOnlySpan<byte> data, bool little) =>
        little ? BinaryPrimitives.ReadUInt32LittleEndian(data) : BinaryPrimitives.ReadUInt32BigEndian(data);
}
