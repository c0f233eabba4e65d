using Luma.Zoo.Inference;

namespace Luma.Zoo.Training.Data;

/// <summary>A picture of a data set on disk.</summary>
/// <param name="File">The file.</param>
/// <param name="Labels">The indices of its classes.</param>
internal readonly record struct ImageRow(TreeFile File, IReadOnlyList<int> Labels);

/// <summary>Pictures on disk and their labels.</summary>
internal sealed class ImageTable(IFileTree tree, IReadOnlyList<ImageRow> rows, IReadOnlyList<string> classes, ClassificationTask task) : IDataset, IKeyedDataset
{
    /// <inheritdoc/>
    public int Count => rows.Count;

    /// <inheritdoc/>
    public IReadOnlyList<string> Classes => classes;

    /// <inheritdoc/>
    public ClassificationTask Task => task;

    /// <summary>The pictures.</summary>
    public IReadOnlyList<ImageRow> Rows => rows;

    /// <summary>Where they are.</summary>
    public IFileTree Tree => tree;

    /// <inheritdoc/>
    public LabelledImage Get(int index) => new(tree.Image(At(index).File), At(index).Labels);

    /// <inheritdoc/>
    public IReadOnlyList<int> GetLabels(int index) => At(index).Labels;

    /// <inheritdoc/>
    public string KeyOf(int index) => $"{At(index).File.Path} {At(index).File.Length}";

    private ImageRow At(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, rows.Count);
        return rows[index];
    }
}
