using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Luma.Zoo.Weights.Formats;

/// <summary>Tells regular files from what only looks like them: opening a pipe would wait for ever, and a device has no end.</summary>
internal static partial class FileKind
{
    // From Linux's stat.h and fcntl.h; the layout of statx is the same on every architecture.
    private const int CurrentFolder = -100, StatxBytes = 256, ModeOffset = 28;
    private const uint TypeMask = 1;
    private const int KindBits = 0xF000, Pipe = 0x1000, CharacterDevice = 0x2000, Folder = 0x4000, BlockDevice = 0x6000, Socket = 0xC000;

    /// <summary>Why a path cannot be read or replaced as a file; null where it can, or where nothing is there.</summary>
    /// <param name="path">The path.</param>
    public static string? Obstacle(string path)
    {
        if (path.Contains('\0', StringComparison.Ordinal)) return "the path has a NUL character";
        if (Directory.Exists(path)) return "this is a folder, not a file";
        if (!OperatingSystem.IsLinux()) return null;

        return (Mode(path) & KindBits) switch
        {
            Pipe => "this is a pipe, not a file: write what comes through it to a file first",
            CharacterDevice or BlockDevice => "this is a device, not a file",
            Folder => "this is a folder, not a file",
            Socket => "this is a socket, not a file",
            _ => null,
        };
    }

    private static unsafe int Mode(string path)
    {
        Span<byte> status = stackalloc byte[StatxBytes];
        try
        {
            fixed (byte* start = status)
            {
                return Statx(CurrentFolder, path, 0, TypeMask, start) == 0 ? BinaryPrimitives.ReadUInt16LittleEndian(status[ModeOffset..]) : 0;
            }
        }
        catch (Exception error) when (error is EntryPointNotFoundException or DllNotFoundException)
        {
            return 0;
        }
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int Statx(int folder, string path, int flags, uint mask, byte* status);
}
