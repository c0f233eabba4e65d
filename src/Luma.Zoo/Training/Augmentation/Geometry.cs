using System.Runtime.InteropServices;
using Luma.Zoo.Images;

namespace Luma.Zoo.Training.Augmentation;

/// <summary>What moves an image's pixels, with nothing at random in it. Equal to PIL and torchvision to the bit.</summary>
internal static partial class Geometry
{
    /// <summary>Cuts out a window, parts of which may lie outside of the image.</summary>
    public static DecodedImage Crop(DecodedImage image, Window window, FillColor fill)
    {
        if (window == new Window(0, 0, image.Width, image.Height)) return image;

        var source = Pixels(image);
        var pixels = Allocate(window.Width, window.Height);
        var target = MemoryMarshal.Cast<byte, uint>(pixels.AsSpan());
        var (left, right) = (Math.Clamp(-window.Left, 0, window.Width), Math.Clamp(image.Width - window.Left, 0, window.Width));
        for (var row = 0; row < window.Height; row++)
        {
            var line = target.Slice(row * window.Width, window.Width);
            var y = window.Top + row;
            if (y < 0 || y >= image.Height || left >= right)
            {
                line.Fill(fill.Pixel);
                continue;
            }
            line[..left].Fill(fill.Pixel);
            source.Slice((y * image.Width) + window.Left + left, right - left).CopyTo(line[left..]);
            line[right..].Fill(fill.Pixel);
        }
        return new DecodedImage(window.Width, window.Height, pixels);
    }

    /// <summary>Cuts out a window, which lies in the image, and resizes it.</summary>
    public static DecodedImage ResizedCrop(DecodedImage image, Window window, ImageSize size, Interpolation interpolation)
    {
        if (window.Width == size.Width && window.Height == size.Height) return Crop(image, window, default);
        return ResizedCrop(new PixelView(image), window, size, interpolation);
    }

    /// <summary>The same, where no more than the window may be there of the image.</summary>
    public static DecodedImage ResizedCrop(PixelView image, Window window, ImageSize size, Interpolation interpolation)
    {
        if (window.Width == size.Width && window.Height == size.Height)
        {
            var cut = Allocate(window.Width, window.Height);
            image.CopyTo(window.ToArea(), cut);
            return new DecodedImage(window.Width, window.Height, cut);
        }

        var stride = image.Area.Width * DecodedImage.BytesPerPixel;
        var first = ((window.Top - image.Area.Top) * stride) + ((window.Left - image.Area.Left) * DecodedImage.BytesPerPixel);
        var pixels = Resizer.Resize(
            image.Bytes[first..], DecodedImage.BytesPerPixel, stride, window.Width, window.Height, size.Width, size.Height,
            new(0, size.Width), new(0, size.Height), interpolation);
        return new DecodedImage(size.Width, size.Height, pixels);
    }

    /// <summary>Resizes an image.</summary>
    public static DecodedImage Resize(DecodedImage image, ImageSize size, Interpolation interpolation) =>
        ResizedCrop(image, new(0, 0, image.Width, image.Height), size, interpolation);

    /// <summary>Swaps left and right.</summary>
    public static DecodedImage FlipHorizontal(DecodedImage image)
    {
        var pixels = image.Pixels.ToArray();
        var target = MemoryMarshal.Cast<byte, uint>(pixels.AsSpan());
        for (var row = 0; row < image.Height; row++) target.Slice(row * image.Width, image.Width).Reverse();
        return new DecodedImage(image.Width, image.Height, pixels);
    }

    /// <summary>Swaps above and below.</summary>
    public static DecodedImage FlipVertical(DecodedImage image)
    {
        var pixels = Allocate(image.Width, image.Height);
        var stride = image.Width * DecodedImage.BytesPerPixel;
        for (var row = 0; row < image.Height; row++)
            image.Pixels.Slice(row * stride, stride).CopyTo(pixels.AsSpan((image.Height - 1 - row) * stride));
        return new DecodedImage(image.Width, image.Height, pixels);
    }

    private static ReadOnlySpan<uint> Pixels(DecodedImage image) => MemoryMarshal.Cast<byte, uint>(image.Pixels);

    private static byte[] Allocate(int width, int height)
    {
        var length = (long)width * height * DecodedImage.BytesPerPixel;
        return length <= Array.MaxLength
            ? GC.AllocateUninitializedArray<byte>((int)length)
            : throw new ImageException(null, $"{width} by {height} pixels do not fit an array");
    }
}
