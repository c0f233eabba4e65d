namespace Luma.Zoo.Images;

/// <summary>What images are decoded, how large they may be, and how they are turned. Both limits hold before memory for pixels is taken.</summary>
public sealed record DecodeOptions
{
    /// <summary>The limits for images from anywhere.</summary>
    public static DecodeOptions Default { get; } = new();

    /// <summary>
    /// The most pixels (width times height), checked on the header. 178,956,970 by default, where PIL refuses too; a decoded image
    /// takes four bytes a pixel.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is below 1, or its bytes do not fit an array.</exception>
    public long MaxPixels
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, Array.MaxLength / DecodedImage.BytesPerPixel);
            field = value;
        }
    } = 178_956_970;

    /// <summary>
    /// The most bytes of a file or stream, all of which are held in memory while it is decoded. 1 GiB by default. A file with more is refused
    /// by its length, and one that does not begin as an image does by its first bytes: neither is read.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is below 1 or does not fit an array.</exception>
    public long MaxBytes
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(value, Array.MaxLength);
            field = value;
        }
    } = 1L << 30;

    /// <summary>
    /// Whether an image is turned the way its file says, in EXIF data (JPEG, PNG, WebP) or by the tag of TIFF; true by default, as people
    /// expect of photographs from telephones. False gives the pixels as they stand in the file, which is what torchvision's
    /// <c>ImageFolder</c> gives of JPEG, PNG and WebP.
    /// </summary>
    public bool ApplyOrientation { get; init; } = true;

    /// <summary>
    /// Whether a JPEG that is much larger than a network's input may be decoded at a half, a quarter or an eighth of its width and height, as
    /// PIL's <c>draft</c> does: faster, but with other pixels. False by default. It holds where a preset follows, which resizes a picture that
    /// is still at least twice as large as it needs; <see cref="ImageDecoder.Decode"/> gives all pixels anyway. Other formats stay as they are.
    /// </summary>
    public bool FastDecode { get; init; }

    /// <summary>
    /// Kinds of files to read beside JPEG, PNG, WebP, GIF and BMP. The first whose <see cref="IImageFormat.IsMatch"/> holds reads the file;
    /// those five are not asked about. None by default; the package Luma.Zoo.ImageSharp has some.
    /// </summary>
    /// <exception cref="ArgumentException">One of them is null.</exception>
    public IReadOnlyList<IImageFormat> Formats
    {
        get;
        init
        {
            ArgumentNullException.ThrowIfNull(value);
            if (value.Contains(null!)) throw new ArgumentException("A format is null.", nameof(value));
            field = [.. value];
        }
    } = [];
}
