using Luma.Zoo.Images;
using Luma.Zoo.Training.Data;

namespace Luma.Zoo.Training;

/// <summary>Says that no image of a data set can be read.</summary>
internal static class Unreadables
{
    /// <summary>The error for it.</summary>
    /// <param name="data">The data set.</param>
    /// <param name="unreadable">Why its images cannot be read.</param>
    public static InvalidDatasetException NoneOf(IDataset data, IReadOnlyList<ImageException> unreadable)
    {
        var first = unreadable[0];
        var others = data.Count > 1 ? $"; none of the other {data.Count - 1:N0} images can be used either" : "";
        return new(first.Name ?? "image", $"{first.Reason}{others}.", first);
    }
}
