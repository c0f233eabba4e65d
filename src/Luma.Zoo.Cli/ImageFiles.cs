using Luma.Zoo.Images;
using Luma.Zoo.ImageSharp;

namespace Luma.Zoo.Cli;

/// <summary>A file to classify, or a path that has none and the reason.</summary>
internal readonly record struct ImageFile(string Path, string? Error = null);

/// <summary>Knows the files of a folder that are images.</summary>
internal static class ImageFiles
{
    /// <summary>How the program decodes: every format that there is.</summary>
    public static DecodeOptions Decoding => new() { Formats = ImageSharpFormats.All };

    /// <summary>Whether files of an extension, such as <c>.png</c>, are taken for images; a folder may have others.</summary>
    public static bool IsImage(ReadOnlySpan<char> extension) => ImageExtensions.Has(extension);
}
