using System.Buffers.Binary;
using Luma.Zoo.Images;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.Formats.Tiff;
using SixLabors.ImageSharp.Metadata;
using SixLabors.ImageSharp.PixelFormats;

namespace Luma.Zoo.ImageSharp;

/// <summary>
/// Has ImageSharp decode strips of fax, JPEG or YCbCr. It gets a file of its own, with one directory of the few tags that it needs and
/// with strips that lie one after the other: no links that go in a circle, no metadata, no strips that overlap or are larger than the image.
/// </summary>
internal sealed class TiffForeign
{
    private const int ImageWidth = 256, ImageLength = 257, Compression = 259, StripOffsets = 273, RowsPerStrip = 278, StripByteCounts = 279;
    private const int Jpeg = 7, JpegTables = 347;
    private const int HeaderBytes = 8, EntryBytes = 12, InlineBytes = 4;
    private const int Bytes8 = 1, Bytes16 = 3, Bytes32 = 4, Anything = 7;

    // Bits, colours, the order of bits, channels, how they lie, fax, the predictor, and how YCbCr is sampled.
    private static readonly int[] Numbers = [258, 262, 266, 277, 284, 292, 293, 317, 339, 530];

    private readonly byte[] tiff;
    private readonly int width, height;

    /// <summary>Writes the file.</summary>
    /// <exception cref="ImageException">The strips are not what the directory says.</exception>
    public TiffForeign(ReadOnlyMemory<byte> file, TiffDirectory directory, int width, int height, long[] offsets, long[] counts)
    {
        (this.width, this.height) = (width, height);
        var rows = Math.Clamp(directory.Get(RowsPerStrip, height), 1, height);
        var strips = (int)(((long)height + rows - 1) / rows);
        if (directory.Get(284, 1) != 1) throw new ImageException(null, "TIFF with planes that are packed this way cannot be read; convert it to PNG");
        if (offsets.Length < strips || counts.Length < strips) throw Truncated();

        var total = 0L;
        for (var i = 0; i < strips; i++)
        {
            if (offsets[i] < 0 || counts[i] < 1 || offsets[i] > file.Length - counts[i]) throw Truncated();
            total += counts[i];
        }
        if (total > file.Length) throw new ImageException(null, "the image is damaged: its strips lie one over the other");

        var compression = directory.Get(Compression, 1);
        var tags = new SortedDictionary<int, (int Type, long[] Values)>
        {
            [ImageWidth] = (Bytes32, [width]),
            [ImageLength] = (Bytes32, [height]),
            [Compression] = (Bytes16, [compression]),
            [RowsPerStrip] = (Bytes32, [rows]),
            [StripByteCounts] = (Bytes32, counts[..strips]),
        };
        foreach (var tag in Numbers)
        {
            var values = directory.Values(tag);
            if (values.Length is > 0 and <= 16) tags[tag] = (tag is 292 or 293 ? Bytes32 : Bytes16, values);
        }
        if (compression == Jpeg && directory.Bytes(JpegTables) is { Length: > 0 } tables) tags[JpegTables] = (Anything, [.. Array.ConvertAll(tables, value => (long)value)]);

        using var stream = new MemoryStream((int)Math.Min(total + 4096 + (8L * strips), Array.MaxLength));
        Write(stream, file.Span, directory.IsLittle, tags, offsets, counts, strips);
        tiff = stream.ToArray();
        if (compression != Jpeg) return;
        for (var i = 0; i < strips; i++) CheckFrame(file.Span.Slice((int)offsets[i], (int)counts[i]), width, Math.Min(rows, height - (i * rows)));
    }

    /// <summary>How many bytes the file takes.</summary>
    public int Bytes => tiff.Length;

    /// <summary>Decodes it.</summary>
    public void Read(Span<byte> pixels)
    {
        using var stream = new MemoryStream(tiff);
        using var image = new TiffDecoder { DecodingMode = FrameDecodingMode.First, IgnoreMetadata = true }.Decode<Rgba32>(Configuration.Default, stream, default);
        if ((image.Width, image.Height) != (width, height)) throw new ImageException(null, "the image is damaged");
        new ImageReader<Rgba32>(image).Read(pixels);
    }

    private static void Write(
        MemoryStream stream, ReadOnlySpan<byte> file, bool little, SortedDictionary<int, (int Type, long[] Values)> tags, long[] offsets, long[] counts, int strips)
    {
        var at = HeaderBytes + sizeof(ushort) + (EntryBytes * (tags.Count + 1)) + sizeof(uint);
        var behind = tags.Values.Sum(tag => Size(tag.Type, tag.Values.Length) is > InlineBytes and var size ? size : 0) + (strips > 1 ? 4 * strips : 0);
        var places = new long[strips];
        for (var (i, place) = (0, (long)at + behind); i < strips; place += counts[i++]) places[i] = place;
        tags[StripOffsets] = (Bytes32, places);

        stream.Write(little ? "II"u8 : "MM"u8);
        Number(42, 2);
        Number(HeaderBytes, 4);
        Number(tags.Count, 2);
        foreach (var (tag, (type, values)) in tags)
        {
            Number(tag, 2);
            Number(type, 2);
            Number(values.Length, 4);
            var size = Size(type, values.Length);
            if (size > InlineBytes)
            {
                Number(at, 4);
                at += size;
                continue;
            }
            foreach (var value in values) Number(value, Unit(type));
            Number(0, InlineBytes - size);
        }
        Number(0, 4);
        foreach (var (type, values) in tags.Values)
        {
            if (Size(type, values.Length) <= InlineBytes) continue;
            foreach (var value in values) Number(value, Unit(type));
        }
        for (var i = 0; i < strips; i++) stream.Write(file.Slice((int)offsets[i], (int)counts[i]));

        void Number(long value, int bytes)
        {
            Span<byte> number = stackalloc byte[sizeof(long)];
            if (little) BinaryPrimitives.WriteInt64LittleEndian(number, value);
            else BinaryPrimitives.WriteInt64BigEndian(number, value << (8 * (sizeof(long) - bytes)));
            stream.Write(number[..bytes]);
        }
    }

    private static int Unit(int type) => type switch
    {
        Bytes8 or Anything => 1,
        Bytes16 => 2,
        _ => 4,
    };

    private static int Size(int type, int count) => Unit(type) * count;

    // A strip's JPEG has its size; one of another size would take memory for that. More than one scan can take any time.
    private static void CheckFrame(ReadOnlySpan<byte> jpeg, int width, int rows)
    {
        for (var at = 2; at + 8 < jpeg.Length && jpeg[at] == 0xFF;)
        {
            var marker = jpeg[at + 1];
            if (marker == 0xFF)
            {
                at++;
                continue;
            }
            if (marker is 0xC0 or 0xC1)
            {
                var (height, across) = (BinaryPrimitives.ReadUInt16BigEndian(jpeg[(at + 5)..]), BinaryPrimitives.ReadUInt16BigEndian(jpeg[(at + 7)..]));
                if (across != width || height != rows || HasFrame(jpeg[(at + 2)..])) break;
                return;
            }
            if (IsFrame(marker)) throw new ImageException(null, "TIFF with this kind of JPEG cannot be read; convert it to PNG");
            at += 2 + BinaryPrimitives.ReadUInt16BigEndian(jpeg[(at + 2)..]);
        }
        throw new ImageException(null, "the image is damaged: a JPEG inside is not as large as its strip");
    }

    private static bool HasFrame(ReadOnlySpan<byte> jpeg)
    {
        for (var i = 0; i + 1 < jpeg.Length; i++)
        {
            if (jpeg[i] == 0xFF && IsFrame(jpeg[i + 1])) return true;
        }
        return false;
    }

    private static bool IsFrame(byte marker) => marker is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC);

    private static ImageException Truncated() => new(null, "the image is truncated");
}
