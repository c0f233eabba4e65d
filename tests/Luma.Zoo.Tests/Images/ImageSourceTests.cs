using Luma.Zoo.Images;
using SkiaSharp;

namespace Luma.Zoo.Tests.Images;

public class ImageSourceTests
{
    private static readonly DecodeOptions Narrow = new() { MaxPixels = 10 };

    [Theory]
    [InlineData(SKColorType.Rgba8888, SKAlphaType.Unpremul)]
    [InlineData(SKColorType.Bgra8888, SKAlphaType.Unpremul)]
    [InlineData(SKColorType.Rgba8888, SKAlphaType.Opaque)]
    [InlineData(SKColorType.Bgra8888, SKAlphaType.Premul)]
    public void A_bitmap_gives_its_own_colours(SKColorType type, SKAlphaType alpha)
    {
        var image = ImageDecoder.Decode(ImageGoldens.Sample("rgb-444.jpg"));
        // A colour space would turn the numbers if it were applied.
        using var bitmap = new SKBitmap(image.Width, image.Height, type, alpha, SKColorSpace.CreateSrgbLinear());
        var pixels = bitmap.GetPixelSpan();
        Assert.Equal(image.Pixels.Length, pixels.Length);
        var (red, blue) = type == SKColorType.Rgba8888 ? (0, 2) : (2, 0);
        var bytes = new byte[pixels.Length];
        for (var i = 0; i < bytes.Length; i += 4)
            (bytes[i + red], bytes[i + 1], bytes[i + blue], bytes[i + 3]) = (image.Pixels[i], image.Pixels[i + 1], image.Pixels[i + 2], 255);
        System.Runtime.InteropServices.Marshal.Copy(bytes, 0, bitmap.GetPixels(), bytes.Length);

        AssertSame(image, ImageDecoder.Decode(bitmap));
        Assert.Contains("more than the limit of 10", Assert.Throws<ImageException>(() => ImageDecoder.Decode(bitmap, Narrow)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bitmap_that_is_gone_or_empty_is_refused_by_its_name()
    {
        var bitmap = new SKBitmap(4, 4);
        bitmap.Dispose();
        using var empty = new SKBitmap();

        Assert.Equal("photo: the image is empty", Assert.Throws<ImageException>(() => ImageDecoder.Decode(ImageSource.FromBitmap(bitmap, "photo"))).Message);
        Assert.Equal("photo: the image is empty", Assert.Throws<ImageException>(() => ImageDecoder.Decode(ImageSource.FromBitmap(empty, "photo"))).Message);
    }

    [Fact]
    public void A_tensor_of_bytes_gives_its_pixels()
    {
        var image = ImageDecoder.Decode(ImageGoldens.Sample("rgb-444.jpg"));
        using var tensor = image.ToTensor();

        AssertSame(image, ImageDecoder.Decode(ImageSource.FromTensor(tensor)));
        Assert.Throws<ImageException>(() => ImageDecoder.Decode(ImageSource.FromTensor(tensor), Narrow));
    }

    [Fact]
    public void A_tensor_that_is_no_image_is_refused()
    {
        using var batch = zeros([1, 3, 4, 4], ScalarType.Byte);
        using var numbers = zeros([3, 4, 4], ScalarType.Int64);
        using var channels = zeros([2, 4, 4], ScalarType.Byte);
        using var input = zeros([3, 4, 4]);

        Assert.Throws<ArgumentException>(() => ImageSource.FromTensor(batch));
        Assert.Throws<ArgumentException>(() => ImageSource.FromTensor(numbers));
        Assert.Throws<ImageException>(() => ImageDecoder.Decode(ImageSource.FromTensor(channels)));
        Assert.Equal("x: it is a network's input already, not an image", Assert.Throws<ImageException>(() => ImageDecoder.Decode(ImageSource.FromTensor(input, "x"))).Message);
    }

    private static void AssertSame(DecodedImage expected, DecodedImage actual)
    {
        Assert.Equal((expected.Width, expected.Height), (actual.Width, actual.Height));
        for (var i = 0; i < expected.Pixels.Length; i++)
        {
            if (i % 4 != 3) Assert.Equal(expected.Pixels[i], actual.Pixels[i]);
        }
    }
}
