namespace Luma.Zoo.Training;

/// <summary>A training cannot go on from what was saved, or cannot be saved where another one is.</summary>
/// <param name="path">The folder or file.</param>
/// <param name="reason">What is wrong, and what to do.</param>
/// <param name="inner">What led to this, if anything did.</param>
public sealed class CheckpointException(string path, string reason, Exception? inner = null) : IOException($"{path}: {reason}", inner)
{
    /// <summary>The folder or file.</summary>
    public string Path { get; } = path;

    /// <summary>What is wrong, and what to do.</summary>
    public string Reason { get; } = reason;
}
