using Luma.Zoo.Images;

namespace Luma.Zoo.Tests.Images;

/// <summary>Decoders that somebody adds.</summary>
public class ImageFormatTests
{
    private static readonly DecodeOptions WithBlocks = new() { Formats = [new BlockFormat()] };

    [Fact]
    public void A_format_that_is_added_is_read_from_a_path_a_stream_and_bytes()
    {
        var file = "block\x07\x05"u8.ToArray();
        using var stream = new MemoryStream(file);
        using var folder = new Weights.TemporaryFolder();
        File.WriteAllBytes(folder.File("x"), file);

        foreach (var source in (ImageSource[])[file, stream, folder.File("x")])
        {
            var image = ImageDecoder.Decode(source, WithBlocks);

            Assert.Equal((7, 5), (image.Width, image.Height));
            Assert.Equal(99, image.Pixels[0]);
        }
    }

    [Fact]
    public void What_is_read_anyway_does_not_go_to_the_formats()
    {
        var greedy = new DecodeOptions { Formats = [new BlockFormat { Greedy = true }] };

        Assert.Equal(97, ImageDecoder.Decode(ImageGoldens.Sample("rgb.png"), greedy).Width);
    }

    [Fact]
    public void Messages_name_the_formats_that_can_be_read()
    {
        Assert.EndsWith("(JPEG, PNG, WebP, GIF, BMP and block can be read)", Reason("no image at all"u8, WithBlocks), StringComparison.Ordinal);
        Assert.EndsWith("(JPEG, PNG, WebP, GIF and BMP can be read)", Reason("block\x07\x05"u8, DecodeOptions.Default), StringComparison.Ordinal);
    }

    [Fact]
    public void The_limit_of_pixels_holds_before_they_are_read()
    {
        var limited = WithBlocks with { MaxPixels = 34 };

        Assert.Equal("7 by 5 pixels are more than the limit of 34", Reason("block\x07\x05"u8, limited));
        Assert.Equal("the image is empty", Reason("block\x00\x05"u8, WithBlocks));
    }

    [Fact]
    public void Whatever_a_format_throws_becomes_the_one_exception()
    {
        Assert.Equal("cannot be read as block: of two lines", Reason("block!"u8, WithBlocks));
        Assert.StartsWith("cannot be read as an image: ", Reason("block\x07\x7E"u8, WithBlocks), StringComparison.Ordinal);
    }

    [Fact]
    public void Memory_that_reading_takes_has_room_beside_the_pixels()
    {
        var budget = new DecodeBudget(long.MaxValue, long.MaxValue);

        ImageDecoder.Use("block\x07\x05"u8.ToArray(), WithBlocks, budget, image => image.Width);

        Assert.Equal((7 * 5) + 100, budget.Pixels.Peak);
    }

    [Fact]
    public void An_image_and_a_reader_are_sources()
    {
        var pixels = new byte[4 * 3 * 2];
        var image = new DecodedImage(3, 2, pixels);

        Assert.Same(image, ImageDecoder.Decode(ImageSource.FromImage(image, "mine")));
        Assert.Equal((4, 6), ImageDecoder.Decode(ImageSource.FromReader(new BlockFormat.Block(4, 6))) is var read ? (read.Width, read.Height) : default);
        pixels[5] = 200;
        Assert.Equal(200, image.Pixels[5]);
    }

    [Theory]
    [InlineData(0, 1, 0)]
    [InlineData(1, -1, 4)]
    [InlineData(2, 2, 15)]
    [InlineData(2, 2, 17)]
    [InlineData(65536, 16384, 0)]
    public void Pixels_that_do_not_fit_the_size_are_refused(int width, int height, int bytes) =>
        Assert.ThrowsAny<ArgumentException>(() => new DecodedImage(width, height, new byte[bytes]));

    [Fact]
    public void A_list_of_formats_is_copied_and_has_no_null()
    {
        var formats = new List<IImageFormat> { new BlockFormat() };
        var options = new DecodeOptions { Formats = formats };
        formats.Clear();

        Assert.Single(options.Formats);
        Assert.Throws<ArgumentException>(() => new DecodeOptions { Formats = [null!] });
    }

    private static string Reason(ReadOnlySpan<byte> file, DecodeOptions options)
    {
        var bytes = file.ToArray();
        return Assert.Throws<ImageException>(() => ImageDecoder.Decode(bytes, options)).Reason;
    }

    /// <summary>A name and a width and a height, of one colour.</summary>
    private sealed class BlockFormat : IImageFormat
    {
        public bool Greedy { get; init; }

        public string Name => "block";

        public bool IsMatch(ReadOnlySpan<byte> head) => Greedy || head.StartsWith("block"u8);

        public IImageReader Open(ReadOnlyMemory<byte> file) =>
            file.Length == 7 ? new Block(file.Span[5], file.Span[6]) : throw new InvalidOperationException("of two" + Environment.NewLine + "lines");

        public sealed class Block(int width, int height) : IImageReader
        {
            public int Width => width;

            public int Height => height;

            public long WorkingBytes => 400;

            public void Read(Span<byte> pixels)
            {
                if (height == 0x7E) throw new InvalidTimeZoneException("no more");
                pixels.Fill(99);
            }
        }
    }
}
