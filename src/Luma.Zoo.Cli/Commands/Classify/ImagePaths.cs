using System.IO.Enumeration;
using Luma.Zoo.Files;

namespace Luma.Zoo.Cli.Commands.Classify;

/// <summary>Finds the images that names stand for, one after another as they are asked for.</summary>
/// <remarks>
/// The order is always that of the paths' characters, folder by folder, so that a run can be continued. Of a folder only the names of its
/// images are held, and those of the folders around it.
/// </remarks>
internal static class ImagePaths
{
    /// <summary>Files as they stand, and of folders the images.</summary>
    /// <param name="names">Files and folders.</param>
    /// <param name="recursive">Whether to search the folders in folders.</param>
    /// <param name="listed">Whether the names stand in a list, which may be in another encoding than its files' names.</param>
    public static IEnumerable<ImageFile> Find(IEnumerable<string> names, bool recursive, bool listed = false)
    {
        foreach (var name in names)
        {
            if (!Directory.Exists(name))
            {
                yield return Checked(name, listed);
                continue;
            }

            var found = false;
            foreach (var file in InFolder(name, recursive))
            {
                found = true;
                yield return file;
            }
            if (!found) yield return new(name, WhyNone(name, recursive));
        }
    }

    private static IEnumerable<ImageFile> InFolder(string folder, bool recursive)
    {
        var (names, error) = List(folder, recursive);
        if (error is not null) yield return new(folder, $"the folder cannot be read: {error}");
        foreach (var name in names)
        {
            var path = Path.Join(folder, name);
            if (!Path.EndsInDirectorySeparator(name)) yield return Checked(path);
            else foreach (var inner in InFolder(path[..^1], recursive)) yield return inner;
        }
    }

    // Of a name in another encoding not every character is known, so there is no file of that name.
    private static ImageFile Checked(string path, bool listed = false) => FileTrouble.IsNoText(path) && !File.Exists(path)
        ? new(path, $"this name is not valid UTF-8; {(listed ? "save the list as UTF-8, or rename the file if its name is not" : "rename the file")}")
        : new(path);

    // With the separator after its name, a folder stands where its files stand in the order of whole paths.
    private static (List<string> Names, string? Error) List(string folder, bool recursive)
    {
        try
        {
            // A link to a folder is not followed: it may lead back.
            List<string> names =
            [
                .. new FileSystemEnumerable<string>(
                    folder,
                    (ref FileSystemEntry entry) => entry.IsDirectory ? $"{entry.FileName}{Path.DirectorySeparatorChar}" : entry.FileName.ToString(),
                    new EnumerationOptions { IgnoreInaccessible = false, AttributesToSkip = 0 })
                {
                    ShouldIncludePredicate = (ref FileSystemEntry entry) => entry.IsDirectory
                        ? recursive && !entry.Attributes.HasFlag(FileAttributes.ReparsePoint)
                        : ImageFiles.IsImage(Path.GetExtension(entry.FileName)),
                },
            ];
            names.Sort(StringComparer.Ordinal);
            return (names, null);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return ([], FileTrouble.WhileReading(error, folder));
        }
    }

    private static bool IsLink(string folder) => File.GetAttributes(folder).HasFlag(FileAttributes.ReparsePoint);

    private static string WhyNone(string folder, bool recursive)
    {
        const string None = "there are no images in this folder";
        try
        {
            var folders = Directory.EnumerateDirectories(folder);
            if (!recursive) return folders.Any() ? $"{None}; --recursive searches the folders in it too" : None;
            return folders.Any(IsLink) ? $"{None}, and links to folders are not followed; name what they lead to" : None;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return None;
        }
    }
}
