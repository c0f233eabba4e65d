namespace Luma.Zoo.Images;

/// <summary>Pixels in a tensor of bytes <c>(C, H, W)</c>.</summary>
/// <param name="tensor">The tensor.</param>
internal sealed class TensorReader(Tensor tensor) : IImageReader
{
    /// <inheritdoc/>
    public int Width => tensor.IsInvalid ? 0 : (int)Math.Min(tensor.size(2), int.MaxValue);

    /// <inheritdoc/>
    public int Height => tensor.IsInvalid ? 0 : (int)Math.Min(tensor.size(1), int.MaxValue);

    /// <inheritdoc/>
    public long WorkingBytes => (long)Width * Height * DecodedImage.BytesPerPixel;

    /// <inheritdoc/>
    public void Read(Span<byte> pixels) => DecodedImage.FromTensor(tensor).Pixels.CopyTo(pixels);
}
