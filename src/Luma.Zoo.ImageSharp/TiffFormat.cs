using Luma.Zoo.Images;

namespace Luma.Zoo.ImageSharp;

/// <summary>TIFF and BigTIFF, the first page.</summary>
internal sealed class TiffFormat : IImageFormat
{
    /// <inheritdoc/>
    public string Name => "TIFF";

    /// <inheritdoc/>
    public bool IsMatch(ReadOnlySpan<byte> head) =>
        head is [(byte)'I', (byte)'I', 42 or 43, 0, ..] or [(byte)'M', (byte)'M', 0, 42 or 43, ..];

    /// <inheritdoc/>
    public IImageReader Open(ReadOnlyMemory<byte> file) => new TiffReader(file);
}
