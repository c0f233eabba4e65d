using Luma.Zoo.Images;

namespace Luma.Zoo.ImageSharp;

/// <summary>The formats that this package adds to <see cref="DecodeOptions.Formats"/>.</summary>
public static class ImageSharpFormats
{
    /// <summary>TIFF, the portable maps (PBM, PGM, PPM) and TGA, which has no signature and comes last.</summary>
    public static IReadOnlyList<IImageFormat> All => [new TiffFormat(), new PortableMapFormat(), new TgaFormat()];
}
