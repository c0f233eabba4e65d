using System.Buffers.Binary;
using Luma.Zoo.Images;

namespace Luma.Zoo.ImageSharp;

/// <summary>
/// Reads TIFF: strips and tiles of 1 to 16 bits, packed with LZW, deflate or PackBits or not at all. Fax, JPEG and YCbCr are left to
/// <see cref="TiffForeign"/>, in strips. Of 16 bits the upper eight are taken, also of grey, where PIL cuts off at 255.
/// </summary>
internal sealed class TiffReader : IImageReader
{
    private const int WhiteIsZero = 0, BlackIsZero = 1, Rgb = 2, Palette = 3, Cmyk = 5, YCbCr = 6;
    private const int Unsigned = 1, Signed = 2, Float = 3;

    private readonly ReadOnlyMemory<byte> file;
    private readonly bool little, apart, reversed, premultiplied;
    private readonly int compression, photometric, samples, depth, predictor, format;
    private readonly int segmentWidth, segmentHeight;
    private readonly long[] offsets, counts;
    private readonly byte[] colours = [];
    private readonly TiffForeign? foreign;

    public TiffReader(ReadOnlyMemory<byte> file)
    {
        this.file = file;
        var directory = new TiffDirectory(file);
        little = directory.IsLittle;
        (Width, Height) = (directory.Get(256, 0), directory.Get(257, 0));
        if (Width < 1 || Height < 1) throw new ImageException(null, "the image is empty");

        var turned = directory.Get(274, 1);
        Orientation = turned is >= 1 and <= 8 ? (ImageOrientation)turned : ImageOrientation.TopLeft;
        (compression, photometric, samples) = (directory.Get(259, 1), directory.Get(262, WhiteIsZero), directory.Get(277, 1));
        (predictor, format) = (directory.Get(317, 1), directory.Get(339, Unsigned));
        (apart, reversed) = (directory.Get(284, 1) == 2 && samples > 1, directory.Get(266, 1) == 2);
        premultiplied = photometric == Rgb && samples == 4 && directory.Get(338, 0) == 1;
        var depths = directory.Values(258);
        depth = depths.Length == 0 ? 1 : (int)Math.Min(depths[0], 1024);
        var tiled = directory.Values(322).Length > 0;
        (offsets, counts) = tiled ? (directory.Values(324), directory.Values(325)) : (directory.Values(273), directory.Values(279));
        if (compression is 2 or 3 or 4 or 7 || photometric == YCbCr)
        {
            if (tiled) throw Unsupported("tiles that are packed this way");
            foreign = new TiffForeign(file, directory, Width, Height, offsets, counts);
            return;
        }

        if (!TiffPacking.Knows(compression)) throw Unsupported($"compression {compression}");
        if (depths.Any(other => other != depth)) throw Unsupported("channels of different depths");
        var channels = photometric switch
        {
            WhiteIsZero or BlackIsZero or Palette => 1,
            Rgb => 3,
            Cmyk => 4,
            _ => throw Unsupported($"colours of kind {photometric}"),
        };
        if (samples < channels || samples > 16) throw new ImageException(null, $"the image is damaged: {samples} channels of colours that have {channels}");
        var fits = (depth, format) switch
        {
            (1 or 2 or 4, Unsigned) => channels == 1,
            (8 or 16, Unsigned) => photometric != Palette || depth == 8,
            (32, Unsigned) or (16, Signed) or (32, Float) => photometric == BlackIsZero,
            _ => false,
        };
        if (!fits) throw Unsupported($"{depth} bits a channel");
        if (predictor is not (1 or 2) || (predictor == 2 && depth is not (8 or 16))) throw Unsupported($"predictor {predictor} of {depth} bits");

        if (photometric == Palette)
        {
            var map = directory.Values(320);
            if (map.Length < 3 << depth) throw new ImageException(null, "the image is damaged: its palette is too short");
            colours = [.. map.Select(value => (byte)(value >> 8))];
        }
        (segmentWidth, segmentHeight) = tiled ? (directory.Get(322, 0), directory.Get(323, 0)) : (Width, Math.Min(Height, directory.Get(278, Height)));
        if (segmentWidth < 1 || segmentHeight < 1) throw new ImageException(null, "the image is damaged: it has empty strips");

        // Tiles may stick out of a small image, but not by so much that they are made to fill the memory.
        const long mostOutside = 1 << 22;
        if ((long)segmentWidth * segmentHeight > Math.Max(mostOutside, 4L * Width * Height) || SegmentBytes > Array.MaxLength)
            throw new ImageException(null, $"tiles or strips of {segmentWidth} by {segmentHeight} pixels are too large");
        var needed = (long)Across * Down * (apart ? samples : 1);
        if (offsets.Length < needed || (counts.Length < needed && compression != TiffPacking.None)) throw Truncated();
        CheckPacked((int)needed);
    }

    /// <inheritdoc/>
    public int Width { get; }

    /// <inheritdoc/>
    public int Height { get; }

    /// <inheritdoc/>
    public ImageOrientation Orientation { get; }

    /// <inheritdoc/>
    public long WorkingBytes => foreign is null ? SegmentBytes : (8L * Width * Height) + foreign.Bytes;

    private int Across => (int)(((long)Width + segmentWidth - 1) / segmentWidth);

    private int Down => (int)(((long)Height + segmentHeight - 1) / segmentHeight);

    // The channels that colours are made of.
    private int Used => photometric == Cmyk || premultiplied ? 4 : photometric == Rgb ? 3 : 1;

    private long Stride => (((long)segmentWidth * (apart ? 1 : samples) * depth) + 7) / 8;

    private long SegmentBytes => Stride * segmentHeight;

    /// <inheritdoc/>
    public void Read(Span<byte> pixels)
    {
        if (foreign is not null)
        {
            foreign.Read(pixels);
            return;
        }

        var buffer = GC.AllocateUninitializedArray<byte>((int)SegmentBytes);
        var used = Used;
        for (var plane = 0; plane < (apart ? used : 1); plane++)
        {
            for (var index = 0; index < Across * Down; index++)
            {
                var (down, across) = Math.DivRem(index, Across);
                // The last strip is cut, a tile is not.
                var rows = Math.Min(segmentHeight, Height - (down * segmentHeight));
                var bytes = buffer.AsSpan(0, (int)Stride * (segmentWidth == Width ? rows : segmentHeight));
                Unpack((plane * Across * Down) + index, bytes);
                for (var row = 0; row < rows; row++)
                {
                    var line = bytes.Slice(row * (int)Stride, (int)Stride);
                    if (predictor == 2) Undo(line);
                    var left = across * segmentWidth;
                    var y = (down * segmentHeight) + row;
                    Spread(line, pixels.Slice(4 * ((y * Width) + left), 4 * Math.Min(segmentWidth, Width - left)), plane, used);
                }
            }
        }
        for (var i = 0; i < pixels.Length; i += 4) Finish(pixels.Slice(i, 4));
    }

    // Strips may share their bytes, but not so that a small file takes long; and packed bytes give only so many, which is checked before
    // there is memory for them.
    private void CheckPacked(int segments)
    {
        var packed = 0L;
        for (var i = 0; i < segments; i++) packed += Packed(i, SegmentBytes).Length;

        var full = SegmentBytes * segments;
        if (packed > file.Length + full) throw new ImageException(null, "the image is damaged: its strips or tiles lie one over the other");
        var least = (segmentWidth == Width ? Stride * Height : SegmentBytes * Across * Down) * (apart ? Used : 1);
        if (packed * (double)TiffPacking.MostPerByte(compression) < least) throw Truncated();
    }

    private ReadOnlyMemory<byte> Packed(int index, long unpacked)
    {
        var offset = offsets[index];
        if (offset < 0 || offset > file.Length) throw Truncated();
        return file.Slice((int)offset, (int)Math.Min(index < counts.Length ? counts[index] : unpacked, file.Length - offset));
    }

    private void Unpack(int index, Span<byte> target)
    {
        var packed = Packed(index, target.Length);
        if (reversed)
        {
            var turned = packed.ToArray();
            for (var i = 0; i < turned.Length; i++) turned[i] = (byte)(((turned[i] * 0x0202020202UL) & 0x010884422010UL) % 1023);
            packed = turned;
        }
        TiffPacking.Unpack(compression, packed, target);
    }

    // Each value is the difference from the one to its left.
    private void Undo(Span<byte> line)
    {
        var step = apart ? 1 : samples;
        if (depth == 8)
        {
            for (var i = step; i < line.Length; i++) line[i] += line[i - step];
            return;
        }
        for (var i = 2 * step; i + 1 < line.Length; i += 2)
        {
            var sum = (ushort)(Word(line, i) + Word(line, i - (2 * step)));
            if (little) BinaryPrimitives.WriteUInt16LittleEndian(line[i..], sum);
            else BinaryPrimitives.WriteUInt16BigEndian(line[i..], sum);
        }
    }

    private int Word(ReadOnlySpan<byte> line, int at) =>
        little ? BinaryPrimitives.ReadUInt16LittleEndian(line[at..]) : BinaryPrimitives.ReadUInt16BigEndian(line[at..]);

    // The raw channels of each pixel, eight bits each.
    private void Spread(ReadOnlySpan<byte> line, Span<byte> target, int plane, int used)
    {
        var step = apart ? 1 : samples;
        for (var i = 0; i < target.Length / 4; i++)
        {
            if (apart) target[(4 * i) + plane] = Sample(line, i);
            else
                for (var channel = 0; channel < used; channel++) target[(4 * i) + channel] = Sample(line, (i * step) + channel);
        }
    }

    private byte Sample(ReadOnlySpan<byte> line, int index) => (depth, format) switch
    {
        (8, _) => line[index],
        (16, Signed) => (byte)Math.Clamp((int)(short)Word(line, 2 * index), 0, 255),
        (16, _) => line[(2 * index) + (little ? 1 : 0)],
        (32, Float) => Clip(little ? BinaryPrimitives.ReadSingleLittleEndian(line[(4 * index)..]) : BinaryPrimitives.ReadSingleBigEndian(line[(4 * index)..])),
        (32, _) => line[(4 * index) + (little ? 3 : 0)],
        _ => Bits(line, index),
    };

    private byte Bits(ReadOnlySpan<byte> line, int index)
    {
        var most = (1 << depth) - 1;
        var value = (line[index * depth / 8] >> (8 - depth - (index * depth % 8))) & most;
        return (byte)(photometric == Palette ? value : value * 255 / most);
    }

    private static byte Clip(float value) => value > 0 ? (byte)Math.Min(value, 255) : (byte)0;

    private void Finish(Span<byte> pixel)
    {
        switch (photometric)
        {
            case WhiteIsZero:
                pixel[..3].Fill((byte)(255 - pixel[0]));
                break;
            case BlackIsZero:
                pixel[..3].Fill(pixel[0]);
                break;
            case Palette:
                var index = pixel[0];
                for (var i = 0; i < 3; i++) pixel[i] = colours[index + (i * (colours.Length / 3))];
                break;
            case Cmyk:
                var light = 255 - pixel[3];
                for (var i = 0; i < 3; i++)
                {
                    // PIL's division by 255, which rounds.
                    var product = (pixel[i] * light) + 128;
                    pixel[i] = (byte)Math.Max(light - (((product >> 8) + product) >> 8), 0);
                }
                break;
            case Rgb when premultiplied:
                for (var i = 0; i < 3; i++) pixel[i] = pixel[3] == 0 ? (byte)0 : (byte)Math.Min(pixel[i] * 255 / pixel[3], 255);
                break;
        }
        pixel[3] = byte.MaxValue;
    }

    private static ImageException Unsupported(string what) => new(null, $"TIFF with {what} cannot be read; convert it to PNG");

    private static ImageException Truncated() => new(null, "the image is truncated");
}
