using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Luma.Zoo.Images;

/// <summary>
/// The first frame of a GIF, as PIL sees it: transparent pixels have their palette's colour, and so has what the frame does not cover.
/// Skia blends both away, so it is given the frame as a GIF of its own, without transparency.
/// </summary>
internal sealed class GifFrame
{
    private const int HeaderBytes = 13, DescriptorBytes = 9, Colours = 256;
    private const byte Extension = 0x21, GraphicControl = 0xF9, Descriptor = 0x2C, Trailer = 0x3B;

    private readonly (int X, int Y) place;
    private readonly uint background;

    private GifFrame((int Width, int Height) canvas, (int X, int Y) place, (int Width, int Height) frame, byte[] encoded, uint background)
    {
        ((CanvasWidth, CanvasHeight), this.place, Encoded, this.background) = (canvas, place, encoded, background);
        Pixels = ((long)canvas.Width * canvas.Height) + (frame == canvas ? 0 : (long)frame.Width * frame.Height);
    }

    /// <summary>The pixels that are held in memory at a time: the canvas's, and the frame's where it does not cover the canvas.</summary>
    public long Pixels { get; }

    /// <summary>The width of the whole image.</summary>
    public int CanvasWidth { get; }

    /// <summary>The height of the whole image.</summary>
    public int CanvasHeight { get; }

    /// <summary>The frame as a file.</summary>
    public byte[] Encoded { get; }

    /// <summary>Finds the first frame.</summary>
    /// <param name="file">A file.</param>
    /// <param name="name">Its name.</param>
    /// <returns>The frame, or null if the file is no GIF.</returns>
    /// <exception cref="ImageException">It is a GIF without a frame.</exception>
    public static GifFrame? Parse(ReadOnlySpan<byte> file, string? name)
    {
        if (!file.StartsWith("GIF87a"u8) && !file.StartsWith("GIF89a"u8)) return null;
        if (file.Length < HeaderBytes) throw Truncated(name);

        var (width, height) = (Number(file[6..]), Number(file[8..]));
        var at = HeaderBytes;
        var palette = Palette(file, file[10], ref at) ?? [];
        int? transparent = null;
        while (true)
        {
            if (at >= file.Length) throw Truncated(name);
            switch (file[at++])
            {
                case Extension:
                    if (at + 1 >= file.Length) throw Truncated(name);
                    var control = file[at++] == GraphicControl;
                    if (control && file[at] >= 4 && at + 4 < file.Length) transparent = (file[at + 1] & 1) != 0 ? file[at + 4] : transparent;
                    SkipBlocks(file, ref at);
                    break;
                case Descriptor:
                    if (at + DescriptorBytes > file.Length) throw Truncated(name);
                    return Frame(file, at, (width, height), palette, transparent);
                case Trailer:
                    throw new ImageException(name, "there is no image in this GIF");
            }
        }
    }

    /// <summary>Puts the decoded frame where it belongs on the canvas.</summary>
    /// <param name="frame">The frame, whose memory its owner gives back.</param>
    /// <returns>The whole image.</returns>
    public PixelBuffer OnCanvas(PixelBuffer frame)
    {
        var whole = frame.CreateLike(CanvasWidth, CanvasHeight);
        var canvas = MemoryMarshal.Cast<byte, uint>(whole.Bytes);
        var source = MemoryMarshal.Cast<byte, uint>(frame.Bytes);
        canvas.Fill(background);
        for (var row = 0; row < frame.Height; row++)
            source.Slice(row * frame.Width, frame.Width).CopyTo(canvas[(((place.Y + row) * CanvasWidth) + place.X)..]);
        return whole;
    }

    private static GifFrame Frame(ReadOnlySpan<byte> file, int at, (int Width, int Height) canvas, byte[] palette, int? transparent)
    {
        var (x, y, width, height) = (Number(file[at..]), Number(file[(at + 2)..]), Number(file[(at + 4)..]), Number(file[(at + 6)..]));
        var flags = file[at + 8];
        at += DescriptorBytes;
        palette = Palette(file, flags, ref at) ?? palette;
        var data = at;
        at++;
        SkipBlocks(file, ref at);

        // As in PIL: without a palette, or with one of greys in their order, numbers are greys; colours that any other lacks are black.
        var full = new byte[3 * Colours];
        if (!palette.Where((value, place) => value != place / 3).Any())
            for (var i = 0; i < full.Length; i++) full[i] = (byte)(i / 3);
        else
            palette.CopyTo(full, 0);

        using var encoded = new MemoryStream();
        encoded.Write("GIF89a"u8);
        Write(encoded, width);
        Write(encoded, height);
        // A global palette of 256 colours.
        encoded.Write([0xF7, 0, 0]);
        encoded.Write(full);
        encoded.Write([Descriptor, 0, 0, 0, 0]);
        Write(encoded, width);
        Write(encoded, height);
        const byte interlaced = 0x40;
        encoded.WriteByte((byte)(flags & interlaced));
        encoded.Write(file[Math.Min(data, file.Length)..Math.Min(at, file.Length)]);
        if (at <= file.Length) encoded.WriteByte(Trailer);

        var outside = full.AsSpan(3 * (transparent ?? 0), 3);
        ReadOnlySpan<byte> colour = [outside[0], outside[1], outside[2], byte.MaxValue];
        // The canvas grows with a frame that does not fit on it.
        return new((Math.Max(canvas.Width, x + width), Math.Max(canvas.Height, y + height)), (x, y), (width, height), encoded.ToArray(), MemoryMarshal.Read<uint>(colour));
    }

    private static byte[]? Palette(ReadOnlySpan<byte> file, byte flags, ref int at)
    {
        const int present = 0x80, sizeBits = 7;
        if ((flags & present) == 0) return null;

        var start = Math.Min(at, file.Length);
        at += 3 << ((flags & sizeBits) + 1);
        return file[start..Math.Min(at, file.Length)].ToArray();
    }

    // Past the block of length zero that ends them; past the end where there is none.
    private static void SkipBlocks(ReadOnlySpan<byte> file, ref int at)
    {
        while (at < file.Length && file[at] != 0) at += 1 + file[at];
        at++;
    }

    private static int Number(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt16LittleEndian(bytes);

    private static void Write(MemoryStream stream, int number) => stream.Write([(byte)number, (byte)(number >> 8)]);

    private static ImageException Truncated(string? name) => new(name, "the image is truncated");
}
