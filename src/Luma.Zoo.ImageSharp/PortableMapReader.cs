using Luma.Zoo.Images;

namespace Luma.Zoo.ImageSharp;

/// <summary>
/// Reads a portable map. Levels are scaled to 255 and rounded, as in PIL. Grey with a greatest value above 255 is scaled to 16 bits first, of
/// which the upper eight are taken.
/// </summary>
internal sealed class PortableMapReader : IImageReader
{
    private const int MostLevel = 65535;

    private readonly ReadOnlyMemory<byte> file;
    private readonly bool text, map;
    private readonly int channels, most, start;

    public PortableMapReader(ReadOnlyMemory<byte> file)
    {
        this.file = file;
        var data = file.Span;
        var kind = data[1] - '0';
        (text, map, channels) = (kind <= 3, kind is 1 or 4, kind is 3 or 6 ? 3 : 1);
        var at = 2;
        Width = Number(data, ref at) ?? throw Truncated();
        Height = Number(data, ref at) ?? throw Truncated();
        most = map ? 1 : Number(data, ref at) ?? throw Truncated();
        if (most is < 1 or > MostLevel) throw new ImageException(null, $"the greatest value is {most}: it must be between 1 and {MostLevel}");

        // One byte of white space ends the header.
        start = at + 1;

        // Before there is memory for the pixels: as text, a bit takes a byte, and a number two but for the last.
        var values = (long)Width * Height * channels;
        var least = text ? map ? values : (2 * values) - 1 : map ? (Width + 7L) / 8 * Height : values * (most > 255 ? 2 : 1);
        if (data.Length - start < least) throw Truncated();
    }

    /// <inheritdoc/>
    public int Width { get; }

    /// <inheritdoc/>
    public int Height { get; }

    /// <summary>Whether a byte is white space.</summary>
    public static bool IsSpace(byte value) => value is (byte)' ' or (>= 9 and <= 13);

    /// <inheritdoc/>
    public void Read(Span<byte> pixels)
    {
        var data = file.Span;
        var scale = Scale();
        if (text) ReadText(data, pixels, scale);
        else if (map) ReadBits(data[Math.Min(start, data.Length)..], pixels);
        else ReadBinary(data[Math.Min(start, data.Length)..], pixels, scale);
    }

    private byte[] Scale()
    {
        var scale = new byte[most + 1];
        for (var i = 0; i <= most; i++)
        {
            scale[i] = map ? (byte)(255 - (255 * i))
                : channels == 1 && most > 255 ? (byte)((int)Math.Round((double)i / most * MostLevel) >> 8)
                : (byte)Math.Round((double)i / most * 255);
        }
        return scale;
    }

    private void ReadText(ReadOnlySpan<byte> data, Span<byte> pixels, byte[] scale)
    {
        var at = start;
        for (var i = 0; i < pixels.Length; i += 4)
        {
            for (var channel = 0; channel < channels; channel++)
            {
                var value = (map ? Digit(data, ref at) : Number(data, ref at)) ?? throw Truncated();
                if (value > most) throw new ImageException(null, "the image is damaged: a value is above the greatest");
                pixels[i + channel] = scale[value];
            }
            Finish(pixels.Slice(i, 4));
        }
    }

    private void ReadBinary(ReadOnlySpan<byte> data, Span<byte> pixels, byte[] scale)
    {
        var bytes = most > 255 ? 2 : 1;
        if ((long)Width * Height * channels * bytes > data.Length) throw Truncated();
        var at = 0;
        for (var i = 0; i < pixels.Length; i += 4)
        {
            for (var channel = 0; channel < channels; channel++, at += bytes)
                pixels[i + channel] = scale[Math.Min(bytes == 1 ? data[at] : (data[at] << 8) | data[at + 1], most)];
            Finish(pixels.Slice(i, 4));
        }
    }

    private void ReadBits(ReadOnlySpan<byte> data, Span<byte> pixels)
    {
        var stride = (Width + 7) / 8;
        if ((long)stride * Height > data.Length) throw Truncated();
        for (var i = 0; i < Width * Height; i++)
        {
            var (row, column) = Math.DivRem(i, Width);
            pixels[4 * i] = ((data[(row * stride) + (column >> 3)] >> (7 - (column & 7))) & 1) == 0 ? byte.MaxValue : (byte)0;
            Finish(pixels.Slice(4 * i, 4));
        }
    }

    private void Finish(Span<byte> pixel)
    {
        if (channels == 1) pixel[1] = pixel[2] = pixel[0];
        pixel[3] = byte.MaxValue;
    }

    private static int? Digit(ReadOnlySpan<byte> data, ref int at)
    {
        Skip(data, ref at);
        if (at >= data.Length) return null;
        return data[at++] switch
        {
            (byte)'0' => 0,
            (byte)'1' => 1,
            _ => throw new ImageException(null, "the image is damaged: a bit is neither 0 nor 1"),
        };
    }

    // Null at the end. A comment may also stand inside a number, and goes to the end of its line.
    private static int? Number(ReadOnlySpan<byte> data, ref int at)
    {
        Skip(data, ref at);
        if (at >= data.Length) return null;

        var number = 0L;
        for (; at < data.Length && !IsSpace(data[at]); at++)
        {
            if (data[at] == '#')
            {
                SkipComment(data, ref at);
                continue;
            }
            if (!char.IsAsciiDigit((char)data[at])) throw new ImageException(null, "the image is damaged: there is something else where a number should be");
            number = (number * 10) + data[at] - '0';
            if (number > int.MaxValue) throw new ImageException(null, "the image is damaged: a number is too large");
        }
        return (int)number;
    }

    private static void Skip(ReadOnlySpan<byte> data, ref int at)
    {
        for (; at < data.Length; at++)
        {
            if (data[at] == '#') SkipComment(data, ref at);
            else if (!IsSpace(data[at])) return;
        }
    }

    // To the last byte of the comment.
    private static void SkipComment(ReadOnlySpan<byte> data, ref int at)
    {
        while (at < data.Length && data[at] is not ((byte)'\n' or (byte)'\r')) at++;
    }

    private static ImageException Truncated() => new(null, "the image is truncated");
}
