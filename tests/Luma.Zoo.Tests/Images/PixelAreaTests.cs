using Luma.Zoo.Images;
using Luma.Zoo.ImageSharp;
using Luma.Zoo.Inference;

namespace Luma.Zoo.Tests.Images;

/// <summary>Parts of images that are decoded for themselves, and smaller images of JPEGs.</summary>
public class PixelAreaTests
{
    private static readonly DecodeOptions Everything = new() { Formats = ImageSharpFormats.All };

    [Fact]
    public void A_part_of_any_image_is_that_part_of_the_whole()
    {
        var random = new Random(5);
        foreach (var picture in Pictures.All)
        {
            foreach (var options in (DecodeOptions[])[Everything, Everything with { ApplyOrientation = false }])
            {
                DecodedImage whole;
                try
                {
                    whole = ImageDecoder.Decode(picture.Bytes, options);
                }
                catch (ImageException exception)
                {
                    Assert.Equal(exception.Message, Assert.Throws<ImageException>(() => Part(picture.Bytes, options, (_, _) => new(0, 0, 1, 1))).Message);
                    continue;
                }
                for (var round = 0; round < 4; round++)
                {
                    var (left, top) = (random.Next(whole.Width), random.Next(whole.Height));
                    var area = new PixelArea(left, top, random.Next(whole.Width - left) + 1, random.Next(whole.Height - top) + 1);
                    var expected = new byte[4 * area.Width * area.Height];
                    new PixelView(whole).CopyTo(area, expected);

                    var actual = Part(picture.Bytes, options, (width, height) => (width, height) == (whole.Width, whole.Height) ? area : default);

                    Assert.True(expected.AsSpan().SequenceEqual(actual), $"{picture.File} {area}");
                }
            }
        }
    }

    [Fact]
    public void A_decoded_image_and_a_reader_give_parts_too()
    {
        var image = ImageDecoder.Decode(ImageGoldens.Sample("rgb.png"));
        var area = new PixelArea(3, 4, 5, 6);
        using var tensor = image.ToTensor();

        var expected = Part(ImageGoldens.Sample("rgb.png"), Everything, (_, _) => area);

        Assert.Equal(expected, Part(ImageSource.FromImage(image), Everything, (_, _) => area));
        Assert.Equal(expected, Part(ImageSource.FromTensor(tensor), Everything, (_, _) => area));
    }

    [Fact]
    public void Of_a_usual_JPEG_no_more_takes_room_than_is_needed()
    {
        var budget = new DecodeBudget(long.MaxValue, long.MaxValue);

        ImageDecoder.UseArea(ImageGoldens.Sample("rgb-420.jpg"), DecodeOptions.Default, budget, (_, _) => new(10, 20, 30, 7), pixels => pixels.Width);

        Assert.Equal(30 * 7, budget.Pixels.Peak);
    }

    [Fact]
    public void What_a_network_sees_is_the_same_of_a_part_and_of_the_whole()
    {
        using var scope = NewDisposeScope();
        foreach (var picture in Pictures.All.Where(picture => picture.Format == "JPEG"))
        {
            foreach (var interpolation in Enum.GetValues<Interpolation>())
            {
                foreach (var (resize, crop, channels) in ((int[], int[], int)[])[([20], [13], 3), ([40, 31], [20, 50], 3), ([29], [29], 1), ([100], [3, 90], 3)])
                {
                    var preset = new ImagePreset { ResizeSize = resize, CropSize = crop, Interpolation = interpolation, Channels = channels };
                    if (channels == 1) preset = preset with { Mean = [0.1], Std = [0.3] };

                    var expected = preset.Apply(ImageDecoder.Decode(picture.Bytes)).data<float>().ToArray();

                    Assert.Equal(expected, new InputWriter(preset, DecodeOptions.Default).Read(picture.Bytes).data<float>().ToArray());
                }
            }
        }
    }

    public static TheoryData<string, int, int, string> Drafts()
    {
        var data = new TheoryData<string, int, int, string>();
        foreach (var entry in ImageGoldens.Read("drafts").EnumerateArray())
        {
            data.Add(
                entry.GetProperty("file").GetString()!, entry.GetProperty("resize").GetInt32(), entry.GetProperty("width").GetInt32(),
                entry.GetProperty("tensor").GetString()!);
        }
        return data;
    }

    [Theory]
    [MemberData(nameof(Drafts))]
    public void A_draft_is_PILs_to_the_bit(string file, int resize, int width, string expected)
    {
        using var scope = NewDisposeScope();
        var preset = new ImagePreset { ResizeSize = [resize], CropSize = [resize] };
        var options = ImageGoldens.AsItStands with { FastDecode = true };

        var seen = ImageDecoder.UseArea(
            ImageGoldens.Sample(file), options, DecodeBudget.Unbounded(), preset.Needed, pixels => pixels.Width, preset.Reduction);

        Assert.Equal(width, seen);
        Assert.Equal(expected, ImageGoldens.Hash(new InputWriter(preset, options).Read(ImageGoldens.Sample(file)).bytes));
    }

    [Theory]
    [InlineData(400, 400, 100, 2)]
    [InlineData(399, 500, 100, 1)]
    [InlineData(4000, 3000, 256, 4)]
    [InlineData(5000, 4096, 256, 8)]
    [InlineData(20000, 20000, 256, 8)]
    [InlineData(256, 256, 256, 1)]
    public void A_draft_stays_twice_as_large_as_it_is_resized_to(int width, int height, int resize, int expected) =>
        Assert.Equal(expected, new ImagePreset { ResizeSize = [resize], CropSize = [1] }.Reduction(width, height));

    [Fact]
    public void A_draft_is_for_networks_and_for_JPEG_alone()
    {
        var options = new DecodeOptions { FastDecode = true };
        var preset = new ImagePreset { ResizeSize = [7], CropSize = [6] };

        Assert.Equal(97, ImageDecoder.Decode(ImageGoldens.Sample("rgb-420.jpg"), options).Width);
        Assert.Equal(97, ImageDecoder.UseArea(ImageGoldens.Sample("rgb.png"), options, DecodeBudget.Unbounded(), preset.Needed, pixels => pixels.Width, preset.Reduction));
        Assert.False(DecodeOptions.Default.FastDecode);
    }

    private static byte[] Part(ImageSource source, DecodeOptions options, Func<int, int, PixelArea> choose)
    {
        PixelArea area = default;
        return ImageDecoder.UseArea(
            source, options, DecodeBudget.Unbounded(), (width, height) => area = choose(width, height),
            pixels =>
            {
                // Of images that are decoded whole nobody asks.
                if (area == default) area = choose(pixels.Width, pixels.Height);
                var bytes = new byte[4 * area.Width * area.Height];
                pixels.CopyTo(area, bytes);
                return bytes;
            });
    }
}
