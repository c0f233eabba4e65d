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

    // A file's path here, and what the archive calls it: './cat/1.jpg', or with the separators of Windows.
    private readonly Dictionary<string, (TreeFile File, string Entry)> byPath = new(StringComparer.Ordinal);
    private volatile bool disposed;

    public ZipTree(string path)
    {
        Path = path;
        var archive = Open();
        archives.Add(archive);
        try
        {
            List<string> folders = [];
            foreach (var entry in archive.Entries)
            {
                var name = Normalised(entry.FullName);
                if (name.Length == 0 || IsHidden(name)) continue;
                if (entry.FullName[^1] is '/' or '\\') folders.Add(name);
                else byPath.TryAdd(name, (new(name, entry.Length), entry.FullName));
            }
            Files = [.. byPath.Values.Select(known => known.File).OrderBy(file => file.Path, StringComparer.Ordinal)];
            EmptyFolders =
            [
                .. folders.Distinct(StringComparer.Ordinal).Where(folder => !Files.Any(file => file.Path.StartsWith($"{folder}/", StringComparison.Ordinal)))
                    .Order(StringComparer.Ordinal),
            ];
        }
        catch (Exception error) when (error is InvalidDataException or IOException or ArgumentException)
        {
            Dispose();
            throw Damaged(error);
        }
    }

    public string Path { get; }

    public IReadOnlyList<TreeFile> Files { get; }

    public IReadOnlyList<string> EmptyFolders { get; }

    public TreeFile Find(string path)
    {
        var name = Normalised(path);
        return byPath.TryGetValue(name, out var known) ? known.File : new(name, 0);
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
            if (!byPath.TryGetValue(file.Path, out var known) || archive.GetEntry(known.Entry) is not { } entry)
                throw new InvalidDatasetException(name, "it is not in the archive.");
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

    private static string Normalised(string path) => string.Join('/', path.Split('/', '\\').Where(part => part is not ("" or ".")));

    private static bool IsHidden(string path) => path.Split('/').Any(part => part.StartsWith('.') || part == "__MACOSX");

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
