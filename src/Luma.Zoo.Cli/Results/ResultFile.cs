using Luma.Zoo.Files;

namespace Luma.Zoo.Cli.Results;

/// <summary>The file that results are written to. It is locked meanwhile: two processes must not write one file.</summary>
internal sealed class ResultFile : Stream
{
    private readonly string path;
    private readonly string? partial;
    private readonly FileStream file;
    private readonly UnixFileMode? mode;
    private bool finished;

    private ResultFile(string path, string? partial, FileStream file, UnixFileMode? mode = null) =>
        (this.path, this.partial, this.file, this.mode) = (path, partial, file, mode);

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => file.Length;

    public override long Position
    {
        get => file.Position;
        set => throw new NotSupportedException();
    }

    /// <summary>A file that gets its name when it is finished, beside it until then. The mode of one that is there stays.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static ResultFile Whole(string path)
    {
        var target = FileTarget.Resolve(path);
        // The same for each process, so that one locks the other out.
        var partial = Path.Combine(Path.GetDirectoryName(target)!, $"{AtomicFile.HiddenName(Path.GetFileName(target))}.partial");
        return new(path, partial, Open(path, partial, FileMode.Create), AtomicFile.ModeOf(target));
    }

    /// <summary>A file that grows under its name.</summary>
    /// <param name="path">The file, which is made where it is not there.</param>
    /// <exception cref="IOException">It cannot be written, or another process writes it.</exception>
    public static ResultFile Growing(string path) => new(path, null, Open(path, path, FileMode.OpenOrCreate));

    /// <summary>Reads what is there from its beginning.</summary>
    /// <remarks>What it gives must not be used once something is written.</remarks>
    public FileStream Read()
    {
        file.Position = 0;
        return file;
    }

    /// <summary>Forgets what follows, and goes on there.</summary>
    /// <param name="length">How many bytes stay.</param>
    public void Continue(long length) => Try(() =>
    {
        file.SetLength(length);
        file.Position = length;
    });

    /// <summary>Waits until the disk has it, and gives it its name.</summary>
    public void Finish() => Try(() =>
    {
        file.Flush(flushToDisk: true);
        finished = true;
        if (partial is null) return;
        if (!OperatingSystem.IsWindows() && mode is { } kept) File.SetUnixFileMode(file.SafeFileHandle, kept);
        // Windows moves no open file; elsewhere it stays locked until it has its name.
        if (OperatingSystem.IsWindows()) file.Dispose();
        File.Move(partial, FileTarget.Resolve(path), overwrite: true);
    });

    public override void Flush() => Try(file.Flush);

    public override void Write(byte[] buffer, int offset, int count) => Try(() => file.Write(buffer, offset, count));

    public override async Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        await WriteAsync(buffer.AsMemory(offset, count), cancellationToken);

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            await file.WriteAsync(buffer, cancellationToken);
        }
        catch (Exception error) when (FileTrouble.IsOfDisk(error))
        {
            throw Trouble(path, error);
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            file.Dispose();
            if (partial is not null && !finished) File.Delete(partial);
        }
        base.Dispose(disposing);
    }

    // Nothing is held back: what is written is there, whatever happens to the process.
    private static FileStream Open(string path, string place, FileMode mode)
    {
        try
        {
            return new(place, mode, FileAccess.ReadWrite, OperatingSystem.IsWindows() ? FileShare.Read : FileShare.None, bufferSize: 0);
        }
        catch (Exception error) when (FileTrouble.IsOfDisk(error))
        {
            throw Trouble(path, error);
        }
    }

    private void Try(Action act)
    {
        try
        {
            act();
        }
        catch (Exception error) when (FileTrouble.IsOfDisk(error))
        {
            throw Trouble(path, error);
        }
    }

    private static IOException Trouble(string path, Exception error) =>
        new($"{path}: cannot be written: {FileTrouble.WhileWriting(error, Path.GetDirectoryName(Path.GetFullPath(path)))}", error);
}
