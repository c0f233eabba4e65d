using System.Buffers;

namespace Luma.Zoo.Images;

/// <summary>
/// Memory for the pixels of an image or of an area. Borrowed memory goes back to the pool; what the pool keeps was in use before, within
/// the budget of decoding.
/// </summary>
internal sealed class PixelBuffer : IDisposable
{
    // A larger image takes so long that its memory does not matter, and the pool should not keep it.
    private const int MostBorrowed = 1 << 26;

    private readonly bool owned;
    private byte[]? array;

    /// <summary>Takes memory, with anything in it.</summary>
    /// <param name="width">The width in pixels.</param>
    /// <param name="height">The height in pixels.</param>
    /// <param name="owned">Whether it is for an image that stays.</param>
    public PixelBuffer(int width, int height, bool owned)
    {
        (Width, Height, this.owned) = (width, height, owned);
        var length = width * height * DecodedImage.BytesPerPixel;
        array = owned || length > MostBorrowed ? GC.AllocateUninitializedArray<byte>(length) : ArrayPool<byte>.Shared.Rent(length);
    }

    /// <summary>The width in pixels.</summary>
    public int Width { get; }

    /// <summary>The height in pixels.</summary>
    public int Height { get; }

    /// <summary>The pixels, four bytes each, row by row.</summary>
    public Span<byte> Bytes => array.AsSpan(0, Width * Height * DecodedImage.BytesPerPixel);

    /// <summary>Takes memory of the same kind.</summary>
    public PixelBuffer CreateLike(int width, int height) => new(width, height, owned);

    /// <summary>The image, where the memory is for one that stays.</summary>
    public DecodedImage ToImage() => owned ? new(Width, Height, array!) : throw new InvalidOperationException("Borrowed memory is no image.");

    /// <summary>Gives borrowed memory back.</summary>
    public void Dispose()
    {
        if (!owned && array is { Length: <= MostBorrowed } borrowed) ArrayPool<byte>.Shared.Return(borrowed);
        array = null;
    }
}
