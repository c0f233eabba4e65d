using Luma.Zoo.Files;

namespace Luma.Zoo.Cli;

/// <summary>A file that a command is to write.</summary>
internal static class FileTarget
{
    /// <summary>Refuses a file that cannot be written: better now than after an hour's work.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="UserException">It cannot be written.</exception>
    public static void Check(string path)
    {
        if (path.Length == 0) throw new UsageException("the name of a file is empty");
        CheckName(path);
        if (Directory.Exists(path)) throw new UserException($"{path}: this is a folder; name a file in it");

        var target = Resolve(path);
        var folder = Path.GetDirectoryName(target)!;
        if (!Directory.Exists(folder)) throw new UserException($"{path}: there is no folder {folder}");

        try
        {
            if (IsTooLong(target)) throw new PathTooLongException();
            // A file is written beside its place first, so it is the folder that must allow it.
            using var probe = new FileStream(
                Path.Combine(folder, $".luma-{Guid.NewGuid():N}"), FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new UserException($"{path}: nothing can be written to the folder {folder}: "
                + (error is UnauthorizedAccessException ? "access is denied" : FileTrouble.WhileWriting(error, folder)));
        }
    }

    /// <summary>Refuses a name that .NET does not know whole: another file or folder than the one that was named would be written.</summary>
    /// <param name="path">The file or folder.</param>
    /// <exception cref="UserException">It is not valid UTF-8.</exception>
    public static void CheckName(string path)
    {
        if (FileTrouble.IsNoText(path)) throw new UserException($"{path}: this name is not valid UTF-8; take another one");
    }

    /// <summary>The full path of a file; of a link, what it leads to.</summary>
    /// <exception cref="UserException">Links lead in a circle.</exception>
    public static string Resolve(string path)
    {
        try
        {
            return RegularFile.Follow(path);
        }
        catch (IOException error)
        {
            throw new UserException($"{path}: {FileTrouble.WhileWriting(error, Path.GetDirectoryName(Path.GetFullPath(path)))}");
        }
    }

    /// <summary>Refuses a file that is read, or would be.</summary>
    /// <param name="path">The file that is to be written.</param>
    /// <param name="inputs">The files that are read.</param>
    /// <param name="option">The option that names the file.</param>
    /// <exception cref="UsageException">It is one of them.</exception>
    public static void CheckNotRead(string path, IEnumerable<string> inputs, string option)
    {
        var target = Resolve(path);
        if (inputs.FirstOrDefault(input => IsAt(input, target)) is { } read)
            throw new UsageException($"{read} is read, and so cannot be written: name another file with {option}");
    }

    // Whoever reads the input says what is wrong with it, if anything is.
    private static bool IsAt(string input, string target)
    {
        try
        {
            return input.Length > 0 && Resolve(input) is var file && Path.GetFileName(file) == Path.GetFileName(target)
                && (file == target || RegularFile.RealPath(file) == RegularFile.RealPath(target));
        }
        catch (Exception error) when (error is UserException or IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static bool IsTooLong(string path)
    {
        try
        {
            File.GetAttributes(path);
            return false;
        }
        catch (PathTooLongException)
        {
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Nothing is there, or what else it is shows elsewhere.
            return false;
        }
    }
}
