using System.Buffers.Binary;

namespace Luma.Zoo.Images.Jpeg;

/// <summary>
/// The header of a JPEG as cameras and programs usually write it: Huffman codes, 8 bits, one scan of grey or of Y, Cb and Cr, the last two
/// at full size, at half the width, or at half the width and height.
/// </summary>
/// <param name="Width">The width in pixels.</param>
/// <param name="Height">The height in pixels.</param>
/// <param name="Components">One or three channels.</param>
/// <param name="RestartInterval">After how many units a restart marker follows; 0 for none.</param>
/// <param name="Scan">Where the data of the scan begin.</param>
internal sealed record JpegFrame(int Width, int Height, IReadOnlyList<JpegComponent> Components, int RestartInterval, int Scan)
{
    private const int BlockValues = 64, MostCodes = 256;

    // What libjpeg takes.
    private const int LargestSide = 65500, MostSampling = 4;

    // Narrower colours are not interpolated.
    private const int NarrowestHalf = 5;

    // The places of a block's values in the order of the file.
    private static ReadOnlySpan<byte> Places =>
    [
        0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
        35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
    ];

    /// <summary>Reads a header.</summary>
    /// <param name="file">The file.</param>
    /// <returns>The frame; null where the file is of another kind or anything about it is unusual.</returns>
    public static JpegFrame? Read(ReadOnlySpan<byte> file)
    {
        if (file is not [0xFF, 0xD8, ..]) return null;

        var (at, restarts, jfif, adobe) = (2, 0, false, -1);
        ReadOnlySpan<byte> frame = default;
        var steps = new int[]?[4];
        var codes = new JpegCodes?[8];
        while (at + 4 <= file.Length && file[at] == 0xFF)
        {
            var marker = file[at + 1];
            if (marker == 0xFF)
            {
                at++;
                continue;
            }

            var length = BinaryPrimitives.ReadUInt16BigEndian(file[(at + 2)..]);
            if (length < sizeof(ushort) || at + 2 + length > file.Length) return null;
            var segment = file.Slice(at + 4, length - sizeof(ushort));
            at += 2 + length;
            switch (marker)
            {
                case 0xC0 or 0xC1 when frame.IsEmpty && segment.Length >= 6 && segment.Length == 6 + (3 * segment[5]) && segment[0] == 8:
                    frame = segment;
                    break;
                case 0xC4 when ReadCodes(segment, codes):
                case 0xDB when ReadSteps(segment, steps):
                    break;
                case 0xDD when segment.Length == 2:
                    restarts = BinaryPrimitives.ReadUInt16BigEndian(segment);
                    break;
                case 0xE0:
                    jfif |= segment.Length >= 12 && segment.StartsWith("JFIF\0"u8);
                    break;
                case 0xEE:
                    if (segment.Length >= 12 && segment.StartsWith("Adobe"u8)) adobe = segment[11];
                    break;
                case 0xFE or (> 0xE0 and < 0xF0):
                    break;
                case 0xDA when !frame.IsEmpty:
                    return Create(frame, segment, steps, codes, jfif, adobe, restarts, at);
                default:
                    return null;
            }
        }
        return null;
    }

    private static JpegFrame? Create(
        ReadOnlySpan<byte> frame, ReadOnlySpan<byte> scan, int[]?[] steps, JpegCodes?[] codes, bool jfif, int adobe, int restarts, int at)
    {
        var (height, width, count) = (BinaryPrimitives.ReadUInt16BigEndian(frame[1..]), BinaryPrimitives.ReadUInt16BigEndian(frame[3..]), frame[5]);
        if (width is 0 or > LargestSide || height is 0 or > LargestSide || count is not (1 or 3)) return null;

        // All channels, in the order of the frame; all coefficients, with all bits.
        if (scan.Length != 4 + (2 * count) || scan[0] != count || scan[^3] != 0 || scan[^2] != 63 || scan[^1] != 0) return null;

        var components = new JpegComponent[count];
        for (var i = 0; i < count; i++)
        {
            var (id, sampling, step, tables) = (frame[6 + (3 * i)], frame[7 + (3 * i)], frame[8 + (3 * i)], scan[2 + (2 * i)]);
            if (scan[1 + (2 * i)] != id || step > 3 || (tables >> 4) > 3 || (tables & 15) > 3) return null;
            if (sampling >> 4 is 0 or > MostSampling || (sampling & 15) is 0 or > MostSampling) return null;
            if (steps[step] is not { } multipliers || codes[tables >> 4] is not { Largest: < 16 } dc || codes[4 + (tables & 15)] is not { } ac) return null;
            components[i] = count == 1 ? new(id, 1, 1, multipliers, dc, ac) : new(id, sampling >> 4, sampling & 15, multipliers, dc, ac);
        }
        if (count == 1) return new(width, height, components, restarts, at);

        // As libjpeg guesses the colours.
        if (!jfif && adobe != 1 && (adobe >= 0 || components is not [{ Id: 1 }, { Id: 2 }, { Id: 3 }])) return null;
        return components is [{ Across: 1, Down: 1 } or { Across: 2, Down: 1 } or { Across: 2, Down: 2 }, { Across: 1, Down: 1 }, { Across: 1, Down: 1 }]
            && (components[0].Across == 1 || width >= NarrowestHalf)
            ? new(width, height, components, restarts, at)
            : null;
    }

    private static bool ReadSteps(ReadOnlySpan<byte> segment, int[]?[] tables)
    {
        for (; !segment.IsEmpty; segment = segment[(1 + BlockValues)..])
        {
            // Steps of 16 bits have a number above 15.
            if (segment[0] > 3 || segment.Length < 1 + BlockValues) return false;
            var table = new int[BlockValues];
            for (var i = 0; i < table.Length; i++) table[i] = (Places[i] << JpegComponent.PlaceShift) | segment[1 + i];
            tables[segment[0]] = table;
        }
        return true;
    }

    private static bool ReadCodes(ReadOnlySpan<byte> segment, JpegCodes?[] tables)
    {
        while (!segment.IsEmpty)
        {
            if (segment.Length < 17 || (segment[0] & 0xEC) != 0) return false;
            var counts = segment.Slice(1, 16);
            var total = 0;
            foreach (var count in counts) total += count;
            if (total > MostCodes || segment.Length < 17 + total) return false;

            var table = JpegCodes.Create(counts, segment.Slice(17, total));
            if (table is null) return false;
            tables[((segment[0] >> 4) * 4) + (segment[0] & 3)] = table;
            segment = segment[(17 + total)..];
        }
        return true;
    }
}
