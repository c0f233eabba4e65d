using Luma.Zoo.Files;

namespace Luma.Zoo.Cli;

/// <summary>The reader of the results has gone, as <c>head</c> does: there is nothing left to do.</summary>
internal sealed class ReaderGoneException(IOException cause) : IOException(cause.Message, cause);

/// <summary>Standard output where it is no terminal: tells when its reader has gone, and why else it cannot be written.</summary>
/// <param name="stream">What it leads to; null where it is closed.</param>
internal sealed class OutputStream(Stream? stream) : WriteOnlyStream
{
    // EPIPE, and what Windows says of a pipe without a reader.
    private const int NoReader = 32, NoData = 232, BrokenPipe = 109;

    public override void Write(byte[] buffer, int offset, int count)
    {
        try
        {
            (stream ?? throw new NotAFileException("it is closed")).Write(buffer, offset, count);
        }
        catch (IOException error) when (IsReaderGone(error))
        {
            throw new ReaderGoneException(error);
        }
        catch (Exception error) when (FileTrouble.IsOfDisk(error))
        {
            var reason = error is UnauthorizedAccessException ? "it is closed, or open for reading only" : FileTrouble.WhileWriting(error, folder: null);
            throw new IOException($"standard output cannot be written: {reason}", error);
        }
    }

    private static bool IsReaderGone(IOException error) =>
        OperatingSystem.IsWindows() ? (error.HResult & 0xFFFF) is NoData or BrokenPipe : error.HResult == NoReader;
}
