using Luma.Zoo.Images;
using Luma.Zoo.Images.Jpeg;
using Luma.Zoo.ImageSharp;
using Luma.Zoo.Tests.Packages;

namespace Luma.Zoo.Tests.Images;

/// <summary>An image of every kind, against PIL.</summary>
public class PictureTests
{
    private static readonly DecodeOptions Everything = new() { Formats = ImageSharpFormats.All, MaxPixels = 1 << 20 };

    // What is known not to be PIL's: refused, or decoded by ImageSharp, whose JPEG rounds in another way. docs/images.md says so.
    private static readonly string[] Refused = ["lab.tif", "inverted-1-fax-G3-2D.tif", "float-deflate-floating-point-predictor.tif"], Close = ["jpeg.tif", "jpeg-grey.tif"];

    public static TheoryData<string> Maps() => Pictures.Names("PBM, PGM, PPM");

    public static TheoryData<string> Tiffs() => Pictures.Names("TIFF");

    public static TheoryData<string> Tgas() => Pictures.Names("TGA");

    public static TheoryData<string> OfSkia() => Pictures.Names("JPEG", "PNG", "WebP", "GIF", "BMP");

    [Theory]
    [MemberData(nameof(Maps))]
    public void A_portable_map_has_the_pixels_of_PIL(string file) => Check(file);

    [Theory]
    [MemberData(nameof(Tiffs))]
    public void A_TIFF_has_the_pixels_of_PIL(string file) => Check(file);

    [Theory]
    [MemberData(nameof(Tgas))]
    public void A_TGA_has_the_pixels_of_PIL(string file) => Check(file);

    [Theory]
    [MemberData(nameof(OfSkia))]
    public void What_Skia_reads_has_the_pixels_of_PIL(string file) => Check(file);

    [Fact]
    public void The_table_in_the_documentation_says_which_decoder_reads_a_JPEG()
    {
        var table = File.ReadLines(Path.Combine(Repository.Root, "docs", "images.md")).Where(line => line.StartsWith("| JPEG | ", StringComparison.Ordinal))
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries)).ToDictionary(cells => cells[2], cells => cells[3]);

        var kinds = Pictures.All.Where(picture => picture.Format == "JPEG").GroupBy(picture => picture.Kind, picture => JpegFrame.Read(picture.Bytes) is not null);
        var right = kinds.ToDictionary(kind => kind.Key, kind => kind.All(own => own) ? "Luma" : kind.Any(own => own) ? "Luma, Skia" : "Skia");
        // Kind by kind, so that a failure names the line.
        Assert.Equal(right.Keys.Order(), table.Keys.Order());
        Assert.All(right, kind => Assert.Equal(kind.Value, table[kind.Key]));
    }

    // The pixels are what PIL 11.1 makes of the files of pictures.zip, kept as PNG.
    [Theory]
    [InlineData("jpeg.tif", "jpeg-of-pil.png")]
    [InlineData("jpeg-grey.tif", "jpeg-grey-of-pil.png")]
    public void A_JPEG_inside_a_TIFF_is_within_a_level_of_PIL(string file, string pixels)
    {
        var (actual, expected) = (ImageDecoder.Decode(Pictures.Get(file).Bytes, Everything), ImageDecoder.Decode(ImageGoldens.Sample(pixels)));

        Assert.Equal((expected.Width, expected.Height), (actual.Width, actual.Height));
        for (var i = 0; i < expected.Pixels.Length; i++) Assert.InRange(actual.Pixels[i] - expected.Pixels[i], -1, 1);
    }

    [Theory]
    [InlineData("TIFF")]
    [InlineData("TGA")]
    [InlineData("PBM, PGM, PPM")]
    public void A_damaged_file_gives_pixels_or_the_one_exception(string format)
    {
        var originals = Pictures.All.Where(picture => picture.Format == format).ToList();
        var random = new Random(format.Length);
        var refused = 0;
        for (var round = 0; round < Fuzzing.Rounds(3000); round++)
        {
            var bytes = (byte[])originals[round % originals.Count].Bytes.Clone();
            for (var change = random.Next(1, 9); change > 0; change--)
                bytes[random.Next(2) == 0 ? random.Next(Math.Min(bytes.Length, 40)) : random.Next(2) == 0 ? bytes.Length - 1 - random.Next(Math.Min(bytes.Length, 250)) : random.Next(bytes.Length)] = (byte)random.Next(256);
            if (random.Next(4) == 0) bytes = bytes[..random.Next(bytes.Length)];
            try
            {
                ImageDecoder.Decode(bytes, Everything);
            }
            catch (ImageException exception)
            {
                Assert.DoesNotContain('\n', exception.Message);
                refused++;
            }
        }
        Assert.InRange(refused, 1, Fuzzing.Rounds(3000) - 1);
    }

    private static void Check(string file)
    {
        var picture = Pictures.Get(file);
        if (Refused.Contains(file))
        {
            Assert.Contains("cannot be read", Assert.Throws<ImageException>(() => ImageDecoder.Decode(picture.Bytes, Everything)).Reason, StringComparison.Ordinal);
            return;
        }

        var actual = Pictures.Describe(ImageDecoder.Decode(picture.Bytes, Everything));
        var expected = picture.Right ?? picture.Turned;
        // Where PIL refuses a file, or rounds in another way, the size has to do.
        if (expected is null) Assert.StartsWith("37x29 ", actual, StringComparison.Ordinal);
        else if (Close.Contains(file)) Assert.Equal(expected.Split(' ')[0], actual.Split(' ')[0]);
        else Assert.Equal(expected, actual);
    }
}
