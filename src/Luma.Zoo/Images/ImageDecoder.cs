using System.Buffers.Binary;
using System.Globalization;
using SkiaSharp;

namespace Luma.Zoo.Images;

/// <summary>
/// Decodes JPEG, PNG, WebP, GIF and BMP, and what <see cref="DecodeOptions.Formats"/> adds; the first frame where there are several.
/// </summary>
public static class ImageDecoder
{
    /// <summary>Reads and decodes an image.</summary>
    /// <param name="source">The image: a path, a stream or bytes will do.</param>
    /// <param name="options">What is decoded, how large it may be and how it is turned, or null for the defaults.</param>
    /// <returns>The image.</returns>
    /// <exception cref="ImageException">It cannot be read, or is no image that can be used.</exception>
    public static DecodedImage Decode(ImageSource source, DecodeOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        return Use(source, options ?? DecodeOptions.Default, DecodeBudget.Unbounded(), image => image);
    }

    /// <summary>Reads, decodes and uses an image, once there is room for its bytes and its pixels beside those of others.</summary>
    /// <param name="source">The image.</param>
    /// <param name="options">How large it may be.</param>
    /// <param name="budget">The room.</param>
    /// <param name="use">What is done with it; the room is given back afterwards.</param>
    /// <exception cref="ImageException">It cannot be read, or is no image that can be used.</exception>
    internal static T Use<T>(ImageSource source, DecodeOptions options, DecodeBudget budget, Func<DecodedImage, T> use)
    {
        var name = source.Name;
        try
        {
            if (source.Image is { } image) return use(image);
            if (source.Input is not null) throw new ImageException(name, "it is a network's input already, not an image");
            if (source.Reader is { } reader) return Read(reader, name, options, budget.Pixels, use);

            using var file = source.Read(options, budget);
            var encoded = file.Span;
            if (encoded.Length > options.MaxBytes) throw TooManyBytes(name, options);

            var head = encoded[..Math.Min(encoded.Length, EncodedImage.SignatureBytes)];
            if (!EncodedImage.IsImage(head) && EncodedImage.FindFormat(head, options) is { } format)
                return Read(Guard(() => format.Open(file.Memory), name, format.Name), name, options, budget.Pixels, use);

            var gif = GifFrame.Parse(encoded, name);
            if (gif is null) return Decode(encoded, name, options, budget.Pixels, use);

            CheckSize(name, gif.CanvasWidth, gif.CanvasHeight, options);
            // The canvas, and the frame on it where that is another.
            using var room = budget.Pixels.Take(gif.Pixels);
            return use(gif.OnCanvas(Decode(gif.Encoded, name, options, new DecodeBudget.Room(long.MaxValue), frame => frame)));
        }
        catch (OutOfMemoryException exception)
        {
            throw new ImageException(name, "there is not enough memory for it", exception);
        }
        catch (ImageException exception) when (exception.Name is null && name is not null)
        {
            throw new ImageException(name, exception.Reason, exception);
        }
    }

    internal static ImageException NoImage(string? name, DecodeOptions options)
    {
        string[] formats = ["JPEG", "PNG", "WebP", "GIF", "BMP", .. options.Formats.Select(format => format.Name)];
        return new(name, $"not an image, or its header is damaged ({string.Join(", ", formats[..^1])} and {formats[^1]} can be read)");
    }

    internal static ImageException TooManyBytes(string? name, DecodeOptions options) =>
        new(name, string.Create(CultureInfo.InvariantCulture, $"the file is larger than the limit of {options.MaxBytes:N0} bytes"));

    private static unsafe T Decode<T>(
        ReadOnlySpan<byte> encoded, string? name, DecodeOptions options, DecodeBudget.Room budget, Func<DecodedImage, T> use)
    {
        // Skia reads the caller's memory, which stays where it is until the codec is gone.
        fixed (byte* start = encoded)
        {
            using var data = SKData.Create((nint)start, encoded.Length);
            using var codec = SKCodec.Create(data)
                ?? throw NoImage(name, options);

            // Skia knows more formats; WBMP, for one, takes almost anything that begins with a zero for an image.
            if (codec.EncodedFormat is not (SKEncodedImageFormat.Jpeg or SKEncodedImageFormat.Png or SKEncodedImageFormat.Webp
                or SKEncodedImageFormat.Gif or SKEncodedImageFormat.Bmp))
                throw new ImageException(name, "not a JPEG, PNG, WebP, GIF or BMP image");

            var (width, height) = (codec.Info.Width, codec.Info.Height);
            CheckSize(name, width, height, options);
            if (codec.EncodedFormat == SKEncodedImageFormat.Jpeg) Check(name, JpegMarkers.Check(encoded));
            // A few bytes from the end Skia does not miss.
            if (codec.EncodedFormat == SKEncodedImageFormat.Webp && BinaryPrimitives.ReadUInt32LittleEndian(encoded[4..]) > encoded.Length - 8)
                Check(name, SKCodecResult.IncompleteInput);

            var orientation = options.ApplyOrientation ? Metadata.ReadOrientation(encoded) : ImageOrientation.TopLeft;
            using var room = budget.Take(CountPixels(width, height, orientation));
            // No colour space: the file's numbers as they are. Unpremultiplied: alpha leaves the colours alone.
            var info = new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Unpremul);
            var pixels = GC.AllocateUninitializedArray<byte>(width * height * DecodedImage.BytesPerPixel);
            fixed (byte* target = pixels) Check(name, codec.GetPixels(info, (nint)target));
            if (codec.EncodedFormat == SKEncodedImageFormat.Bmp) Bmp16.Rescale(encoded, pixels);
            return use(Turning.Apply(width, height, pixels, orientation));
        }
    }

    private static T Read<T>(IImageReader reader, string? name, DecodeOptions options, DecodeBudget.Room budget, Func<DecodedImage, T> use)
    {
        var (width, height) = (reader.Width, reader.Height);
        if (width < 1 || height < 1) throw new ImageException(name, "the image is empty");
        CheckSize(name, width, height, options);

        var orientation = options.ApplyOrientation ? reader.Orientation : ImageOrientation.TopLeft;
        using var room = budget.Take(CountPixels(width, height, orientation) + (reader.WorkingBytes / DecodedImage.BytesPerPixel));
        var pixels = GC.AllocateUninitializedArray<byte>(width * height * DecodedImage.BytesPerPixel);
        Guard(
            () =>
            {
                reader.Read(pixels);
                return true;
            },
            name, "an image");
        return use(Turning.Apply(width, height, pixels, orientation));
    }

    // A format may be anybody's, and throw anything.
    private static T Guard<T>(Func<T> call, string? name, string format)
    {
        try
        {
            return call();
        }
        catch (Exception exception) when (exception is not (ImageException or OutOfMemoryException or OperationCanceledException))
        {
            throw new ImageException(name, $"cannot be read as {format}: {exception.Message.ReplaceLineEndings(" ")}", exception);
        }
    }

    // Where rows become columns there are two arrays for a while.
    private static long CountPixels(int width, int height, ImageOrientation orientation) =>
        (long)width * height * (Turning.SwapsAxes(orientation) ? 2 : 1);

    private static void CheckSize(string? name, int width, int height, DecodeOptions options)
    {
        if ((long)width * height <= options.MaxPixels) return;
        throw new ImageException(name, string.Create(
            CultureInfo.InvariantCulture, $"{width} by {height} pixels are more than the limit of {options.MaxPixels:N0}"));
    }

    private static void Check(string? name, SKCodecResult result)
    {
        if (result == SKCodecResult.Success) return;
        throw new ImageException(name, result switch
        {
            SKCodecResult.IncompleteInput => "the image is truncated",
            SKCodecResult.ErrorInInput => "the image is damaged",
            _ => $"the image cannot be decoded ({result})",
        });
    }
}
