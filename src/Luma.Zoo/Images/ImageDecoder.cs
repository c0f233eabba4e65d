using System.Globalization;
using SkiaSharp;

namespace Luma.Zoo.Images;

/// <summary>Decodes JPEG, PNG, WebP, GIF and BMP, the first frame where there are several.</summary>
public static class ImageDecoder
{
    /// <summary>Reads and decodes an image.</summary>
    /// <param name="source">The image: a path, a stream or bytes will do.</param>
    /// <param name="options">How large it may be, or null for the defaults.</param>
    /// <returns>The image.</returns>
    /// <exception cref="ImageException">It cannot be read, or is no image that can be used.</exception>
    public static DecodedImage Decode(ImageSource source, DecodeOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        options ??= DecodeOptions.Default;
        return Decode(source.Read(options).Span, source.Name, options);
    }

    internal static ImageException TooManyBytes(string? name, DecodeOptions options) =>
        new(name, string.Create(CultureInfo.InvariantCulture, $"the file is larger than the limit of {options.MaxBytes:N0} bytes"));

    private static unsafe DecodedImage Decode(ReadOnlySpan<byte> encoded, string? name, DecodeOptions options)
    {
        if (encoded.IsEmpty) throw new ImageException(name, "the file is empty");
        if (encoded.Length > options.MaxBytes) throw TooManyBytes(name, options);

        // Skia reads the caller's memory, which stays where it is until the codec is gone.
        fixed (byte* start = encoded)
        {
            using var data = SKData.Create((nint)start, encoded.Length);
            using var codec = SKCodec.Create(data)
                ?? throw new ImageException(name, "not an image, or its header is damaged (JPEG, PNG, WebP, GIF and BMP can be read)");

            // Skia knows more formats; WBMP, for one, takes almost anything that begins with a zero for an image.
            if (codec.EncodedFormat is not (SKEncodedImageFormat.Jpeg or SKEncodedImageFormat.Png or SKEncodedImageFormat.Webp
                or SKEncodedImageFormat.Gif or SKEncodedImageFormat.Bmp))
                throw new ImageException(name, "not a JPEG, PNG, WebP, GIF or BMP image");

            var (width, height) = (codec.Info.Width, codec.Info.Height);
            if ((long)width * height > options.MaxPixels)
            {
                throw new ImageException(name, string.Create(CultureInfo.InvariantCulture,
                    $"{width} by {height} pixels are more than the limit of {options.MaxPixels:N0}"));
            }

            if (codec.EncodedFormat == SKEncodedImageFormat.Jpeg && !JpegMarkers.AreKnown(encoded))
                throw new ImageException(name, Describe(SKCodecResult.ErrorInInput));

            // No colour space: the file's numbers as they are. Unpremultiplied: alpha leaves the colours alone.
            var info = new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Unpremul);
            var pixels = GC.AllocateUninitializedArray<byte>(width * height * DecodedImage.BytesPerPixel);
            fixed (byte* target = pixels)
            {
                var result = codec.GetPixels(info, (nint)target);
                if (result != SKCodecResult.Success) throw new ImageException(name, Describe(result));
            }
            return new DecodedImage(width, height, pixels);
        }
    }

    private static string Describe(SKCodecResult result) => result switch
    {
        SKCodecResult.IncompleteInput => "the image is truncated",
        SKCodecResult.ErrorInInput => "the image is damaged",
        _ => $"the image cannot be decoded ({result})",
    };
}
