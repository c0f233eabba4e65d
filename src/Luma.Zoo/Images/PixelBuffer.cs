namespace Luma.Zoo.Images;

/// <summary>
/// Memory for the pixels of an image or of an area. Borrowed memory goes back to its pool.
/// </summary>
internal sealed class PixelBuffer : IDisposable
{
    private readonly BufferPool? pool;
    private byte[]? array;

    /// <summary>Takes memory, with anything in it.</summary>
    /// <param name="width">The width in pixels.</param>
    /// <param name="height">The height in pixels.</param>
    /// <param name="pool">Where it is borrowed from; null for an image that stays.</param>
    public PixelBuffer(int width, int height, BufferPool? pool)
    {
        (Width, Height, this.pool) = (width, height, pool);
        var length = width * height * DecodedImage.BytesPerPixel;
        array = pool?.Rent(length) ?? GC.AllocateUninitializedArray<byte>(length);
    }

    /// <summary>The width in pixels.</summary>
    public int Width { get; }

    /// <summary>The height in pixels.</summary>
    public int Height { get; }

    /// <summary>The pixels, four bytes each, row by row.</summary>
    public Span<byte> Bytes => array.AsSpan(0, Width * Height * DecodedImage.BytesPerPixel);

    /// <summary>Takes memory of the same kind.</summary>
    public PixelBuffer CreateLike(int width, int height) => new(width, height, pool);

    /// <summary>The image, where the memory is for one that stays.</summary>
    public DecodedImage ToImage() => pool is null ? new(Width, Height, array!) : throw new InvalidOperationException("Borrowed memory is no image.");

    /// <summary>Gives borrowed memory back.</summary>
    public void Dispose()
    {
        if (array is not null) pool?.Return(array);
        array = null;
    }
}
