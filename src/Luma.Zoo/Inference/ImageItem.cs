using Luma.Zoo.Images;

namespace Luma.Zoo.Inference;

/// <summary>An image with what the caller knows it by, which comes back with the result.</summary>
/// <param name="Key">Anything: a database's number, a message, a path; or null.</param>
/// <param name="Source">The image: a path, a stream, bytes or pixels will do.</param>
public sealed record ImageItem(object? Key, ImageSource Source)
{
    /// <summary>An image without a key.</summary>
    public static implicit operator ImageItem(ImageSource source) => new(null, source);
}
