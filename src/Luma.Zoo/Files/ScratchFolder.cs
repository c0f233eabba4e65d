namespace Luma.Zoo.Files;

/// <summary>
/// A folder for files that only libraries want that take a path. It goes when it is disposed of; what a process left that was killed goes
/// when the next one makes such a folder.
/// </summary>
internal sealed class ScratchFolder : IDisposable
{
    private const string Prefix = "luma-scratch-", LockName = ".lock";

    // No other user can have put anything into it.
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly DirectoryInfo folder;
    private readonly FileStream held;

    /// <summary>Makes a folder.</summary>
    /// <param name="parent">Where; by default the system's folder for temporary files.</param>
    /// <exception cref="IOException">It cannot be made.</exception>
    public ScratchFolder(string? parent = null)
    {
        Sweep(parent ?? Path.GetTempPath());
        folder = parent is null ? Directory.CreateTempSubdirectory(Prefix) : Directory.CreateDirectory(Path.Combine(parent, Prefix + Path.GetRandomFileName()));
        if (!OperatingSystem.IsWindows()) folder.UnixFileMode = Private;
        held = new FileStream(this[LockName], FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, FileOptions.DeleteOnClose);
    }

    /// <summary>The path of a file in it.</summary>
    public string this[string name] => Path.Combine(folder.FullName, name);

    public void Dispose()
    {
        // Windows keeps a file as long as somebody has it mapped.
        foreach (var file in folder.EnumerateFiles().Where(file => file.Name != LockName)) TryDelete(file);
        held.Dispose();
        TryDelete(folder);
    }

    // Whoever can lock a folder's file for himself knows that its owner is gone.
    private static void Sweep(string parent)
    {
        foreach (var left in new DirectoryInfo(parent).EnumerateDirectories($"{Prefix}*", AtomicFile.Listing))
        {
            try
            {
                if (left.LinkTarget is not null || (!OperatingSystem.IsWindows() && left.UnixFileMode != Private)) continue;
                using (new FileStream(Path.Combine(left.FullName, LockName), FileMode.Open, FileAccess.Write, FileShare.None, bufferSize: 0, FileOptions.DeleteOnClose))
                {
                    foreach (var file in left.EnumerateFiles().Where(file => file.Name != LockName)) TryDelete(file);
                }
                TryDelete(left);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // Its owner is alive, or another user, or about to lock it.
            }
        }
    }

    private static void TryDelete(FileSystemInfo entry)
    {
        try
        {
            entry.Delete();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
        }
    }
}
