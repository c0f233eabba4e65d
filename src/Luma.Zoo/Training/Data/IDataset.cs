using Luma.Zoo.Inference;

namespace Luma.Zoo.Training.Data;

/// <summary>Images with labels: what a network learns from or is measured with.</summary>
/// <remarks>
/// A folder of photographs, digits in memory, or whatever you have: a class with these four members will do. Images are asked for in any
/// order and by several threads at a time.
/// </remarks>
public interface IDataset
{
    /// <summary>How many images there are.</summary>
    int Count { get; }

    /// <summary>The names of the classes, by index.</summary>
    IReadOnlyList<string> Classes { get; }

    /// <summary>Whether an image has one class of many, or several at once or none.</summary>
    ClassificationTask Task => ClassificationTask.SingleLabel;

    /// <summary>An image and its labels. Nothing is read before the image is decoded.</summary>
    /// <param name="index">Which, from 0 to <see cref="Count"/> - 1.</param>
    /// <returns>The image and its labels.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such image.</exception>
    LabelledImage Get(int index);

    /// <summary>The labels of an image alone.</summary>
    /// <param name="index">Which, from 0 to <see cref="Count"/> - 1.</param>
    /// <returns>The indices of its classes.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such image.</exception>
    IReadOnlyList<int> GetLabels(int index) => Get(index).Labels;
}
