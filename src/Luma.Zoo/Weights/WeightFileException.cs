namespace Luma.Zoo.Weights;

/// <summary>
/// A weight file that is damaged, hostile, of a kind that is not read, or that cannot be opened or read at all. It is the only exception
/// that a bad weight file causes, whatever is wrong with it.
/// </summary>
/// <param name="file">The file, or a name for the bytes.</param>
/// <param name="problem">What is wrong with it.</param>
/// <param name="where">Where in the file: a record, an offset, an instruction; or null where it concerns the whole.</param>
/// <param name="innerException">What led to it, or null.</param>
public sealed class WeightFileException(string file, string problem, string? where = null, Exception? innerException = null)
    : Exception(where is null ? $"{Formats.Printable.Path(file)}: {problem}." : $"{Formats.Printable.Path(file)}: {problem} (in {where}).", innerException)
{
    /// <summary>The file, or a name for the bytes.</summary>
    public string File { get; } = file;

    /// <summary>What is wrong with it.</summary>
    public string Problem { get; } = problem;

    /// <summary>Where in the file, or null where it concerns the whole.</summary>
    public string? Where { get; } = where;
}
