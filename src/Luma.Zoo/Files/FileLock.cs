namespace Luma.Zoo.Files;

/// <summary>
/// Lets one process at a time write what is more than one file. The lock is a small file beside these, which goes with it; of a process that
/// was killed it stays, and locks nothing.
/// </summary>
internal sealed class FileLock : IDisposable
{
    private const string Extension = ".lock";

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly FileStream held;

    private FileLock(FileStream held) => this.held = held;

    /// <summary>Waits until nobody else writes there.</summary>
    /// <param name="path">The main one of the files.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <returns>The lock; dispose of it.</returns>
    /// <exception cref="IOException">The folder cannot be written; the message names the path as it was given.</exception>
    public static FileLock Take(string path, CancellationToken cancellation)
    {
        var target = Path.GetFullPath(path);
        var folder = Path.GetDirectoryName(target)!;
        var name = Path.Combine(folder, AtomicFile.HiddenName(Path.GetFileName(target)) + Extension);
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                if (TryTake(name) is { } taken) return taken;
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                throw new IOException($"{path}: cannot be written: {FileTrouble.WhileWriting(error, folder)}.", error);
            }
            cancellation.WaitHandle.WaitOne(Pause);
        }
    }

    public void Dispose()
    {
        try
        {
            // Before others can have the lock. Windows deletes the file itself.
            if (!OperatingSystem.IsWindows()) File.Delete(held.Name);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // It locks nothing any more.
        }
        finally
        {
            held.Dispose();
        }
    }

    private static FileLock? TryTake(string name)
    {
        FileStream stream;
        try
        {
            var options = OperatingSystem.IsWindows() ? FileOptions.DeleteOnClose : FileOptions.None;
            stream = new FileStream(name, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None, bufferSize: 0, options);
        }
        catch (IOException error) when (FileTrouble.IsInUse(error))
        {
            return null;
        }
        try
        {
            if (OperatingSystem.IsWindows() || IsAt(name, stream)) return new(stream);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
        stream.Dispose();
        return null;
    }

    // Who held it before may have deleted the file after it was opened here, and before it was locked. Then another may be there by now, and another lock.
    private static bool IsAt(string name, FileStream stream)
    {
        var mark = Guid.NewGuid().ToByteArray();
        stream.SetLength(0);
        stream.Write(mark);
        try
        {
            return RegularFile.ReadAllBytes(name, mark.Length).AsSpan().SequenceEqual(mark);
        }
        catch (FileNotFoundException)
        {
            return false;
        }
    }
}
