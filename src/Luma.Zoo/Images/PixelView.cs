namespace Luma.Zoo.Images;

/// <summary>The pixels of an image, or those of an area of it.</summary>
/// <param name="bytes">The pixels of the area, four bytes each, row by row.</param>
/// <param name="area">The area.</param>
/// <param name="width">The whole image's width.</param>
/// <param name="height">The whole image's height.</param>
internal readonly ref struct PixelView(ReadOnlySpan<byte> bytes, PixelArea area, int width, int height)
{
    /// <summary>All of an image.</summary>
    public PixelView(DecodedImage image)
        : this(image.Pixels, new(0, 0, image.Width, image.Height), image.Width, image.Height)
    {
    }

    /// <summary>The pixels of the area.</summary>
    public ReadOnlySpan<byte> Bytes { get; } = bytes;

    /// <summary>What of the image is here.</summary>
    public PixelArea Area { get; } = area;

    /// <summary>The whole image's width.</summary>
    public int Width { get; } = width;

    /// <summary>The whole image's height.</summary>
    public int Height { get; } = height;

    /// <summary>Copies pixels.</summary>
    /// <param name="part">What of the image; it must be in <see cref="Area"/>.</param>
    /// <param name="target">Where its pixels go, row by row.</param>
    public void CopyTo(PixelArea part, Span<byte> target)
    {
        var length = part.Width * DecodedImage.BytesPerPixel;
        for (var row = 0; row < part.Height; row++)
        {
            var from = (((part.Top - Area.Top + row) * Area.Width) + part.Left - Area.Left) * DecodedImage.BytesPerPixel;
            Bytes.Slice(from, length).CopyTo(target[(row * length)..]);
        }
    }
}
