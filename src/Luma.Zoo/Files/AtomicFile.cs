using System.IO.Hashing;
using System.Text;

namespace Luma.Zoo.Files;

/// <summary>Writes files as a whole: to a temporary file beside the file, which then takes its place. At no time is there half a file.</summary>
internal static class AtomicFile
{
    private const int Attempts = 5, HashLength = 16;
    private const string HiddenPrefix = ".luma-", PartialEnd = ".partial";

    /// <summary>How a folder is searched for what was left in it: one that takes files may be closed to those who look.</summary>
    public static EnumerationOptions Listing { get; } = new() { IgnoreInaccessible = true, AttributesToSkip = 0 };

    /// <summary>
    /// Writes a file. Its bytes are on the disk before it has its name, the mode of a file that is replaced stays, and a symbolic link goes on
    /// leading to where it led.
    /// </summary>
    /// <param name="path">The file. One that is there is replaced.</param>
    /// <param name="write">Writes it.</param>
    /// <param name="successorOf">The file whose mode it has instead, as it will take its place.</param>
    /// <exception cref="IOException">It cannot be written; the message names it as it was given.</exception>
    public static void Write(string path, Action<Stream> write, string? successorOf = null)
    {
        using var file = Prepare(path, write, successorOf);
        file.TakePlace();
    }

    /// <summary>Writes a file as <see cref="Write"/> does, but for its name: all that takes room on the disk.</summary>
    /// <inheritdoc cref="Write"/>
    /// <returns>The file beside its place, which it takes when it is told to; dispose of it.</returns>
    public static PreparedFile Prepare(string path, Action<Stream> write, string? successorOf = null)
    {
        if (path.Contains('\0', StringComparison.Ordinal)) throw new IOException($"{path}: cannot be written: the path has a NUL character.");
        var target = Resolve(path);
        if (RegularFile.Obstacle(target) is { } obstacle) throw new IOException($"{path}: cannot be written: {obstacle}.");

        return Try(path, target, () =>
        {
            Sweep(target);
            return Fill(path, target, write, ModeOf(successorOf is null ? target : Resolve(successorOf)));
        });
    }

    private static T Try<T>(string path, string target, Func<T> act)
    {
        try
        {
            return act();
        }
        catch (Exception error) when (FileTrouble.IsOfDisk(error))
        {
            throw new IOException($"{path}: cannot be written: {FileTrouble.WhileWriting(error, Path.GetDirectoryName(target))}.", error);
        }
    }

    // A symbolic link stays, and what it leads to is replaced, also where nothing is there yet.
    private static string Resolve(string path)
    {
        try
        {
            return RegularFile.Follow(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"{path}: cannot be written: {FileTrouble.WhileWriting(error, Path.GetDirectoryName(path))}.", error);
        }
    }

    /// <summary>The mode of a file that is there; null where there is none, or no such thing.</summary>
    public static UnixFileMode? ModeOf(string path) => !OperatingSystem.IsWindows() && File.Exists(path) ? File.GetUnixFileMode(path) : null;

    private static PreparedFile Fill(string path, string target, Action<Stream> write, UnixFileMode? mode)
    {
        var stream = Create(target, out var partial);
        try
        {
            write(stream);
            stream.Flush(flushToDisk: true);
            if (!OperatingSystem.IsWindows() && mode is { } kept) File.SetUnixFileMode(stream.SafeFileHandle, kept);
            return new(path, target, partial, stream);
        }
        catch
        {
            Abandon(stream, partial);
            throw;
        }
    }

    // On a full disk closing fails too, since it writes what is held back.
    private static void Abandon(FileStream stream, string partial)
    {
        try
        {
            stream.Dispose();
        }
        catch (Exception error) when (FileTrouble.IsOfDisk(error))
        {
        }
        finally
        {
            File.Delete(partial);
        }
    }

    // The file is locked while it is written, but for readers: whoever can lock one for himself knows that its writer is gone.
    private static FileStream Create(string target, out string partial)
    {
        for (var attempt = 1; ; attempt++)
        {
            partial = Path.Combine(Path.GetDirectoryName(target)!, $"{PartialPrefix(target)}{Path.GetRandomFileName()}{PartialEnd}");
            try
            {
                var stream = new FileStream(partial, FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 1 << 16);
                // Somebody may have swept it before it was locked.
                if (File.Exists(partial)) return stream;
                stream.Dispose();
            }
            catch (IOException error) when (attempt < Attempts && error is not (DirectoryNotFoundException or PathTooLongException))
            {
            }
        }
    }

    // What processes left that were killed while they wrote a file, whichever it was: nobody may ever write one of that name again. Windows cannot
    // move an open file, so there a file is not locked any more just before it has its name; no other file is swept then.
    private static void Sweep(string target)
    {
        var pattern = OperatingSystem.IsWindows() ? PartialPrefix(target) : $"{HiddenPrefix}{new string('?', HashLength)}-";
        foreach (var left in Directory.EnumerateFiles(Path.GetDirectoryName(target)!, $"{pattern}*{PartialEnd}", Listing))
        {
            try
            {
                using var locked = new FileStream(left, FileMode.Open, FileAccess.Write, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // Its writer is alive, or it is another user's.
            }
        }
    }

    /// <summary>How the names of files begin that are written on the way to one: as short for a long name as for a short one, since names have a greatest length.</summary>
    /// <param name="name">The name of the file or folder.</param>
    public static string HiddenName(string name) => $"{HiddenPrefix}{XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(name)):x16}";

    private static string PartialPrefix(string target) => $"{HiddenName(Path.GetFileName(target))}-";

    /// <summary>A file that has all but its name. It is locked until it has that.</summary>
    internal sealed class PreparedFile(string path, string target, string partial, FileStream stream) : IDisposable
    {
        private bool placed;

        /// <summary>Takes the place of what is there.</summary>
        /// <exception cref="IOException">It cannot; the message names the path as it was given.</exception>
        public void TakePlace() => Try(path, target, () =>
        {
            // Windows moves no open file; elsewhere it stays locked until it has its name.
            if (OperatingSystem.IsWindows()) stream.Dispose();
            File.Move(partial, target, overwrite: true);
            return placed = true;
        });

        public void Dispose()
        {
            if (placed) stream.Dispose();
            else Abandon(stream, partial);
        }
    }
}
