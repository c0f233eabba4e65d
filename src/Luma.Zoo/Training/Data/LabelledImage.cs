using Luma.Zoo.Images;

namespace Luma.Zoo.Training.Data;

/// <summary>An image and what it shows.</summary>
/// <param name="Image">The image. Its name is what errors and reports call it.</param>
/// <param name="Labels">The indices of its classes: one, or any number where the task is several at once.</param>
public readonly record struct LabelledImage(ImageSource Image, IReadOnlyList<int> Labels)
{
    /// <summary>An image of one class.</summary>
    /// <param name="image">The image.</param>
    /// <param name="label">The index of its class.</param>
    public LabelledImage(ImageSource image, int label)
        : this(image, [label])
    {
    }
}
