using Luma.Zoo.Images;
using Luma.Zoo.Tests.Weights;

namespace Luma.Zoo.Tests.Images;

public class ImageDecoderTests
{
    private static readonly string[] Formats = ["rgb-420.jpg", "rgb-progressive.jpg", "rgb.png", "palette.gif", "rgb.webp", "rgb.bmp"];

    public static TheoryData<string, int, int, string, string> Decoded()
    {
        var data = new TheoryData<string, int, int, string, string>();
        foreach (var entry in ImageGoldens.Read("decoded").EnumerateArray())
        {
            data.Add(entry.GetProperty("file").GetString()!, entry.GetProperty("width").GetInt32(), entry.GetProperty("height").GetInt32(),
                entry.GetProperty("rgb").GetString()!, entry.GetProperty("grey").GetString()!);
        }
        return data;
    }

    public static TheoryData<string> Files() => [.. Formats];

    [Theory]
    [MemberData(nameof(Decoded))]
    public void Pixels_are_those_of_PIL_in_colour_and_in_grey(string file, int width, int height, string rgb, string grey)
    {
        var image = ImageDecoder.Decode(ImageGoldens.Sample(file), ImageGoldens.AsItStands);

        Assert.Equal((width, height), (image.Width, image.Height));
        Assert.Equal(rgb, ImageGoldens.Hash(ImageGoldens.Interleaved(image, 3)));
        Assert.Equal(grey, ImageGoldens.Hash(ImageGoldens.Interleaved(image, 1)));
    }

    [Fact]
    public void A_path_a_stream_and_bytes_give_the_same_image()
    {
        var path = ImageGoldens.Sample("rgb-420.jpg");
        var bytes = File.ReadAllBytes(path);
        using var file = File.OpenRead(path);
        using var trickle = new Trickle(bytes);

        var expected = ImageDecoder.Decode(path).Pixels;

        Assert.True(expected.SequenceEqual(ImageDecoder.Decode(bytes).Pixels));
        Assert.True(expected.SequenceEqual(ImageDecoder.Decode(file).Pixels));
        Assert.True(expected.SequenceEqual(ImageDecoder.Decode(trickle).Pixels));
        Assert.True(file.CanRead);
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void A_file_cut_anywhere_before_its_pixels_end_is_refused(string file)
    {
        var bytes = File.ReadAllBytes(ImageGoldens.Sample(file));

        // The last twentieth may hold no pixels any more: checksums, trailers, padding.
        for (var length = 0; length < bytes.Length * 95 / 100; length += Math.Max(1, bytes.Length / 97))
        {
            var error = Assert.Throws<ImageException>(() => ImageDecoder.Decode(ImageSource.FromBytes(bytes.AsMemory(0, length), "cut")));
            Assert.StartsWith("cut: ", error.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void A_damaged_file_gives_pixels_or_the_one_exception(string file)
    {
        var original = File.ReadAllBytes(ImageGoldens.Sample(file));
        var random = new Random(file.Length);
        var refused = 0;
        for (var round = 0; round < 300; round++)
        {
            var bytes = (byte[])original.Clone();
            for (var change = random.Next(1, 9); change > 0; change--)
                bytes[random.Next(random.Next(2) == 0 ? 64 : bytes.Length)] = (byte)random.Next(256);
            try
            {
                var image = ImageDecoder.Decode(bytes, new DecodeOptions { MaxPixels = 1_000_000 });
                Assert.Equal(4 * image.Width * image.Height, image.Pixels.Length);
            }
            catch (ImageException)
            {
                refused++;
            }
        }
        Assert.InRange(refused, 1, 300);
    }

    [Fact]
    public void A_JPEG_with_an_impossible_marker_in_its_pixels_is_damaged()
    {
        var bytes = File.ReadAllBytes(ImageGoldens.Sample("rgb-420.jpg"));
        (bytes[^400], bytes[^399]) = (0xFF, 0xAE);

        Assert.Equal("the image is damaged", Assert.Throws<ImageException>(() => ImageDecoder.Decode(bytes)).Reason);
    }

    [Theory]
    [InlineData(0.3)]
    [InlineData(0.6)]
    [InlineData(0.9)]
    [InlineData(0.999)]
    public void A_progressive_JPEG_that_is_cut_between_or_in_its_scans_is_truncated(double part)
    {
        var bytes = File.ReadAllBytes(ImageGoldens.Sample("rgb-progressive.jpg"));

        var error = Assert.Throws<ImageException>(() => ImageDecoder.Decode(bytes[..(int)(bytes.Length * part)]));

        Assert.Equal("the image is truncated", error.Reason);
    }

    [Theory]
    [InlineData("rgb-420.jpg")]
    [InlineData("rgb-progressive.jpg")]
    public void A_JPEG_that_is_cut_before_its_first_scan_is_truncated(string sample)
    {
        var bytes = File.ReadAllBytes(ImageGoldens.Sample(sample));
        var data = bytes.AsSpan().IndexOf((byte[])[0xFF, 0xDA]);

        for (var length = 3; length < data; length += 5)
            Assert.Equal("the image is truncated", Assert.Throws<ImageException>(() => ImageDecoder.Decode(bytes[..length])).Reason);
    }

    [Fact]
    public void A_JPEG_of_scans_without_end_is_refused_before_they_are_decoded()
    {
        var bytes = File.ReadAllBytes(ImageGoldens.Sample("rgb-progressive.jpg"));
        var scan = bytes.AsSpan().LastIndexOf((byte[])[0xFF, 0xDA]);
        byte[] many = [.. bytes[..scan], .. Enumerable.Repeat(bytes[scan..^2], 200).SelectMany(copy => copy), .. bytes[^2..]];

        Assert.Equal("it has more than 100 scans", Assert.Throws<ImageException>(() => ImageDecoder.Decode(many)).Reason);
    }

    // As PIL, which takes the size in its header at its word.
    [Theory]
    [InlineData("rgb.webp")]
    [InlineData("lossless.webp")]
    public void A_WebP_that_lacks_its_last_bytes_is_truncated(string sample)
    {
        var bytes = File.ReadAllBytes(ImageGoldens.Sample(sample));

        Assert.All((int[])[1, 2, 3, 50], cut => Assert.Equal("the image is truncated", Assert.Throws<ImageException>(() => ImageDecoder.Decode(bytes[..^cut])).Reason));
        Assert.True(ImageDecoder.Decode((byte[])[.. bytes, 1, 2, 3]).Width > 0);
    }

    [Fact]
    public void A_GIF_whose_blocks_are_cut_or_missing_is_refused()
    {
        var bytes = File.ReadAllBytes(ImageGoldens.Sample("transparent.gif"));

        for (var length = 6; length < bytes.Length * 95 / 100; length += 7)
            Assert.Equal("the image is truncated", Assert.Throws<ImageException>(() => ImageDecoder.Decode(bytes[..length])).Reason);
        Assert.Equal("there is no image in this GIF", Assert.Throws<ImageException>(() => ImageDecoder.Decode((byte[])[.. bytes[..61], 0x3B])).Reason);
    }

    [Theory]
    [InlineData("")]
    [InlineData("just text")]
    [InlineData("<svg xmlns='http://www.w3.org/2000/svg'/>")]
    [InlineData("\0\0\u0010\u0010\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0")]
    public void What_is_no_image_is_refused(string content)
    {
        var error = Assert.Throws<ImageException>(() => ImageDecoder.Decode(System.Text.Encoding.Latin1.GetBytes(content)));

        Assert.Contains(content.Length == 0 ? "empty" : "not a", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_file_and_a_folder_are_refused_by_name()
    {
        Assert.Equal("nowhere.png: there is no such file", Assert.Throws<ImageException>(() => ImageDecoder.Decode("nowhere.png")).Message);

        var error = Assert.Throws<ImageException>(() => ImageDecoder.Decode(AppContext.BaseDirectory));
        Assert.StartsWith($"{AppContext.BaseDirectory}: cannot be read: this is a folder, not a file", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a\0b.png")]
    [InlineData("\uD83D.png")]
    [InlineData("nowhere/x.png")]
    [InlineData("/dev/zero", "cannot be read: this is a device, not a file")]
    [InlineData("/dev/full", "cannot be read: this is a device, not a file")]
    [InlineData("/dev/null", "cannot be read: this is a device, not a file")]
    [InlineData("/proc/self/mem")]
    [InlineData("/proc/self/environ")]
    [InlineData("/proc/kmsg")]
    public void Any_path_without_an_image_gives_the_one_exception(string path, string? reason = null)
    {
        if (reason is not null && !OperatingSystem.IsLinux()) return;

        var error = Assert.Throws<ImageException>(() => ImageDecoder.Decode(path));

        Assert.Equal(path, error.Name);
        if (reason is not null) Assert.Equal(reason, error.Reason);
    }

    [LinuxFact]
    public void A_pipe_is_refused_at_once()
    {
        using var folder = new TemporaryFolder();
        var pipe = folder.File("pipe.png");
        using (var made = System.Diagnostics.Process.Start("mkfifo", pipe)) made.WaitForExit();

        var refused = Task.Run(() => Assert.Throws<ImageException>(() => ImageDecoder.Decode(pipe)));

        Assert.True(refused.Wait(TimeSpan.FromSeconds(30)));
        Assert.Equal("cannot be read: this is a pipe, not a file: write what comes through it to a file first", refused.Result.Reason);
    }

    [Fact]
    public void A_stream_that_throws_anything_gives_the_one_exception()
    {
        using var stream = new Broken();

        Assert.Equal("broken: cannot be read: no more", Assert.Throws<ImageException>(() => ImageDecoder.Decode(ImageSource.FromStream(stream, "broken"))).Message);
    }

    [Fact]
    public void An_image_over_the_pixel_limit_is_refused_by_its_header()
    {
        // A BMP that claims 30000 by 30000 pixels and has none: decoding it could only fail in another way.
        var bytes = File.ReadAllBytes(ImageGoldens.Sample("rgb.bmp"))[..54];
        BitConverter.TryWriteBytes(bytes.AsSpan(18), 30_000);
        BitConverter.TryWriteBytes(bytes.AsSpan(22), 30_000);

        Assert.Equal("30000 by 30000 pixels are more than the limit of 178,956,970", Assert.Throws<ImageException>(() => ImageDecoder.Decode(bytes)).Reason);
    }

    [Fact]
    public void The_limits_allow_exactly_what_they_say()
    {
        var path = ImageGoldens.Sample("rgb.png");
        var length = new FileInfo(path).Length;

        Assert.Equal(97, ImageDecoder.Decode(path, new DecodeOptions { MaxPixels = 97 * 61, MaxBytes = length }).Width);
        Assert.Throws<ImageException>(() => ImageDecoder.Decode(path, new DecodeOptions { MaxPixels = (97 * 61) - 1 }));
        Assert.Throws<ImageException>(() => ImageDecoder.Decode(path, new DecodeOptions { MaxBytes = length - 1 }));
        using var trickle = new Trickle(File.ReadAllBytes(path));
        Assert.Throws<ImageException>(() => ImageDecoder.Decode(trickle, new DecodeOptions { MaxBytes = length - 1 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new DecodeOptions { MaxPixels = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new DecodeOptions { MaxBytes = long.MaxValue });
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_tensor_becomes_an_image_and_a_tensor_again(int channels)
    {
        using var pixels = randint(0, 256, [channels, 7, 5], ScalarType.Byte);

        using var back = DecodedImage.FromTensor(pixels).ToTensor(channels);

        Assert.True(pixels.Equals(back));
    }

    [Fact]
    public void A_tensor_that_is_no_image_is_refused()
    {
        using var floats = zeros(3, 4, 4);
        using var batch = zeros([1, 3, 4, 4], ScalarType.Byte);

        Assert.Throws<ArgumentException>(() => DecodedImage.FromTensor(floats));
        Assert.Throws<ArgumentException>(() => DecodedImage.FromTensor(batch));
    }

    [Fact]
    public void A_large_file_that_is_no_image_is_not_read()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("huge.jpg");
        using (var file = File.Create(path)) file.SetLength(1_000_000_000);
        using var endless = new Endless();

        var before = GC.GetAllocatedBytesForCurrentThread();
        var refused = Assert.Throws<ImageException>(() => ImageDecoder.Decode(path));
        var stream = Assert.Throws<ImageException>(() => ImageDecoder.Decode(endless));

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
        Assert.StartsWith("not an image", refused.Reason, StringComparison.Ordinal);
        Assert.StartsWith("not an image", stream.Reason, StringComparison.Ordinal);
        Assert.InRange(endless.Given, 1, 64);

        // Above the limit it is the length that is refused, whatever is in it.
        using (var file = File.Create(path)) file.SetLength(2_000_000_000);
        Assert.Contains("larger than the limit", Assert.Throws<ImageException>(() => ImageDecoder.Decode(path)).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_and_pixels_in_flight_are_bounded_together()
    {
        var png = File.ReadAllBytes(ImageGoldens.Sample("rgb.png"));
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("a.png"), png);
        // Room for the pixels of two, and for the bytes of less than three streams that do not tell their length.
        var budget = new DecodeBudget(bytes: 10 << 20, pixels: 2 * 97 * 61);
        var met = 0;

        Parallel.For(0, 24, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
        {
            var source = (i % 3) switch { 0 => ImageSource.FromFile(folder.File("a.png")), 1 => ImageSource.FromStream(new Trickle(png)), _ => ImageSource.FromBytes(png) };
            ImageDecoder.Use(source, DecodeOptions.Default, budget, image => Interlocked.Add(ref met, image.Width));
        });

        Assert.Equal(24 * 97, met);
        Assert.InRange(budget.Pixels.Peak, 97 * 61, 2 * 97 * 61);
        Assert.InRange(budget.Bytes.Peak, png.Length, 10 << 20);
    }

    [Fact]
    public void A_stream_that_turns_out_to_be_long_waits_for_no_other_of_its_kind()
    {
        // More than its room, as text after the image.
        var png = File.ReadAllBytes(ImageGoldens.Sample("rgb.png"));
        byte[] longer = [.. png, .. new byte[9 << 20]];
        var budget = new DecodeBudget(bytes: 8 << 20, pixels: long.MaxValue);
        var widths = 0;

        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 8 }, _ =>
        {
            using var stream = new Trickle(longer);
            ImageDecoder.Use(ImageSource.FromStream(stream), DecodeOptions.Default, budget, image => Interlocked.Add(ref widths, image.Width));
        });

        Assert.Equal(8 * 97, widths);
        Assert.Equal(8 << 20, budget.Bytes.Peak);
    }

    [Theory]
    [InlineData("transparent.gif")]
    public void The_canvas_of_a_GIF_and_the_frame_on_it_take_room_both(string name)
    {
        var bytes = File.ReadAllBytes(ImageGoldens.Sample(name));
        var (width, height) = (BitConverter.ToUInt16(bytes, 6), BitConverter.ToUInt16(bytes, 8));
        var whole = new DecodeBudget(long.MaxValue, long.MaxValue);
        ImageDecoder.Use(bytes, DecodeOptions.Default, whole, image => image.Width);
        // A canvas that is larger than its frame.
        BitConverter.TryWriteBytes(bytes.AsSpan(6), (ushort)(width + 10));
        var larger = new DecodeBudget(long.MaxValue, long.MaxValue);
        ImageDecoder.Use(bytes, DecodeOptions.Default, larger, image => image.Width);

        Assert.Equal(width * height, whole.Pixels.Peak);
        Assert.Equal(((width + 10) * height) + (width * height), larger.Pixels.Peak);
    }

    private sealed class Endless : MemoryStream
    {
        public long Given { get; private set; }

        public override bool CanSeek => false;

        public override int Read(Span<byte> buffer)
        {
            buffer.Fill((byte)'x');
            Given += buffer.Length;
            return buffer.Length;
        }
    }

    private sealed class Broken : MemoryStream
    {
        public override int Read(Span<byte> buffer) => throw new InvalidTimeZoneException("no more");
    }

    /// <summary>A stream that does not know its length and gives a few bytes at a time.</summary>
    private sealed class Trickle(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;

        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(buffer.Length, 1000)]);
    }
}
