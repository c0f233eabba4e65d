using Luma.Zoo.Images;

namespace Luma.Zoo.Inference;

/// <summary>What became of one image out of many: features, or the reason why there are none.</summary>
/// <param name="Index">The image's place among those that were given, from 0.</param>
/// <param name="Key">What the caller calls the image: <see cref="ImageItem.Key"/>.</param>
/// <param name="Name">The source's name; null where it has none.</param>
/// <param name="Embedding">The features; null where the image could not be used.</param>
/// <param name="Error">Why the image could not be used, or null.</param>
public sealed record EmbeddedImage(long Index, object? Key, string? Name, Embedding? Embedding, ImageException? Error = null);
