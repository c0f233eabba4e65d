using System.Runtime.InteropServices;

namespace Luma.Zoo.Images;

/// <summary>Turns pixels the way their orientation says.</summary>
internal static class Turning
{
    // Reads along rows and writes along columns: a block of this many rows and columns stays in the cache.
    private const int Block = 32;

    /// <summary>Whether rows become columns, which takes a second array of pixels.</summary>
    public static bool SwapsAxes(ImageOrientation orientation) => orientation >= ImageOrientation.LeftTop;

    /// <summary>Where an area of the image as it is shown lies in the image as it stands in its file.</summary>
    /// <param name="area">An area of what is shown.</param>
    /// <param name="width">The width in the file.</param>
    /// <param name="height">The height in the file.</param>
    /// <param name="orientation">Where the first row and column belong.</param>
    public static PixelArea Find(PixelArea area, int width, int height, ImageOrientation orientation)
    {
        var (left, top, across, down) = SwapsAxes(orientation) ? (area.Top, area.Left, area.Height, area.Width) : (area.Left, area.Top, area.Width, area.Height);
        if (FromRight(orientation)) left = width - left - across;
        if (FromBottom(orientation)) top = height - top - down;
        return new(left, top, across, down);
    }

    /// <summary>Turns an image.</summary>
    /// <param name="pixels">The pixels. They are changed, or given back where others take their place.</param>
    /// <param name="orientation">Where the first row and column belong.</param>
    /// <returns>The pixels as they are to be shown.</returns>
    public static PixelBuffer Apply(PixelBuffer pixels, ImageOrientation orientation)
    {
        var source = MemoryMarshal.Cast<byte, uint>(pixels.Bytes);
        switch (orientation)
        {
            case ImageOrientation.TopRight:
                for (var row = 0; row < pixels.Height; row++) source.Slice(row * pixels.Width, pixels.Width).Reverse();
                break;
            case ImageOrientation.BottomRight:
                source.Reverse();
                break;
            case ImageOrientation.BottomLeft:
                SwapRows(source, pixels.Width, pixels.Height);
                break;
            case ImageOrientation.LeftTop or ImageOrientation.RightTop or ImageOrientation.RightBottom or ImageOrientation.LeftBottom:
                using (pixels)
                {
                    var turned = pixels.CreateLike(pixels.Height, pixels.Width);
                    Transpose(source, MemoryMarshal.Cast<byte, uint>(turned.Bytes), pixels.Width, pixels.Height, orientation);
                    return turned;
                }
        }
        return pixels;
    }

    /// <summary>Turns a copy of an image.</summary>
    public static DecodedImage Apply(DecodedImage image, ImageOrientation orientation)
    {
        var pixels = new PixelBuffer(image.Width, image.Height, pool: null);
        image.Pixels.CopyTo(pixels.Bytes);
        return Apply(pixels, orientation).ToImage();
    }

    // Whether what is shown first stands last.
    private static bool FromRight(ImageOrientation orientation) =>
        orientation is ImageOrientation.TopRight or ImageOrientation.BottomRight or ImageOrientation.RightBottom or ImageOrientation.LeftBottom;

    private static bool FromBottom(ImageOrientation orientation) =>
        orientation is ImageOrientation.BottomRight or ImageOrientation.BottomLeft or ImageOrientation.RightTop or ImageOrientation.RightBottom;

    private static void SwapRows(Span<uint> pixels, int width, int height)
    {
        var between = new uint[width];
        for (var row = 0; row < height / 2; row++)
        {
            var top = pixels.Slice(row * width, width);
            var bottom = pixels.Slice((height - 1 - row) * width, width);
            top.CopyTo(between);
            bottom.CopyTo(top);
            between.CopyTo(bottom);
        }
    }

    private static void Transpose(ReadOnlySpan<uint> source, Span<uint> target, int width, int height, ImageOrientation orientation)
    {
        // Where a column comes to stand as a row, and where a row as a column.
        var (fromRight, fromBottom) = (FromRight(orientation), FromBottom(orientation));
        for (var top = 0; top < height; top += Block)
        {
            var bottom = Math.Min(top + Block, height);
            for (var left = 0; left < width; left += Block)
            {
                var right = Math.Min(left + Block, width);
                for (var column = left; column < right; column++)
                {
                    var row = target.Slice((fromRight ? width - 1 - column : column) * height, height);
                    for (var y = top; y < bottom; y++) row[fromBottom ? height - 1 - y : y] = source[(y * width) + column];
                }
            }
        }
    }
}
