using System.Buffers.Binary;
using Luma.Zoo.Images;

namespace Luma.Zoo.Tests.Images;

public class OrientationTests
{
    public static TheoryData<string> WithExif() => [.. Pictures.All.Where(picture => picture.Kind.Contains("EXIF", StringComparison.Ordinal)).Select(picture => picture.File)];

    [Theory]
    [MemberData(nameof(WithExif))]
    public void A_picture_is_turned_as_PIL_turns_it_unless_that_is_switched_off(string file)
    {
        var picture = Pictures.Get(file);

        Assert.Equal(picture.Turned, Pictures.Describe(ImageDecoder.Decode(picture.Bytes)));
        Assert.Equal(picture.Plain, Pictures.Describe(ImageDecoder.Decode(picture.Bytes, ImageGoldens.AsItStands)));
    }

    [Fact]
    public void All_eight_orientations_of_all_three_formats_are_among_the_pictures()
    {
        foreach (var ending in (string[])["jpg", "png", "webp"])
        {
            var turned = Enumerable.Range(1, 8).Select(value => Pictures.Get($"exif-{value}.{ending}")).ToList();

            Assert.Equal(8, turned.Select(picture => picture.Turned).Distinct().Count());
            Assert.Single(turned.Select(picture => picture.Plain).Distinct());
        }
    }

    [Theory]
    [InlineData(ImageOrientation.TopLeft, "1234 5678 9abc")]
    [InlineData(ImageOrientation.TopRight, "4321 8765 cba9")]
    [InlineData(ImageOrientation.BottomRight, "cba9 8765 4321")]
    [InlineData(ImageOrientation.BottomLeft, "9abc 5678 1234")]
    [InlineData(ImageOrientation.LeftTop, "159 26a 37b 48c")]
    [InlineData(ImageOrientation.RightTop, "951 a62 b73 c84")]
    [InlineData(ImageOrientation.RightBottom, "c84 b73 a62 951")]
    [InlineData(ImageOrientation.LeftBottom, "48c 37b 26a 159")]
    public void Rows_and_columns_go_where_the_orientation_says(ImageOrientation orientation, string expected)
    {
        var image = ImageDecoder.Decode(ImageSource.FromReader(new Letters("123456789abc", 4, 3, orientation)));

        var rows = Enumerable.Range(0, image.Height).Select(row => string.Concat(Enumerable.Range(0, image.Width).Select(column => (char)image.Pixels[4 * ((row * image.Width) + column)])));
        Assert.Equal(expected, string.Join(' ', rows));
    }

    [Theory]
    [InlineData(1, 97 * 61)]
    [InlineData(3, 97 * 61)]
    [InlineData(6, 2 * 97 * 61)]
    public void Where_rows_become_columns_both_arrays_take_room(ushort orientation, long pixels)
    {
        var bytes = File.ReadAllBytes(ImageGoldens.Sample("exif-turned.jpg"));
        var tag = bytes.AsSpan().IndexOf(new byte[] { 1, 0x12, 0, 3, 0, 0, 0, 1 });
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(tag + 8), orientation);
        var budget = new DecodeBudget(long.MaxValue, long.MaxValue);

        var width = ImageDecoder.Use(bytes, DecodeOptions.Default, budget, image => image.Width);

        Assert.Equal(orientation == 6 ? 61 : 97, width);
        Assert.Equal(pixels, budget.Pixels.Peak);
    }

    [Fact]
    public void Many_EXIF_segments_take_little_time_and_memory()
    {
        var jpeg = File.ReadAllBytes(ImageGoldens.Sample("rgb-420.jpg"));
        byte[] segment = [0xFF, 0xE1, 0xFF, 0xFF, .. "Exif\0\0"u8, .. new byte[0xFFFF - 8]];
        byte[] bytes = [.. jpeg[..2], .. Enumerable.Repeat(segment, 400).SelectMany(part => part), .. jpeg[2..]];

        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(97, ImageDecoder.Decode(bytes).Width);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 16 << 20);
    }

    [SharedFact("cases/images/j_exif1.jpg")]
    public void Pictures_of_others_are_turned_too()
    {
        var plain = ImageDecoder.Decode(SharedFiles.Find("cases/images/j_exif1.jpg")!);

        for (var value = 1; value <= 8; value++)
        {
            var image = ImageDecoder.Decode(SharedFiles.Find($"cases/images/j_exif{value}.jpg")!);
            Assert.Equal(Pictures.Describe(Turning.Apply(plain, (ImageOrientation)value)), Pictures.Describe(image));
        }
    }

    /// <summary>An image of letters.</summary>
    private sealed class Letters(string letters, int width, int height, ImageOrientation orientation) : IImageReader
    {
        public int Width => width;

        public int Height => height;

        public ImageOrientation Orientation => orientation;

        public void Read(Span<byte> pixels)
        {
            for (var i = 0; i < letters.Length; i++) pixels.Slice(4 * i, 4).Fill((byte)letters[i]);
        }
    }
}
