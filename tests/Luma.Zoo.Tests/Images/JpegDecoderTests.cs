using System.Runtime.InteropServices;
using Luma.Zoo.Images;
using Luma.Zoo.Images.Jpeg;
using SkiaSharp;

namespace Luma.Zoo.Tests.Images;

/// <summary>The decoder of usual JPEGs against Skia's, to the bit.</summary>
public class JpegDecoderTests
{
    private static readonly string[] LeftToSkia =
    [
        "4:1:1", "4:4:0", "4:1:0", "luma subsampled, chroma not", "progressive", "arithmetic coding", "RGB without transform", "CMYK, Adobe",
        "YCCK, Adobe", "16-bit quantisation tables",
    ];

    // Where something follows the scan Skia knows best.
    private static readonly string[] Followed = ["exif-after-the-scan.jpg"];

    [Fact]
    public void Unusual_kinds_are_left_to_Skia() =>
        Assert.Equal(
            LeftToSkia.Order(),
            Pictures.All.Where(picture => picture.Format == "JPEG" && JpegFrame.Read(picture.Bytes) is null).Select(picture => picture.Kind).Distinct().Order());

    [Fact]
    public void Every_area_has_the_pixels_that_Skia_gives()
    {
        var random = new Random(1);
        foreach (var picture in Pictures.All.Where(picture => picture.Format == "JPEG" && !LeftToSkia.Contains(picture.Kind)))
            Assert.Equal(!Followed.Contains(picture.File), Compare(picture.Bytes, picture.File, random, rounds: 20));
    }

    [Theory]
    [InlineData(SKJpegEncoderDownsample.Downsample420)]
    [InlineData(SKJpegEncoderDownsample.Downsample422)]
    [InlineData(SKJpegEncoderDownsample.Downsample444)]
    public void Every_size_has_the_pixels_that_Skia_gives(SKJpegEncoderDownsample sampling)
    {
        var random = new Random((int)sampling);
        for (var size = 1; size <= 70; size++)
        {
            // Neither noise nor a plane, at all qualities.
            using var bitmap = new SKBitmap(size, random.Next(70) + 1, SKColorType.Rgba8888, SKAlphaType.Opaque);
            var contrast = random.Next(256);
            var bytes = new byte[bitmap.ByteCount];
            for (var i = 0; i < bytes.Length; i++) bytes[i] = (byte)((i * 255 / bytes.Length) + random.Next(-contrast, contrast + 1));
            Marshal.Copy(bytes, 0, bitmap.GetPixels(), bytes.Length);
            using var map = bitmap.PeekPixels();
            using var file = map.Encode(new SKJpegEncoderOptions(random.Next(1, 101), sampling, SKJpegEncoderAlphaOption.Ignore));

            var narrow = size < 5 && sampling != SKJpegEncoderDownsample.Downsample444;
            Assert.Equal(!narrow, Compare(file!.ToArray(), $"{sampling} {size} by {bitmap.Height}", random, rounds: 5));
        }
    }

    [Fact]
    public void What_is_taken_of_damaged_files_has_the_pixels_that_Skia_gives()
    {
        var originals = Pictures.All.Where(picture => picture.Format == "JPEG" && !LeftToSkia.Contains(picture.Kind)).ToList();
        var random = new Random(3);
        var rounds = Fuzzing.Rounds(2000);
        var taken = 0;
        for (var round = 0; round < rounds; round++)
        {
            var bytes = (byte[])originals[round % originals.Count].Bytes.Clone();
            for (var change = random.Next(1, 4); change > 0; change--)
            {
                var place = random.Next(4) == 0 ? random.Next(Math.Min(700, bytes.Length)) : random.Next(bytes.Length);
                bytes[place] = random.Next(3) == 0 ? (byte)(bytes[place] ^ (1 << random.Next(8))) : (byte)random.Next(256);
            }
            if (random.Next(8) == 0) bytes = [.. bytes[..random.Next(bytes.Length)], 0xFF, 0xD9];
            if (JpegFrame.Read(bytes) is { } frame && (long)frame.Width * frame.Height <= 1 << 20 && Compare(bytes, $"round {round}", random, rounds: 2)) taken++;
        }
        Assert.InRange(taken, rounds / 20, rounds);
    }

    [Fact]
    public void A_block_far_out_of_range_is_what_libjpeg_makes_of_it()
    {
        // With the largest steps, levels go round beyond ten bits.
        var picture = Pictures.Get(Pictures.All.First(picture => picture.Kind == "quality 1").File);
        var bytes = (byte[])picture.Bytes.Clone();
        for (var at = bytes.AsSpan().IndexOf<byte>([0xFF, 0xDB]); at >= 0;)
        {
            bytes.AsSpan(at + 5, 64).Fill(255);
            var next = bytes.AsSpan(at + 2).IndexOf<byte>([0xFF, 0xDB]);
            at = next < 0 ? next : at + 2 + next;
        }

        Assert.True(Compare(bytes, "largest steps", new Random(4), rounds: 10));
    }

    // Whether the file was decoded; the first area is the whole image.
    private static bool Compare(byte[] file, string name, Random random, int rounds)
    {
        if (JpegFrame.Read(file) is not { } frame) return false;

        var (width, height) = (frame.Width, frame.Height);
        byte[]? expected = null;
        for (var round = 0; round < rounds; round++)
        {
            var (left, top) = round == 0 ? (0, 0) : (random.Next(width), random.Next(height));
            var area = round == 0 ? new PixelArea(0, 0, width, height) : new(left, top, random.Next(width - left) + 1, random.Next(height - top) + 1);
            var pixels = new byte[4 * area.Width * area.Height];
            if (!JpegDecoder.TryDecode(file, frame, area, pixels, new BufferPool(1 << 20)))
            {
                Assert.Null(expected);
                return false;
            }

            expected ??= BySkia(file, width, height, name);
            for (var y = 0; y < area.Height; y++)
            {
                var row = expected.AsSpan(4 * (((area.Top + y) * width) + area.Left), 4 * area.Width);
                Assert.True(row.SequenceEqual(pixels.AsSpan(4 * area.Width * y, 4 * area.Width)), $"{name}: {area} of {width} by {height}, row {y}");
            }
        }
        return true;
    }

    private static unsafe byte[] BySkia(byte[] file, int width, int height, string name)
    {
        using var codec = SKCodec.Create(new MemoryStream(file));
        Assert.True(codec is not null, name);
        Assert.Equal((width, height, SKEncodedImageFormat.Jpeg), (codec.Info.Width, codec.Info.Height, codec.EncodedFormat));
        Assert.True(JpegMarkers.Check(file) == SKCodecResult.Success, name);
        var info = new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Unpremul);
        var pixels = new byte[info.BytesSize];
        fixed (byte* target = pixels) Assert.True(codec.GetPixels(info, (nint)target) == SKCodecResult.Success, name);
        return pixels;
    }
}
