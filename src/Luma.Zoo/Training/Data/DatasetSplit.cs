namespace Luma.Zoo.Training.Data;

/// <summary>Pictures to learn from, and others to measure with.</summary>
/// <param name="Training">What a network learns from.</param>
/// <param name="Validation">What its weights are chosen by.</param>
/// <param name="Test">What it is measured with in the end, where the data have such a part.</param>
/// <param name="Warnings">What may be wrong with the data: pictures that are in both parts, files that are no pictures by their names.</param>
public sealed record DatasetSplit(IDataset Training, IDataset Validation, IDataset? Test, IReadOnlyList<string> Warnings) : IDisposable
{
    /// <summary>What is open, such as a ZIP archive.</summary>
    internal IDisposable? Owner { get; init; }

    /// <summary>The names of the classes, by index.</summary>
    public IReadOnlyList<string> Classes => Training.Classes;

    /// <summary>Closes what is open, such as a ZIP archive. The pictures cannot be read afterwards.</summary>
    public void Dispose() => Owner?.Dispose();
}
