namespace Luma.Zoo.Training.Data;

/// <summary>A file of an <see cref="IFileTree"/>.</summary>
/// <param name="Path">Its path below the root, with slashes.</param>
/// <param name="Length">Its length in bytes.</param>
internal sealed record TreeFile(string Path, long Length)
{
    /// <summary>The parts of the path.</summary>
    public string[] Parts { get; } = Path.Split('/');
}
