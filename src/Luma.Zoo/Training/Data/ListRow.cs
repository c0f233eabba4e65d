namespace Luma.Zoo.Training.Data;

/// <summary>What one line of a list of pictures says.</summary>
/// <param name="Line">The line's number, from 1.</param>
/// <param name="Path">The picture's path, below the list's folder or from the root of the file system.</param>
/// <param name="Labels">The names of its classes.</param>
/// <param name="Part">The part of the data that it belongs to; null where the list does not say.</param>
internal sealed record ListRow(int Line, string Path, IReadOnlyList<string> Labels, DataPart? Part);

/// <summary>A part of a data set.</summary>
internal enum DataPart
{
    /// <summary>To learn from.</summary>
    Training,

    /// <summary>To choose weights by.</summary>
    Validation,

    /// <summary>To measure with in the end.</summary>
    Test,
}
