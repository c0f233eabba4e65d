using System.Runtime.InteropServices;

namespace Luma.Zoo.Images;

/// <summary>Turns pixels the way their orientation says.</summary>
internal static class Turning
{
    // Reads along rows and writes along columns: a block of this many rows and columns stays in the cache.
    private const int Block = 32;

    /// <summary>Whether rows become columns, which takes a second array of pixels.</summary>
    public static bool SwapsAxes(ImageOrientation orientation) => orientation >= ImageOrientation.LeftTop;

    /// <summary>Turns an image.</summary>
    /// <param name="width">The width before.</param>
    /// <param name="height">The height before.</param>
    /// <param name="pixels">The pixels, four bytes each. They are changed, and may become the image's.</param>
    /// <param name="orientation">Where the first row and column belong.</param>
    /// <returns>The image as it is to be shown.</returns>
    public static DecodedImage Apply(int width, int height, byte[] pixels, ImageOrientation orientation)
    {
        var source = MemoryMarshal.Cast<byte, uint>(pixels.AsSpan());
        switch (orientation)
        {
            case ImageOrientation.TopRight:
                for (var row = 0; row < height; row++) source.Slice(row * width, width).Reverse();
                break;
            case ImageOrientation.BottomRight:
                source.Reverse();
                break;
            case ImageOrientation.BottomLeft:
                SwapRows(source, width, height);
                break;
            case ImageOrientation.LeftTop or ImageOrientation.RightTop or ImageOrientation.RightBottom or ImageOrientation.LeftBottom:
                return new DecodedImage(height, width, Transpose(source, width, height, orientation));
        }
        return new DecodedImage(width, height, pixels);
    }

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

    private static byte[] Transpose(ReadOnlySpan<uint> source, int width, int height, ImageOrientation orientation)
    {
        var pixels = GC.AllocateUninitializedArray<byte>(width * height * DecodedImage.BytesPerPixel);
        var target = MemoryMarshal.Cast<byte, uint>(pixels.AsSpan());
        // Where a column comes to stand as a row, and where a row as a column.
        var fromRight = orientation is ImageOrientation.RightBottom or ImageOrientation.LeftBottom;
        var fromBottom = orientation is ImageOrientation.RightTop or ImageOrientation.RightBottom;
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
        return pixels;
    }
}
