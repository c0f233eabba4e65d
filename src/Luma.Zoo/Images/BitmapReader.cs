using SkiaSharp;

namespace Luma.Zoo.Images;

/// <summary>The pixels of a bitmap of Skia's.</summary>
/// <param name="bitmap">The bitmap.</param>
internal sealed class BitmapReader(SKBitmap bitmap) : IImageReader
{
    /// <inheritdoc/>
    public int Width => bitmap.Handle == 0 ? 0 : bitmap.Width;

    /// <inheritdoc/>
    public int Height => bitmap.Handle == 0 ? 0 : bitmap.Height;

    /// <inheritdoc/>
    public unsafe void Read(Span<byte> pixels)
    {
        // No colour space: the bitmap's numbers as they are. Unpremultiplied: alpha leaves the colours alone.
        var info = new SKImageInfo(bitmap.Width, bitmap.Height, SKColorType.Rgba8888, SKAlphaType.Unpremul);
        using var map = bitmap.PeekPixels() ?? throw new ImageException(null, "the bitmap has no pixels");
        fixed (byte* target = pixels)
        {
            if (!map.ReadPixels(info, (nint)target, info.RowBytes)) throw new ImageException(null, $"a bitmap of {bitmap.ColorType} cannot be read");
        }
    }
}
