using Luma.Zoo.Files;

namespace Luma.Zoo.Cli;

/// <summary>The reader of the results has gone, as <c>head</c> does: there is nothing left to do.</summary>
internal sealed class ReaderGoneException(IOException cause) : IOException(cause.Message, cause);

/// <summary>Standard output where it is a pipe: tells when its reader has gone.</summary>
internal sealed class ResultPipe(Stream pipe) : WriteOnlyStream
{
    public override void Write(byte[] buffer, int offset, int count)
    {
        try
        {
            pipe.Write(buffer, offset, count);
        }
        catch (IOException error)
        {
            throw new ReaderGoneException(error);
        }
    }
}
