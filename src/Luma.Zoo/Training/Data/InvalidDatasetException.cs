namespace Luma.Zoo.Training.Data;

/// <summary>A data set's file, or a folder of them, is not what it has to be.</summary>
/// <param name="path">The file or folder.</param>
/// <param name="reason">What is wrong with it, and where.</param>
/// <param name="inner">What led to this, if anything did.</param>
public sealed class InvalidDatasetException(string path, string reason, Exception? inner = null)
    : IOException($"{path}: {reason}", inner)
{
    /// <summary>The file or folder.</summary>
    public string Path { get; } = path;

    /// <summary>What is wrong with it, and where.</summary>
    public string Reason { get; } = reason;
}
