namespace Luma.Zoo.Images;

/// <summary>Knows by their names which files of a folder are images.</summary>
internal static class ImageExtensions
{
    private static readonly string[] All =
    [
        ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".tga", ".pbm", ".pgm", ".ppm", ".pnm",
    ];

    /// <summary>Whether files of an extension, such as <c>.png</c>, are taken for images; a folder may have others.</summary>
    public static bool Has(ReadOnlySpan<char> extension)
    {
        foreach (var known in All)
        {
            if (extension.Equals(known, StringComparison.OrdinalIgnoreCase)) return true;
        }
        return false;
    }
}
