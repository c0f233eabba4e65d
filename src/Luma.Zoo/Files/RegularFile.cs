using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Luma.Zoo.Files;

/// <summary>
/// Opens the files that users name, if they are files: opening a pipe would wait for ever, and a device has no end. What was opened is
/// what is looked at, so nothing can take its place in between.
/// </summary>
internal static partial class RegularFile
{
    // From Linux's stat.h and fcntl.h; the layout of statx is the same on every architecture.
    private const int CurrentFolder = -100, OfDescriptor = 0x1000, StatxBytes = 256, ModeOffset = 28;
    private const uint TypeMask = 1;
    private const int KindBits = 0xF000, Pipe = 0x1000, CharacterDevice = 0x2000, Folder = 0x4000, BlockDevice = 0x6000, Socket = 0xC000;

    // As many as Linux follows.
    private const int MostLinks = 40;

    // COR_E_IO, which any IOException has to which nobody gave another.
    private const int CircleResult = unchecked((int)0x80131620);

    /// <summary>
    /// Lets others do with an open file what they like, as Unix does: whoever reads a file at once sees that it changed meanwhile.
    /// </summary>
    public const FileShare Everything = FileShare.ReadWrite | FileShare.Delete;

    /// <summary>Opens a file for reading.</summary>
    /// <param name="path">The file.</param>
    /// <param name="sharing">What others may do with it while it is open, on Windows; on Unix nothing is locked.</param>
    /// <param name="options">How it will be read.</param>
    /// <returns>The file; dispose of it.</returns>
    /// <exception cref="NotAFileException">It is a folder, a pipe or a device, or the path is none.</exception>
    /// <exception cref="IOException">It cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static SafeFileHandle Open(string path, FileShare sharing = Everything, FileOptions options = FileOptions.SequentialScan)
    {
        if (PathProblem(path) is { } problem) throw new NotAFileException(problem);

        var descriptor = OperatingSystem.IsWindows() ? -1 : OpenWithoutWaiting(path, ReadOnlyWithoutWaiting);
        if (descriptor < 0 && Obstacle(path) is { } obstacle) throw new NotAFileException(obstacle);

        // The system's own words for what fails are .NET's.
        var file = descriptor < 0
            ? File.OpenHandle(path, FileMode.Open, FileAccess.Read, sharing, options)
            : new SafeFileHandle(descriptor, ownsHandle: true);
        try
        {
            if (OperatingSystem.IsLinux() && Name(Mode(descriptor, "", OfDescriptor)) is { } kind) throw new NotAFileException(kind);
            // What cannot tell its length has none.
            RandomAccess.GetLength(file);
            return file;
        }
        catch (NotSupportedException error)
        {
            file.Dispose();
            throw new NotAFileException("this is a pipe or a device, not a file", error);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Opens a file as a stream.</summary>
    /// <inheritdoc cref="Open"/>
    public static FileStream OpenStream(string path) => new(Open(path), FileAccess.Read, bufferSize: 0);

    /// <summary>Reads a small file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="most">The most bytes that it may have.</param>
    /// <exception cref="NotAFileException">It is a folder, a pipe or a device, or too large.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static byte[] ReadAllBytes(string path, int most)
    {
        using var stream = OpenStream(path);
        if (stream.Length > most) throw new NotAFileException($"the file is larger than {most} bytes");
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>The full path of a file; of a symbolic link, that of what it leads to, also where nothing is there yet.</summary>
    /// <exception cref="IOException">The links lead in a circle.</exception>
    /// <exception cref="UnauthorizedAccessException">A link may not be read.</exception>
    public static string Follow(string path)
    {
        var full = Path.GetFullPath(path);
        try
        {
            return new FileInfo(full).LinkTarget is null ? full : File.ResolveLinkTarget(full, returnFinalTarget: true)!.FullName;
        }
        // .NET finds that out itself, so it has no number of the system's.
        catch (IOException error) when (error.GetType() == typeof(IOException) && error.HResult == CircleResult)
        {
            throw new NotAFileException("the symbolic links lead in a circle", error);
        }
    }

    /// <summary>The full path of a file or a folder with no symbolic link anywhere in it, so that two names of one are the same.</summary>
    /// <exception cref="IOException">A link cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">A link may not be read.</exception>
    public static string RealPath(string path, int links = 0)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (Path.GetDirectoryName(full) is not { } parent) return full;

        var real = Path.Combine(RealPath(parent, links), Path.GetFileName(full));
        return links < MostLinks && Directory.ResolveLinkTarget(real, returnFinalTarget: false) is { } target ? RealPath(target.FullName, links + 1) : real;
    }

    /// <summary>Why a path cannot be written as a file; null where it can, or where nothing is there.</summary>
    /// <param name="path">The path.</param>
    public static string? Obstacle(string path) =>
        PathProblem(path) ?? (OperatingSystem.IsLinux() ? Name(Mode(CurrentFolder, path, flags: 0)) : null);

    private static string? PathProblem(string path) =>
        path.Length == 0 ? "the path is empty"
        : path.Contains('\0', StringComparison.Ordinal) ? "the path has a NUL character"
        : Directory.Exists(path) ? "this is a folder, not a file"
        : null;

    private static string? Name(int mode) => (mode & KindBits) switch
    {
        Pipe => "this is a pipe, not a file: write what comes through it to a file first",
        CharacterDevice or BlockDevice => "this is a device, not a file",
        Folder => "this is a folder, not a file",
        Socket => "this is a socket, not a file",
        _ => null,
    };

    // Where the system cannot tell, 0.
    private static unsafe int Mode(int folder, string path, int flags)
    {
        Span<byte> status = stackalloc byte[StatxBytes];
        try
        {
            fixed (byte* start = status)
            {
                return Statx(folder, path, flags, TypeMask, start) == 0 ? BinaryPrimitives.ReadUInt16LittleEndian(status[ModeOffset..]) : 0;
            }
        }
        catch (EntryPointNotFoundException)
        {
            return 0;
        }
    }

    // O_RDONLY | O_NONBLOCK | O_CLOEXEC: a pipe opens at once, also where nobody writes to it.
    private static int ReadOnlyWithoutWaiting => OperatingSystem.IsMacOS() ? 0x4 | 0x1000000 : 0x800 | 0x80000;

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenWithoutWaiting(string path, int flags);

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int Statx(int folder, string path, int flags, uint mask, byte* status);
}

/// <summary>A path leads to no file that can be read to its end.</summary>
/// <param name="kind">What it leads to, as a sentence without its full stop.</param>
/// <param name="innerException">What led to it, or null.</param>
internal sealed class NotAFileException(string kind, Exception? innerException = null) : IOException(kind, innerException);
