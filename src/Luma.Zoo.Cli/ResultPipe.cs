namespace Luma.Zoo.Cli;

/// <summary>The reader of the results has gone, as <c>head</c> does: there is nothing left to do.</summary>
internal sealed class ReaderGoneException(IOException cause) : IOException(cause.Message, cause);

/// <summary>Standard output where it is a pipe: tells when its reader has gone.</summary>
internal sealed class ResultPipe(Stream pipe) : Stream
{
    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Flush()
    {
    }

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

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
