using System.IO.Compression;
using System.Text;
using Luma.Zoo.Images;
using Luma.Zoo.ImageSharp;

namespace Luma.Zoo.Tests.Images;

/// <summary>TIFF, TGA and portable maps that are made to take time or memory.</summary>
public class HostileFileTests
{
    private static readonly DecodeOptions Everything = new() { Formats = ImageSharpFormats.All };

    [Fact]
    public void What_the_builder_writes_is_a_TIFF()
    {
        var image = ImageDecoder.Decode(TiffBuilder.Rgb(2, 3).WithStrips(1, [.. Enumerable.Range(0, 18).Select(i => (byte)i)]).Build(), Everything);

        Assert.Equal((2, 3, 17), (image.Width, image.Height, image.Pixels[22]));
    }

    [Theory]
    [InlineData(60000, 60000)]
    [InlineData(uint.MaxValue, uint.MaxValue)]
    [InlineData(int.MaxValue, 1)]
    [InlineData(1, int.MaxValue)]
    [InlineData(1u << 30, 1u << 30)]
    public void A_huge_image_in_a_small_file_is_refused(uint width, uint height)
    {
        foreach (var compression in (int[])[1, 2, 3, 4, 5, 7, 8, 32773])
            Refused(TiffBuilder.Rgb(width, height, compression).WithStrips(1, new byte[100]).Build());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(8)]
    [InlineData(32773)]
    public void Bytes_that_cannot_give_so_many_pixels_are_refused_without_memory_for_them(int compression)
    {
        var file = TiffBuilder.Rgb(13000, 13000, compression).WithStrips(1, new byte[500]).Build();
        var before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Equal("the image is truncated", Refused(file));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 10_000_000);
    }

    // Each strip alone is right, and takes all bytes: a file of 8 MB would be unpacked a hundred thousand times.
    [Theory]
    [InlineData(5, 1)]
    [InlineData(8, 1)]
    [InlineData(32773, 1)]
    [InlineData(1, 2)]
    public void Strips_that_lie_one_over_the_other_are_refused(int compression, uint order)
    {
        var bytes = compression switch
        {
            // Codes of nine bits that all say "begin again" and then one row.
            5 => Enumerable.Repeat((byte)0x80, 200_000).ToArray(),
            8 => Deflate(new byte[3], padding: 200_000),
            32773 => [.. Enumerable.Repeat((byte)0x80, 200_000), 2, 1, 2, 3],
            _ => new byte[200_000],
        };

        Assert.Contains("one over the other", Refused(TiffBuilder.Rgb(1, 50_000, compression).With(278, 1).With(266, order).WithStrips(50_000, bytes).Build()), StringComparison.Ordinal);
    }

    [Fact]
    public void Strips_may_share_the_bytes_of_one_row()
    {
        var image = ImageDecoder.Decode(TiffBuilder.Rgb(2, 100).With(278, 1).WithStrips(100, [1, 2, 3, 4, 5, 6]).Build(), Everything);

        Assert.Equal((byte)6, image.Pixels[^2]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4)]
    public void Directories_that_go_in_a_circle_are_not_followed(int compression)
    {
        var tiff = TiffBuilder.Rgb(8, 8, compression).With(258, 1).With(262, 1).With(277, 1).WithStrips(1, new byte[1000]);

        try
        {
            Assert.Equal(8, ImageDecoder.Decode(tiff.Build(next: 8), Everything).Width);
        }
        catch (ImageException)
        {
            Assert.NotEqual(1, compression);
        }
    }

    [Theory]
    [InlineData(273)]
    [InlineData(279)]
    [InlineData(258)]
    [InlineData(320)]
    public void Counts_that_overflow_are_refused_or_passed_over(int tag)
    {
        var file = TiffBuilder.Rgb(2, 2).With(tag, 1, 2, 3).WithStrips(2, new byte[12]).With(278, 1).Build();
        var entry = file.AsSpan().IndexOf<byte>([(byte)tag, (byte)(tag >> 8), 4, 0]);
        foreach (var count in (uint[])[0x40000001, 0x80000000, uint.MaxValue])
        {
            BitConverter.TryWriteBytes(file.AsSpan(entry + 4), count);
            OnlyTheOneException(file);
        }
    }

    [Theory]
    [InlineData(65500, 65500)]
    [InlineData(8, 65500)]
    [InlineData(4, 8)]
    public void A_JPEG_inside_that_is_larger_than_its_strip_is_refused(int width, int height)
    {
        byte[] jpeg = [0xFF, 0xD8, 0xFF, 0xC0, 0, 11, 8, (byte)(height >> 8), (byte)height, (byte)(width >> 8), (byte)width, 1, 1, 0x11, 0, 0xFF, 0xD9];

        Assert.Contains("not as large as its strip", Refused(TiffBuilder.Rgb(8, 8, compression: 7).WithStrips(1, jpeg).Build()), StringComparison.Ordinal);
    }

    [Fact]
    public void Strips_that_ImageSharp_decodes_must_not_overlap_either()
    {
        var file = TiffBuilder.Rgb(8, 5000, compression: 4).With(258, 1).With(262, 0).With(277, 1).With(278, 1).WithStrips(5000, new byte[5000]).Build();

        Assert.Contains("one over the other", Refused(file), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(10)]
    [InlineData(3)]
    [InlineData(11)]
    public void A_TGA_without_bytes_for_its_pixels_is_refused_without_memory_for_them(byte kind)
    {
        byte[] file = [0, 0, kind, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xC8, 0x32, 0xC8, 0x32, (byte)((kind & 3) == 2 ? 24 : 8), 0x20, .. new byte[1000]];
        var before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Equal("the image is truncated", Refused(file));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000_000);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void A_portable_map_without_bytes_for_its_pixels_is_refused_without_memory_for_them(int kind)
    {
        var file = Encoding.ASCII.GetBytes($"P{kind}\n13000 13000\n{(kind is 1 or 4 ? "" : "255\n")}{new string('1', 1000)}");
        var before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Equal("the image is truncated", Refused(file));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000_000);
    }

    [Theory]
    [InlineData("P5 99999999999 1 255\n")]
    [InlineData("P5 2147483647 2147483647 255\n")]
    [InlineData("P6 2147483647 2147483647 65535\n")]
    [InlineData("P4 2147483647 2147483647\n")]
    [InlineData("P3 2147483647 2147483647 65535\n")]
    [InlineData("P5 1 1 0\n")]
    [InlineData("P5 #")]
    public void Numbers_of_a_portable_map_that_overflow_are_refused(string header) => Refused(Encoding.ASCII.GetBytes(header));

    private static string Refused(byte[] file)
    {
        var exception = Assert.Throws<ImageException>(() => ImageDecoder.Decode(file, Everything));
        Assert.DoesNotContain('\n', exception.Message);
        return exception.Reason;
    }

    private static void OnlyTheOneException(byte[] file)
    {
        try
        {
            ImageDecoder.Decode(file, Everything);
        }
        catch (ImageException exception)
        {
            Assert.DoesNotContain('\n', exception.Message);
        }
    }

    // Many empty blocks before the bytes.
    private static byte[] Deflate(byte[] bytes, int padding)
    {
        using var packed = new MemoryStream();
        packed.Write([0x78, 0x9C]);
        for (var i = 0; i < padding / 5; i++) packed.Write([0, 0, 0, 0xFF, 0xFF]);
        using (var deflate = new DeflateStream(packed, CompressionLevel.Fastest, leaveOpen: true)) deflate.Write(bytes);
        return packed.ToArray();
    }
}
