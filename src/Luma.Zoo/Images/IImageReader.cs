namespace Luma.Zoo.Images;

/// <summary>An image whose size is known and whose pixels are still to be read.</summary>
public interface IImageReader
{
    /// <summary>The width in pixels, before it is turned.</summary>
    int Width { get; }

    /// <summary>The height in pixels, before it is turned.</summary>
    int Height { get; }

    /// <summary>Where the first row and column belong when it is shown.</summary>
    ImageOrientation Orientation => ImageOrientation.TopLeft;

    /// <summary>How many bytes of memory reading takes beside the pixels, for those who bound what many images take together.</summary>
    long WorkingBytes => 0;

    /// <summary>Reads the pixels.</summary>
    /// <param name="pixels">
    /// Where they go: <c>4 * Width * Height</c> bytes, for each pixel red, green, blue and one that means nothing, row by row from the top
    /// left. What was there before is arbitrary.
    /// </param>
    /// <exception cref="ImageException">The file is damaged or truncated.</exception>
    void Read(Span<byte> pixels);
}
