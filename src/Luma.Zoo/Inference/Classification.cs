using Luma.Zoo.Images;

namespace Luma.Zoo.Inference;

/// <summary>What became of one image out of many: predictions, or the reason why there are none.</summary>
/// <param name="Name">The source's name; null where it has none.</param>
/// <param name="Predictions">The most likely classes, the likeliest first; empty where the image could not be used.</param>
/// <param name="Error">Why the image could not be used, or null.</param>
public sealed record Classification(string? Name, IReadOnlyList<Prediction> Predictions, ImageException? Error = null)
{
    /// <summary>The image's place among those that were given, from 0.</summary>
    public long Index { get; init; }

    /// <summary>What the caller calls the image: <see cref="ImageItem.Key"/>.</summary>
    public object? Key { get; init; }
}
