using System.Buffers.Binary;
using Luma.Zoo.Images;

namespace Luma.Zoo.ImageSharp;

/// <summary>Reads TGA. There is no signature: what a header may say is all that tells it.</summary>
internal sealed class TgaReader : IImageReader
{
    private const int HeaderBytes = 18, RunLengths = 8;

    private readonly ReadOnlyMemory<byte> file;
    private readonly int kind, bits, colourBits, firstColour, colours, start;
    private readonly bool packed, fromTop, fromRight;

    public TgaReader(ReadOnlyMemory<byte> file)
    {
        var head = file.Span;
        if (!IsHeader(head)) throw new ImageException(null, "the header of this TGA is damaged");

        this.file = file;
        (packed, kind) = ((head[2] & RunLengths) != 0, head[2] & ~RunLengths);
        (Width, Height, bits) = (Short(head, 12), Short(head, 14), head[16]);
        (fromTop, fromRight) = ((head[17] & 0x20) != 0, (head[17] & 0x10) != 0);
        if (head[1] != 0) (firstColour, colours, colourBits) = (Short(head, 3), Short(head, 5), head[7]);
        start = HeaderBytes + head[0];

        // Before there is memory for the pixels: packed, a byte and a colour are 128 pixels at most.
        var (pixels, bytes) = ((long)Width * Height, (bits + 7) / 8);
        var least = bits == 1 ? (Width + 7) / 8 * (long)Height : packed ? (pixels + 127) / 128 * (1 + bytes) : pixels * bytes;
        if (head.Length - start - (colours * ((colourBits + 7) / 8)) < least) throw Truncated();
    }

    /// <inheritdoc/>
    public int Width { get; }

    /// <inheritdoc/>
    public int Height { get; }

    /// <summary>Whether bytes may be the header of a TGA.</summary>
    public static bool IsHeader(ReadOnlySpan<byte> head)
    {
        if (head.Length < HeaderBytes || Short(head, 12) == 0 || Short(head, 14) == 0) return false;
        if (head[1] == 1 && !(head[7] is 15 or 16 or 24 or 32 && Short(head, 5) > 0)) return false;

        return (head[2] & ~RunLengths) switch
        {
            1 => head[1] == 1 && head[16] == 8,
            2 => head[1] <= 1 && head[16] is 15 or 16 or 24 or 32,
            3 => head[1] == 0 && head[16] is 8 or 16 || (head[16] == 1 && head[1] == 0 && head[2] == 3),
            _ => false,
        };
    }

    /// <inheritdoc/>
    public void Read(Span<byte> pixels)
    {
        var data = file.Span;
        var unit = (colourBits + 7) / 8;
        var at = start + (colours * unit);
        if (at > data.Length) throw Truncated();

        var table = data[start..at];
        data = data[at..];
        if (bits == 1)
        {
            ReadBits(data, pixels);
            return;
        }

        var bytes = (bits + 7) / 8;
        var (from, left, run) = (0, 0, false);
        for (var i = 0; i < Width * Height; i++)
        {
            if (packed && left == 0)
            {
                if (from >= data.Length) throw Truncated();
                (left, run) = ((data[from] & 0x7F) + 1, data[from] > 0x7F);
                from++;
            }
            if (from + bytes > data.Length) throw Truncated();
            Colour(data.Slice(from, bytes), table, unit, pixels.Slice(Place(i), 4));
            left--;
            if (!packed || !run || left == 0) from += bytes;
        }
    }

    private void ReadBits(ReadOnlySpan<byte> data, Span<byte> pixels)
    {
        var stride = (Width + 7) / 8;
        if ((long)stride * Height > data.Length) throw Truncated();
        for (var i = 0; i < Width * Height; i++)
        {
            var (row, column) = Math.DivRem(i, Width);
            var set = ((data[(row * stride) + (column >> 3)] >> (7 - (column & 7))) & 1) != 0;
            var target = pixels.Slice(Place(i), 4);
            target[..3].Fill(set ? byte.MaxValue : (byte)0);
            target[3] = byte.MaxValue;
        }
    }

    private int Place(int index)
    {
        var (row, column) = Math.DivRem(index, Width);
        return 4 * (((fromTop ? row : Height - 1 - row) * Width) + (fromRight ? Width - 1 - column : column));
    }

    private void Colour(ReadOnlySpan<byte> value, ReadOnlySpan<byte> table, int unit, Span<byte> target)
    {
        target[3] = byte.MaxValue;
        if (kind == 3)
        {
            target[..3].Fill(value[0]);
            return;
        }
        if (kind == 1)
        {
            // Colours that the table lacks are black.
            var place = (value[0] - firstColour) * unit;
            if (place < 0 || place >= table.Length)
            {
                target[..3].Clear();
                return;
            }
            value = table.Slice(place, unit);
        }
        if (value.Length == 2)
        {
            var word = BinaryPrimitives.ReadUInt16LittleEndian(value);
            for (var i = 0; i < 3; i++) target[i] = (byte)(((word >> (10 - (5 * i))) & 31) * 255 / 31);
            return;
        }
        (target[0], target[1], target[2]) = (value[2], value[1], value[0]);
    }

    private static int Short(ReadOnlySpan<byte> data, int at) => BinaryPrimitives.ReadUInt16LittleEndian(data[at..]);

    private static ImageException Truncated() => new(null, "the image is truncated");
}
