namespace Luma.Zoo;

/// <summary>A folder or file is no model, or one that cannot be used.</summary>
/// <param name="path">The folder or file.</param>
/// <param name="problem">What is wrong, as a sentence without its full stop.</param>
/// <param name="innerException">What led to it, or null.</param>
public sealed class ModelFolderException(string path, string problem, Exception? innerException = null)
    : Exception($"{path}: {problem}", innerException)
{
    /// <summary>The folder or file.</summary>
    public string Path { get; } = path;

    /// <summary>What is wrong.</summary>
    public string Problem { get; } = problem;
}
