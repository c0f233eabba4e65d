namespace Luma.Zoo.Images;

/// <summary>An image that cannot be used: missing, not an image, damaged, truncated or too large.</summary>
/// <param name="name">The file, or what the caller calls the image; null where it has no name.</param>
/// <param name="reason">What is wrong, as the rest of a sentence: <c>it ends before the last row</c>.</param>
/// <param name="innerException">What caused it, or null.</param>
public sealed class ImageException(string? name, string reason, Exception? innerException = null)
    : Exception($"{name ?? "image"}: {reason}", innerException)
{
    /// <summary>The file, or what the caller calls the image; null where it has no name.</summary>
    public string? Name { get; } = name;

    /// <summary>What is wrong, without the name.</summary>
    public string Reason { get; } = reason;
}
