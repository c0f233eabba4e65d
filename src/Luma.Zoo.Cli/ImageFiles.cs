using System.IO.Enumeration;

namespace Luma.Zoo.Cli;

/// <summary>A file to classify, or a path that has none and the reason.</summary>
internal readonly record struct ImageFile(string Path, string? Error = null);

/// <summary>Finds the images that arguments name.</summary>
internal static class ImageFiles
{
    private static readonly string[] Extensions = [".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".gif", ".bmp"];

    /// <summary>Files as they stand, and of folders the images in the order of their names.</summary>
    public static IEnumerable<ImageFile> Find(IEnumerable<string> arguments, bool recursive) =>
        arguments.SelectMany(argument => Directory.Exists(argument) ? InFolder(argument, recursive) : [new ImageFile(argument)]);

    private static List<ImageFile> InFolder(string folder, bool recursive)
    {
        try
        {
            var images = Enumerate(folder, recursive).Order(StringComparer.Ordinal).Select(path => new ImageFile(path)).ToList();
            if (images.Count > 0) return images;

            var hidden = !recursive && Directory.EnumerateDirectories(folder).Any();
            return [new(folder, hidden ? "there are no images in this folder; --recursive searches the folders in it too" : "there are no images in this folder")];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return [new(folder, $"the folder cannot be read: {error.Message}")];
        }
    }

    // A link to a folder is not followed: it may lead back.
    private static FileSystemEnumerable<string> Enumerate(string folder, bool recursive) => new(
        folder,
        (ref FileSystemEntry entry) => entry.ToSpecifiedFullPath(),
        new EnumerationOptions { RecurseSubdirectories = recursive, IgnoreInaccessible = false, AttributesToSkip = 0 })
    {
        ShouldIncludePredicate = (ref FileSystemEntry entry) => !entry.IsDirectory && IsImage(Path.GetExtension(entry.FileName)),
        ShouldRecursePredicate = (ref FileSystemEntry entry) => !entry.Attributes.HasFlag(FileAttributes.ReparsePoint),
    };

    private static bool IsImage(ReadOnlySpan<char> extension)
    {
        foreach (var known in Extensions)
        {
            if (extension.Equals(known, StringComparison.OrdinalIgnoreCase)) return true;
        }
        return false;
    }
}
