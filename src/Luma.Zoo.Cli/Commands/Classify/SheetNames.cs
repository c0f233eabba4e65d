using System.Globalization;
using Luma.Zoo.Files;

namespace Luma.Zoo.Cli.Commands.Classify;

/// <summary>The contact sheets that a run and those of the other parts draw, so that none is taken for a picture of the folder where it stands.</summary>
/// <param name="name">The name as it was given, with <see cref="ClassifyOptions.Place"/> where the part's number stands.</param>
/// <param name="sheet">The sheet of this run.</param>
/// <param name="parts">How many parts there are.</param>
internal sealed class SheetNames(string name, string sheet, int parts)
{
    private readonly string[] pieces = Path.GetFileName(name).Split(ClassifyOptions.Place);
    private readonly Lazy<string> folder = new(() => FolderOf(sheet));

    /// <summary>Whether a file is one of them.</summary>
    public bool Has(string path)
    {
        try
        {
            return IsNamedSo(Path.GetFileName(path)) && FolderOf(path) == folder.Value;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Whoever reads it says what is wrong.
            return false;
        }
    }

    private bool IsNamedSo(string file)
    {
        if (pieces.Length == 1) return file == pieces[0];

        // Where the first number stands it stands everywhere.
        var (begin, digits) = (pieces[0].Length, Shard.Digits(parts));
        if (file.Length < begin + digits) return false;
        var number = file.Substring(begin, digits);
        return int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < parts && file == string.Join(number, pieces);
    }

    private static string FolderOf(string path) => RegularFile.RealPath(Path.GetDirectoryName(Path.GetFullPath(path))!);
}
