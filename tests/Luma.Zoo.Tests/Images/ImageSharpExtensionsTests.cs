using Luma.Zoo.Images;
using Luma.Zoo.ImageSharp;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.PixelFormats;

namespace Luma.Zoo.Tests.Images;

/// <summary>Images of ImageSharp, in and out.</summary>
public class ImageSharpExtensionsTests
{
    private static readonly string Sample = ImageGoldens.Sample("rgb-444.jpg");

    [Fact]
    public void An_image_is_classified_as_its_file_is()
    {
        using var classifier = ModelZoo.CreateClassifier("lenet_5");
        var decoded = ImageDecoder.Decode(Sample);
        using var image = decoded.ToImage();
        using var rgb = decoded.ToImage<Rgb24>();

        var expected = classifier.Classify(Sample, 3);

        Assert.Equal(expected, classifier.Classify(image, 3));
        Assert.Equal(expected, classifier.Classify(rgb, 3));
        Assert.Equal(5, classifier.Classify(rgb).Count);
    }

    [Fact]
    public void An_image_is_a_source_that_is_read_when_it_is_its_turn_and_stays_the_callers()
    {
        using var image = new Image<Rgb24>(3, 2, new Rgb24(1, 2, 3));
        var source = image.ToImageSource("mine");
        image[2, 1] = new Rgb24(7, 8, 9);

        var decoded = ImageDecoder.Decode(source);

        Assert.Equal("mine", source.Name);
        Assert.Equal((3, 2), (decoded.Width, decoded.Height));
        Assert.Equal([1, 2, 3, 255, 1, 2, 3, 255, 1, 2, 3, 255, 1, 2, 3, 255, 1, 2, 3, 255, 7, 8, 9, 255], decoded.Pixels.ToArray());
        Assert.Equal(new Rgb24(7, 8, 9), image[2, 1]);
        Assert.Equal("mine: 3 by 2 pixels are more than the limit of 5", Assert.Throws<ImageException>(() => ImageDecoder.Decode(source, new DecodeOptions { MaxPixels = 5 })).Message);
    }

    [Fact]
    public void An_image_that_is_gone_is_refused_by_its_name()
    {
        var image = new Image<Rgb24>(3, 2);
        var source = image.ToImageSource("gone");
        image.Dispose();

        Assert.StartsWith("gone: ", Assert.Throws<ImageException>(() => ImageDecoder.Decode(source)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Pixels_come_back_as_they_were()
    {
        var decoded = ImageDecoder.Decode(Sample);
        using var image = decoded.ToImage();
        using var reversed = decoded.ToImage<Bgra32>();
        using var deep = decoded.ToImage<Rgba64>();

        Assert.True(decoded.Pixels.SequenceEqual(image.ToDecodedImage().Pixels));
        Assert.True(decoded.Pixels.SequenceEqual(reversed.ToDecodedImage().Pixels));
        Assert.True(decoded.Pixels.SequenceEqual(deep.ToDecodedImage().Pixels));
        Assert.Equal((decoded.Pixels[0], decoded.Pixels[2]), (reversed[0, 0].R, reversed[0, 0].B));
    }

    [Fact]
    public void A_copy_does_not_change_with_its_original()
    {
        using var image = new Image<Rgba32>(2, 2, new Rgba32(10, 20, 30));
        var decoded = image.ToDecodedImage();
        using var copy = decoded.ToImage();
        image[0, 0] = copy[1, 1] = new Rgba32(99, 99, 99);

        Assert.Equal((10, 10), (decoded.Pixels[0], decoded.Pixels[12]));
    }

    [Fact]
    public void Of_several_frames_the_first_counts_and_alpha_leaves_colours_alone()
    {
        using var image = new Image<Rgba32>(1, 1, new Rgba32(200, 100, 50, 0));
        image.Frames.AddFrame([new Rgba32(1, 1, 1)]);

        Assert.Equal([200, 100, 50, 0], image.ToDecodedImage().Pixels.ToArray());
    }

    [Fact]
    public void Grey_and_floating_point_images_become_eight_bits()
    {
        using var grey = new Image<L8>(1, 1, new L8(77));
        using var deep = new Image<L16>(1, 1, new L16(0xFFFF));
        using var real = new Image<RgbaVector>(1, 1, new RgbaVector(1, 0.5f, 0));

        Assert.Equal([77, 77, 77, 255], grey.ToDecodedImage().Pixels.ToArray());
        Assert.Equal([255, 255, 255, 255], deep.ToDecodedImage().Pixels.ToArray());
        Assert.Equal([255, 128, 0, 255], real.ToDecodedImage().Pixels.ToArray());
    }

    [Fact]
    public void Nulls_are_refused()
    {
        Assert.Throws<ArgumentNullException>(() => ((Image<Rgb24>)null!).ToImageSource());
        Assert.Throws<ArgumentNullException>(() => ((Image<Rgb24>)null!).ToDecodedImage());
        Assert.Throws<ArgumentNullException>(() => ((DecodedImage)null!).ToImage());
        Assert.Throws<ArgumentNullException>(() => ((DecodedImage)null!).ToImage<Rgb24>());
    }
}
