namespace Luma.Zoo.Files;

/// <summary>What the system's exceptions mean, in words that name no path: whoever shows them knows which the user gave.</summary>
internal static class FileTrouble
{
    /// <summary>Why a file cannot be read.</summary>
    public static string WhileReading(Exception error) => error switch
    {
        NotAFileException => error.Message,
        FileNotFoundException or DirectoryNotFoundException => "there is no such file",
        UnauthorizedAccessException => "the file may not be read: permission is denied",
        _ => Other(error),
    };

    /// <summary>Why a file cannot be written.</summary>
    /// <param name="error">The system's exception.</param>
    /// <param name="folder">The folder that it was to be written in.</param>
    public static string WhileWriting(Exception error, string? folder) => error switch
    {
        DirectoryNotFoundException => $"the folder '{folder}' is not there",
        UnauthorizedAccessException => "the file or its folder may not be written: permission is denied",
        _ => Other(error),
    };

    private static string Other(Exception error) => error switch
    {
        PathTooLongException => "the path is too long",
        _ when (error.HResult & 0xFFFF) is 28 or 112 => "the disk is full",
        _ when (error.HResult & 0xFFFF) is 11 or 32 or 33 => "another process is using the file",
        _ => $"the system refused ({error.GetBaseException().GetType().Name}, code {error.HResult & 0xFFFF})",
    };
}
