using System.Runtime.InteropServices;

namespace Luma.Zoo.Cli;

/// <summary>What the process was given as its standard streams.</summary>
internal static partial class StandardStreams
{
    /// <summary>The descriptors.</summary>
    public const int Input = 0, Output = 1, Error = 2;

    // From fcntl.h, the same on Linux and macOS.
    private const int GetFlags = 1, CloseOnExec = 1;

    /// <summary>
    /// Whether a stream was closed when the process began. Its descriptor may be another file's by now, such as that of a pipe of .NET's own:
    /// what is written there would be lost, and block once the pipe is full; what is read there may never come.
    /// </summary>
    /// <param name="descriptor">The stream's descriptor.</param>
    // What is inherited has survived an exec; what .NET opens never would.
    public static bool IsClosed(int descriptor) =>
        !OperatingSystem.IsWindows() && Fcntl(descriptor, GetFlags) is var flags && (flags < 0 || (flags & CloseOnExec) != 0);

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int Fcntl(int descriptor, int command);
}
