using Luma.Zoo.Inference;

namespace Luma.Zoo.Training.Data;

/// <summary>Some images of a data set.</summary>
/// <param name="whole">The data set.</param>
/// <param name="members">Which of its images, each from 0 to its count - 1.</param>
public sealed class Subset(IDataset whole, IReadOnlyList<int> members) : IDataset, IKeyedDataset
{
    /// <inheritdoc/>
    public int Count => members.Count;

    /// <inheritdoc/>
    public IReadOnlyList<string> Classes => whole.Classes;

    /// <inheritdoc/>
    public ClassificationTask Task => whole.Task;

    /// <inheritdoc/>
    public LabelledImage Get(int index) => whole.Get(Member(index));

    /// <inheritdoc/>
    public IReadOnlyList<int> GetLabels(int index) => whole.GetLabels(Member(index));

    string? IKeyedDataset.KeyOf(int index) => (whole as IKeyedDataset)?.KeyOf(Member(index));

    private int Member(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        return members[index];
    }
}
