namespace Luma.Zoo.Training.Data;

/// <summary>A data set that can tell its images apart without reading them.</summary>
internal interface IKeyedDataset
{
    /// <summary>What tells an image from others, and its file from one with other contents, wherever the data lie.</summary>
    string? KeyOf(int index);
}
