namespace Luma.Zoo.Images;

/// <summary>A kind of image file that <see cref="DecodeOptions.Formats"/> adds to those that can be read anyway. Any number of threads use one at a time.</summary>
public interface IImageFormat
{
    /// <summary>What it is called in messages: <c>TIFF</c>.</summary>
    string Name { get; }

    /// <summary>Whether a file may be of this kind.</summary>
    /// <param name="head">The first 18 bytes of the file, or all of it where it is shorter.</param>
    /// <returns>True where its first bytes are those of this kind.</returns>
    bool IsMatch(ReadOnlySpan<byte> head);

    /// <summary>Reads the header, and takes no more memory than that needs.</summary>
    /// <param name="file">The whole file, which stays as it is until the pixels are read.</param>
    /// <returns>The image, whose pixels are read once there is room for them.</returns>
    /// <exception cref="ImageException">The file is damaged, or of a kind that cannot be read.</exception>
    IImageReader Open(ReadOnlyMemory<byte> file);
}
