using Luma.Zoo.Images;

namespace Luma.Zoo.ImageSharp;

/// <summary>TGA, with and without run lengths.</summary>
internal sealed class TgaFormat : IImageFormat
{
    /// <inheritdoc/>
    public string Name => "TGA";

    /// <inheritdoc/>
    public bool IsMatch(ReadOnlySpan<byte> head) => TgaReader.IsHeader(head);

    /// <inheritdoc/>
    public IImageReader Open(ReadOnlyMemory<byte> file) => new TgaReader(file);
}
