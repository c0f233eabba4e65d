using System.Collections.Concurrent;
using System.IO.Compression;
using Luma.Zoo.Files;
using Luma.Zoo.Images;

namespace Luma.Zoo.Training.Data;

/// <summary>The files of a ZIP archive.</summary>
internal sealed class ZipTree : IFileTree
{
    // An archive is read by one thread at a time, so there is one for each that reads.
    private readonly ConcurrentBag<ZipArchive> archives = [];
    private readonly Lazy<Dictionary<string, TreeFile>> byPath;
    private volatile bool disposed;

    public ZipTree(string path)
    {
        Path = path;
        byPath = new(() => Files!.ToDictionary(file => file.Path, StringComparer.Ordinal));
        var archive = Open();
        archives.Add(archive);
        try
        {
            var entries = archive.Entries.Where(entry => !IsHidden(entry.FullName)).ToList();
            Files =
            [
                .. entries.Where(entry => entry.Name.Length > 0)
                    .Select(entry => new TreeFile(entry.FullName.Replace('\\', '/'), entry.Length))
                    .DistinctBy(file => file.Path)
                    .OrderBy(file => file.Path, StringComparer.Ordinal),
            ];
            EmptyFolders =
            [
                .. entries.Where(entry => entry.Name.Length == 0).Select(entry => entry.FullName.TrimEnd('/'))
                    .Where(folder => !Files.Any(file => file.Path.StartsWith($"{folder}/", StringComparison.Ordinal)))
                    .Order(StringComparer.Ordinal),
            ];
        }
        catch (InvalidDataException error)
        {
            archive.Dispose();
            throw Damaged(error);
        }
    }

    public string Path { get; }

    public IReadOnlyList<TreeFile> Files { get; }

    public IReadOnlyList<string> EmptyFolders { get; }

    public TreeFile Find(string path)
    {
        var name = path.Replace('\\', '/');
        return byPath.Value.TryGetValue(name, out var file) ? file : new(name, 0);
    }

    public ImageSource Image(TreeFile file)
    {
        var name = ((IFileTree)this).NameOf(file);
        return ImageSource.FromBytes(
            most =>
            {
                try
                {
                    return Read(file, most);
                }
                catch (InvalidDatasetException error)
                {
                    throw new ImageException(name, error.Reason.TrimEnd('.'), error);
                }
            },
            name);
    }

    public byte[] Read(TreeFile file, long most)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        if (!archives.TryTake(out var archive)) archive = Open();
        var name = ((IFileTree)this).NameOf(file);
        try
        {
            var entry = archive.GetEntry(file.Path) ?? archive.GetEntry(file.Path.Replace('/', '\\'))
                ?? throw new InvalidDatasetException(name, "it is no longer in the archive.");
            using var stream = entry.Open();
            using var bytes = new MemoryStream((int)Math.Min(entry.Length, 1 << 20));
            var chunk = new byte[1 << 16];
            for (int read; (read = stream.Read(chunk)) > 0;)
            {
                // What the archive says of its length need not be true.
                if (bytes.Length + read > most) throw new InvalidDatasetException(name, $"it is larger than {most} bytes.");
                bytes.Write(chunk, 0, read);
            }
            return bytes.ToArray();
        }
        catch (Exception error) when (error is InvalidDataException or NotSupportedException or EndOfStreamException or (IOException and not InvalidDatasetException))
        {
            throw new InvalidDatasetException(name, "it is damaged, or packed in a way that cannot be read.", error);
        }
        finally
        {
            if (disposed) archive.Dispose();
            else archives.Add(archive);
        }
    }

    public void Dispose()
    {
        disposed = true;
        while (archives.TryTake(out var archive)) archive.Dispose();
    }

    private static bool IsHidden(string path) => path.Split('/', '\\').Any(part => part.StartsWith('.') || part == "__MACOSX");

    private ZipArchive Open()
    {
        try
        {
            return new ZipArchive(RegularFile.OpenStream(Path), ZipArchiveMode.Read);
        }
        catch (InvalidDataException error)
        {
            throw Damaged(error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDatasetException(Path, $"cannot be read: {FileTrouble.WhileReading(error)}.", error);
        }
    }

    private InvalidDatasetException Damaged(Exception error) => new(Path, "this is not a ZIP archive, or it is damaged.", error);
}
