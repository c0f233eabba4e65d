using System.Text;

namespace Luma.Zoo.Cli.Commands.Classify;

/// <summary>A file that lists paths, read as they are asked for.</summary>
/// <param name="file">The file, or <c>-</c> for standard input.</param>
/// <param name="separator">What ends a path: a new line or NUL.</param>
internal sealed class PathList(string file, char separator)
{
    // Far above the longest path of any system.
    private const int MostCharacters = 1 << 16;

    /// <summary>Whether it is standard input, which can be read once.</summary>
    public bool IsInput => file == "-";

    private string Name => IsInput ? "standard input" : file;

    /// <summary>Refuses a list that cannot be read, before any work.</summary>
    /// <exception cref="UserException">There is no such file.</exception>
    public void Check()
    {
        if (IsInput) return;
        if (Directory.Exists(file)) throw new UserException($"{file}: this is a folder, not a list of paths; name it as an argument");
        if (!File.Exists(file)) throw new UserException($"{file}: there is no such file");
    }

    /// <summary>The paths; empty lines are left out.</summary>
    /// <exception cref="UserException">The file cannot be read, or is no list of paths.</exception>
    public IEnumerable<string> Read()
    {
        using var reader = Open();
        var number = 1;
        for (; ReadNext(reader, number) is { } path; number++)
        {
            if (path.Length > 0) yield return path;
        }
    }

    private StreamReader Open() => Try(() => new StreamReader(IsInput ? Console.OpenStandardInput() : new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete)));

    // Null at the end.
    private string? ReadNext(StreamReader reader, int number)
    {
        var path = new StringBuilder();
        while (true)
        {
            switch (Try(reader.Read))
            {
                case < 0:
                    return path.Length > 0 ? Whole(path) : null;
                case var end when end == separator:
                    return Whole(path);
                case '\0':
                    throw new UserException($"{Name}: line {number} has a NUL character; for a list that has one after each path give --null");
                case var character:
                    if (path.Length == MostCharacters) throw new UserException($"{Name}: line {number} is too long for a path");
                    path.Append((char)character);
                    break;
            }
        }
    }

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
            throw new UserException($"{Name}: cannot be read: {error.Message}");
        }
    }
}
