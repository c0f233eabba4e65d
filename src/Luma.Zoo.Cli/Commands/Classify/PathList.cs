using System.Text;
using Luma.Zoo.Files;

namespace Luma.Zoo.Cli.Commands.Classify;

/// <summary>A file that lists paths, read as they are asked for.</summary>
/// <param name="file">The file, or <c>-</c> for standard input.</param>
/// <param name="separator">What ends a path: a new line or NUL.</param>
internal sealed class PathList(string file, char separator)
{
    // Far above the longest path of any system.
    private const int MostCharacters = 1 << 16;

    /// <summary>Whether it can be read once only, as standard input and pipes.</summary>
    public bool IsStream { get; } = IsInputName(file) || file.StartsWith("/dev/", StringComparison.Ordinal) || RegularFile.Obstacle(file) is not null;

    private bool IsInput => IsInputName(file);

    private string Name => IsInput ? "standard input" : file;

    /// <summary>Refuses a list that cannot be read, before any work.</summary>
    /// <exception cref="UserException">There is no such file, or standard input is closed.</exception>
    public void Check()
    {
        if (IsInput)
        {
            if (StandardStreams.IsClosed(StandardStreams.Input)) throw new UserException($"{Name} is closed: write the list to it, or name a file");
            return;
        }
        if (Directory.Exists(file)) throw new UserException($"{file}: this is a folder, not a list of paths; name it as an argument");
        if (!File.Exists(file)) throw new UserException($"{file}: there is no such file");
    }

    /// <summary>The paths; empty lines are left out.</summary>
    /// <param name="cancellation">Ends the waiting for more of them.</param>
    /// <exception cref="UserException">The file cannot be read, or is no list of paths.</exception>
    public IEnumerable<string> Read(CancellationToken cancellation)
    {
        using var reader = Open();
        var (path, number) = (new StringBuilder(), 1);
        var buffer = new char[4096];
        while (Fill(reader, buffer, cancellation) is var length and > 0)
        {
            for (var i = 0; i < length; i++)
            {
                if (buffer[i] == separator)
                {
                    if (Whole(path) is { Length: > 0 } found) yield return found;
                    path.Clear();
                    number++;
                    continue;
                }
                if (buffer[i] == '\0') throw new UserException($"{Name}: line {number} has a NUL character; for a list that has one after each path give --null");
                if (path.Length == MostCharacters) throw new UserException($"{Name}: line {number} is too long for a path");
                path.Append(buffer[i]);
            }
        }
        // The last need not have an end.
        if (Whole(path) is { Length: > 0 } last) yield return last;
    }

    private static bool IsInputName(string name) => name is "-" or "/dev/stdin" or "/dev/fd/0" or "/proc/self/fd/0";

    // Who writes into a pipe may take any time, and no read can be called back: it is left alone.
    private int Fill(StreamReader reader, char[] buffer, CancellationToken cancellation) =>
        Task.Run(() => Try(() => reader.Read(buffer)), CancellationToken.None).WaitAsync(cancellation).GetAwaiter().GetResult();

    private StreamReader Open() => Try(() => new StreamReader(new Unfilled(IsInput ? Console.OpenStandardInput() : new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete))));

    // Lists from Windows have a carriage return at the end of each line.
    private string Whole(StringBuilder path)
    {
        if (separator == '\n' && path.Length > 0 && path[^1] == '\r') path.Length--;
        return path.ToString();
    }

    private T Try<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new UserException($"{Name}: {FileTrouble.WhileReading(error)}");
        }
    }

    /// <summary>Never fills a buffer: a reader whose buffer is full reads on before it gives what it has, and waits where a pipe has no more yet.</summary>
    private sealed class Unfilled(Stream stream) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer) => stream.Read(buffer[..Math.Max(1, buffer.Length - 1)]);

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing) stream.Dispose();
            base.Dispose(disposing);
        }
    }
}
