using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Luma.Zoo.Images;

/// <summary>Opens files that end: no pipe, which may keep who opens it waiting for ever, and no device.</summary>
internal static partial class RegularFile
{
    /// <summary>Opens a file for reading.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The file, from its beginning.</returns>
    /// <exception cref="IOException">It cannot be opened, or is no regular file.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read, or is a folder.</exception>
    /// <exception cref="ArgumentException">The path is none.</exception>
    public static FileStream Open(string path)
    {
        if (path.Length == 0) throw new IOException("the path is empty");
        if (path.Contains('\0', StringComparison.Ordinal)) throw new IOException("the path has a NUL character in it");
        if (Directory.Exists(path)) throw new IOException("it is a folder");

        // The system's own words for what fails are .NET's.
        var descriptor = OperatingSystem.IsWindows() ? -1 : OpenWithoutWaiting(path, ReadOnlyWithoutWaiting);
        var file = descriptor < 0
            ? new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0, FileOptions.SequentialScan)
            : new FileStream(new SafeFileHandle(descriptor, ownsHandle: true), FileAccess.Read, bufferSize: 0);
        if (file.CanSeek) return file;

        file.Dispose();
        throw new IOException("it is a pipe or a device, not a file");
    }

    // O_RDONLY | O_NONBLOCK | O_CLOEXEC: a pipe opens at once, also where nobody writes to it.
    private static int ReadOnlyWithoutWaiting => OperatingSystem.IsMacOS() ? 0x4 | 0x1000000 : 0x800 | 0x80000;

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenWithoutWaiting(string path, int flags);
}
