using Luma.Zoo.Images;

namespace Luma.Zoo.ImageSharp;

/// <summary>PBM, PGM and PPM, as text and binary; of several maps in a file the first.</summary>
internal sealed class PortableMapFormat : IImageFormat
{
    /// <inheritdoc/>
    public string Name => "PBM, PGM, PPM";

    /// <inheritdoc/>
    public bool IsMatch(ReadOnlySpan<byte> head) => head is [(byte)'P', >= (byte)'1' and <= (byte)'6', var next, ..] && (PortableMapReader.IsSpace(next) || next == '#');

    /// <inheritdoc/>
    public IImageReader Open(ReadOnlyMemory<byte> file) => new PortableMapReader(file);
}
