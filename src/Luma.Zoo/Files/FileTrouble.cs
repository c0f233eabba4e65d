namespace Luma.Zoo.Files;

/// <summary>What the system's exceptions mean, in words that name no path: whoever shows them knows which the user gave.</summary>
internal static class FileTrouble
{
    /// <summary>Why a file cannot be read.</summary>
    public static string WhileReading(Exception error) => error switch
    {
        FileNotFoundException or DirectoryNotFoundException => "there is no such file",
        UnauthorizedAccessException => "the file may not be read: permission is denied",
        _ => Other(error),
    };

    /// <summary>Why a file or a folder cannot be read, also where .NET does not know its name.</summary>
    /// <param name="error">The system's exception.</param>
    /// <param name="path">The path that was tried.</param>
    public static string WhileReading(Exception error, string path) =>
        error is FileNotFoundException or DirectoryNotFoundException && IsNoText(path) ? "its name is not valid UTF-8; rename it" : WhileReading(error);

    /// <summary>Whether a path has bytes that are no UTF-8: .NET has put something else in their place, so there is no file of that name.</summary>
    public static bool IsNoText(string path) => !OperatingSystem.IsWindows() && path.Contains('\uFFFD', StringComparison.Ordinal);

    /// <summary>Why a file cannot be written.</summary>
    /// <param name="error">The system's exception.</param>
    /// <param name="folder">The folder that it was to be written in.</param>
    public static string WhileWriting(Exception error, string? folder) => error switch
    {
        DirectoryNotFoundException => FileOnTheWayTo(folder) is { } file ? $"'{file}' is a file, not a folder" : $"the folder '{folder}' is not there",
        FileNotFoundException => "the folder takes no files",
        _ when IsTooLarge(error) => "the file would be larger than the system allows",
        UnauthorizedAccessException => "the file or its folder may not be written: permission is denied",
        _ => Other(error),
    };

    /// <summary>Whether an exception is the file system's.</summary>
    public static bool IsOfDisk(Exception error) => error is IOException or UnauthorizedAccessException || IsTooLarge(error);

    /// <summary>Whether a file would be larger than the system allows, which .NET tells as a length that is out of range.</summary>
    private static bool IsTooLarge(Exception error) => error is ArgumentOutOfRangeException { ParamName: "value" };

    /// <summary>Whether another process has the file for itself.</summary>
    public static bool IsInUse(IOException error) => IsInUse(error.HResult & 0xFFFF, OperatingSystem.IsWindows(), OperatingSystem.IsMacOS());

    private static string? FileOnTheWayTo(string? folder)
    {
        while (folder is { Length: > 0 } && !Directory.Exists(folder))
        {
            if (File.Exists(folder)) return folder;
            folder = Path.GetDirectoryName(folder);
        }
        return null;
    }

    private static string Other(Exception error) => error switch
    {
        NotAFileException => error.Message,
        PathTooLongException => "the path is too long",
        _ => Meaning(error.HResult & 0xFFFF, OperatingSystem.IsWindows(), OperatingSystem.IsMacOS())
            ?? $"the system refused ({error.GetBaseException().GetType().Name}, code {error.HResult & 0xFFFF})",
    };

    private static bool IsInUse(int code, bool isWindows, bool isMac) => isWindows ? code is 32 or 33 : code == (isMac ? 35 : 11);

    // Windows' codes are those of winerror.h, the others' those of errno.h.
    private static string? Meaning(int code, bool isWindows, bool isMac) => code switch
    {
        28 or 112 => "the disk is full",
        _ when IsInUse(code, isWindows, isMac) => "another process is using the file",
        19 or 30 when isWindows == (code == 19) => "the file system can only be read",
        _ when code == (isWindows ? 1295 : isMac ? 69 : 122) => "the user's quota of the disk is used up",
        _ when code == (isWindows ? 1921 : isMac ? 62 : 40) => "the symbolic links lead in a circle",
        17 or 20 when !isWindows => "a file, or a link that leads nowhere, is where a folder should be",
        27 when !isWindows => "the file would be larger than the system allows",
        23 or 24 when !isWindows => "too many files are open",
        5 when !isWindows => "the disk reports an error",
        _ => null,
    };
}
