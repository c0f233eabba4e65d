namespace Luma.Zoo.Images;

/// <summary>
/// An image's pixels: four bytes each (red, green, blue and one that means nothing), row by row from the top left. The colours are
/// the file's own: no profile is applied and no transparency is blended, as with PIL's <c>convert("RGB")</c>. It is turned the way
/// the file says, as with PIL's <c>ImageOps.exif_transpose</c>, unless <see cref="DecodeOptions.ApplyOrientation"/> is off.
/// </summary>
/// <remarks>Of 16 bits a channel the upper eight are taken, also of grey, where PIL cuts off at 255 instead.</remarks>
public sealed class DecodedImage
{
    internal const int BytesPerPixel = 4;

    private readonly byte[] pixels;

    /// <summary>Makes an image of pixels, which are not copied.</summary>
    /// <param name="width">The width in pixels.</param>
    /// <param name="height">The height in pixels.</param>
    /// <param name="pixels">
    /// <c>4 * width * height</c> bytes: for each pixel red, green, blue and one that means nothing, row by row from the top left. They are
    /// the image's from now on, and must not be changed while it is in use.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">The width or the height is below 1.</exception>
    /// <exception cref="ArgumentException">There are more or fewer bytes.</exception>
    public DecodedImage(int width, int height, byte[] pixels)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentNullException.ThrowIfNull(pixels);
        if (pixels.Length != (long)width * height * BytesPerPixel)
            throw new ArgumentException($"{width} by {height} pixels have {(long)width * height * BytesPerPixel} bytes, got {pixels.Length}.", nameof(pixels));

        (Width, Height, this.pixels) = (width, height, pixels);
    }

    /// <summary>The width in pixels.</summary>
    public int Width { get; }

    /// <summary>The height in pixels.</summary>
    public int Height { get; }

    /// <summary>The pixels: <c>4 * Width * Height</c> bytes.</summary>
    public ReadOnlySpan<byte> Pixels => pixels;

    /// <summary>Takes the pixels of a tensor.</summary>
    /// <param name="tensor">Bytes, <c>(3, H, W)</c> in red, green and blue or <c>(1, H, W)</c> in grey, on any device.</param>
    /// <returns>The image.</returns>
    /// <exception cref="ArgumentException">The tensor has another type or shape, or no pixels.</exception>
    public static DecodedImage FromTensor(Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        var shape = tensor.shape;
        if (tensor.dtype != ScalarType.Byte || shape is not [1 or 3, > 0, > 0])
            throw new ArgumentException($"Expected bytes (3, H, W) or (1, H, W), got {tensor.dtype} ({string.Join(", ", shape)}).", nameof(tensor));
        if (shape[1] * shape[2] > Array.MaxLength / BytesPerPixel)
            throw new ArgumentException($"{shape[2]} by {shape[1]} pixels do not fit an array.", nameof(tensor));

        using var scope = NewDisposeScope();
        var (height, width) = ((int)shape[1], (int)shape[2]);
        var planes = tensor.cpu().contiguous().bytes;
        var pixels = GC.AllocateUninitializedArray<byte>(width * height * BytesPerPixel);
        var plane = width * height;
        var next = shape[0] == 3 ? plane : 0;
        for (var i = 0; i < plane; i++)
        {
            pixels[4 * i] = planes[i];
            pixels[(4 * i) + 1] = planes[i + next];
            pixels[(4 * i) + 2] = planes[i + (2 * next)];
            pixels[(4 * i) + 3] = byte.MaxValue;
        }
        return new DecodedImage(width, height, pixels);
    }

    /// <summary>Copies the pixels into a tensor.</summary>
    /// <param name="channels">3 for red, green and blue, 1 for grey.</param>
    /// <returns>Bytes <c>(3, H, W)</c> or <c>(1, H, W)</c> on the CPU.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="channels"/> is neither.</exception>
    public Tensor ToTensor(int channels = 3)
    {
        if (channels is not (1 or 3)) throw new ArgumentOutOfRangeException(nameof(channels), channels, "Must be 1 or 3.");

        var tensor = empty([channels, Height, Width], ScalarType.Byte);
        var bytes = tensor.bytes;
        var plane = Width * Height;
        if (channels == 1)
        {
            ToGrey().CopyTo(bytes);
            return tensor;
        }

        for (var i = 0; i < plane; i++)
        {
            bytes[i] = pixels[4 * i];
            bytes[i + plane] = pixels[(4 * i) + 1];
            bytes[i + (2 * plane)] = pixels[(4 * i) + 2];
        }
        return tensor;
    }

    /// <summary>The luma of ITU-R BT.601, in PIL's 16-bit fixed point, one byte a pixel.</summary>
    internal byte[] ToGrey() => ToGrey(pixels);

    /// <summary>The same of any pixels.</summary>
    internal static byte[] ToGrey(ReadOnlySpan<byte> pixels)
    {
        var grey = GC.AllocateUninitializedArray<byte>(pixels.Length / BytesPerPixel);
        for (var i = 0; i < grey.Length; i++)
        {
            var (red, green, blue) = (pixels[4 * i], pixels[(4 * i) + 1], pixels[(4 * i) + 2]);
            grey[i] = (byte)(((red * 19595) + (green * 38470) + (blue * 7471) + 0x8000) >> 16);
        }
        return grey;
    }
}
