namespace Luma.Zoo.Files;

/// <summary>A file for a library that wants a path. On Linux it has no name, so nothing is left even of a process that is killed.</summary>
internal static class ScratchFile
{
    private const string Descriptors = "/proc/self/fd";

    /// <summary>Writes a file, has it read, and throws it away.</summary>
    /// <param name="write">Writes it.</param>
    /// <param name="read">Reads it by its path.</param>
    /// <returns>What was read.</returns>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static T Pass<T>(Action<Stream> write, Func<string, T> read)
    {
        if (OperatingSystem.IsLinux() && Directory.Exists(Descriptors))
        {
            // The system keeps a file without a name as long as it is open, and lets the process open it again by its number.
            var settings = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite };
            using var unnamed = new FileStream(Path.Combine(Path.GetTempPath(), $"luma-{Path.GetRandomFileName()}"), settings);
            File.Delete(unnamed.Name);
            return WriteAndRead(unnamed, $"{Descriptors}/{unnamed.SafeFileHandle.DangerousGetHandle()}");
        }

        using var folder = new ScratchFolder();
        using var file = new FileStream(folder["scratch"], FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read);
        return WriteAndRead(file, file.Name);

        T WriteAndRead(FileStream stream, string path)
        {
            write(stream);
            stream.Flush();
            return read(path);
        }
    }
}
