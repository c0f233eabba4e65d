using Luma.Zoo.Files;
using Luma.Zoo.Images;

namespace Luma.Zoo.Training.Data;

/// <summary>The files of a folder.</summary>
internal sealed class FolderTree : IFileTree
{
    private const int MostDepth = 16;

    private readonly Lazy<(IReadOnlyList<TreeFile> Files, IReadOnlyList<string> Empty)> content;

    public FolderTree(string path)
    {
        Path = path;
        content = new(Enumerate);
    }

    public string Path { get; }

    public IReadOnlyList<TreeFile> Files => content.Value.Files;

    public IReadOnlyList<string> EmptyFolders => content.Value.Empty;

    // A list may name files beside the folder.
    public TreeFile Find(string path)
    {
        var file = new TreeFile(path.Replace('\\', '/'), 0);
        return file with { Length = LengthOf(new FileInfo(Full(file))) };
    }

    public ImageSource Image(TreeFile file) => ImageSource.FromFile(Full(file));

    public byte[] Read(TreeFile file, long most)
    {
        try
        {
            return RegularFile.ReadAllBytes(Full(file), (int)Math.Min(most, Array.MaxLength));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDatasetException(Full(file), $"cannot be read: {FileTrouble.WhileReading(error)}.", error);
        }
    }

    public void Dispose()
    {
    }

    private string Full(TreeFile file) => System.IO.Path.Combine(Path, file.Path.Replace('/', System.IO.Path.DirectorySeparatorChar));

    private (IReadOnlyList<TreeFile> Files, IReadOnlyList<string> Empty) Enumerate()
    {
        try
        {
            List<TreeFile> files = [];
            List<string> empty = [];
            Add(new DirectoryInfo(Path), RegularFile.RealPath(Path), "", [], files, empty);
            return ([.. files.OrderBy(file => file.Path, StringComparer.Ordinal)], [.. empty.Order(StringComparer.Ordinal)]);
        }
        catch (Exception error) when (error is not InvalidDatasetException and (IOException or UnauthorizedAccessException))
        {
            throw new InvalidDatasetException(Path, $"cannot be read: {FileTrouble.WhileReading(error)}.", error);
        }
    }

    // Above are the folders that it lies in: a link that leads back to one of them would bring its pictures again, under other classes.
    private bool Add(DirectoryInfo folder, string real, string prefix, HashSet<string> above, List<TreeFile> files, List<string> empty)
    {
        // The curves of a run that is kept beside the pictures are none of them.
        if (prefix.Length > 0 && File.Exists(System.IO.Path.Combine(folder.FullName, RunFolder.LockName))) return true;
        if (above.Count > MostDepth || !above.Add(real)) return false;

        var found = false;
        foreach (var entry in EntriesOf(folder, System.IO.Path.Combine(Path, prefix.TrimEnd('/'))))
        {
            // Hidden files are the system's, such as .DS_Store.
            if (entry.Name.StartsWith('.')) continue;
            if (entry is DirectoryInfo below)
            {
                var itsReal = below.LinkTarget is null ? System.IO.Path.Combine(real, below.Name) : RegularFile.RealPath(below.FullName);
                found |= Add(below, itsReal, $"{prefix}{entry.Name}/", above, files, empty);
            }
            else
            {
                files.Add(new($"{prefix}{entry.Name}", LengthOf((FileInfo)entry)));
                found = true;
            }
        }
        above.Remove(real);
        if (!found && prefix.Length > 0) empty.Add(prefix.TrimEnd('/'));
        return found;
    }

    private static FileSystemInfo[] EntriesOf(DirectoryInfo folder, string name)
    {
        try
        {
            return folder.GetFileSystemInfos();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDatasetException(name, $"cannot be read: {FileTrouble.WhileReading(error, folder.FullName)}.", error);
        }
    }

    // A link has the length of what it leads to; one that leads nowhere is found out when it is decoded.
    private static long LengthOf(FileInfo file)
    {
        try
        {
            return !file.Exists ? 0 : file.LinkTarget is null ? file.Length : file.ResolveLinkTarget(returnFinalTarget: true) is FileInfo { Exists: true } target ? target.Length : 0;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }
}
