using System.Buffers.Binary;
using System.Globalization;
using Luma.Zoo.Images.Jpeg;
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
    internal static T Use<T>(ImageSource source, DecodeOptions options, DecodeBudget budget, Func<DecodedImage, T> use) =>
        Use(source, new Job<T>(options, budget.Pixels, All, (pixels, _) => use(pixels.ToImage()), use, Reduce: null, budget.Pool, IsKept: true), budget);

    /// <summary>
    /// Reads and decodes an image of which only an area is used. Of most JPEGs no more is decoded; the pixels are the same as those of the
    /// whole image, and so are the errors.
    /// </summary>
    /// <param name="source">The image.</param>
    /// <param name="options">How large it may be.</param>
    /// <param name="budget">The room.</param>
    /// <param name="choose">Chooses the area once the width and the height of the image are known, turned as it is to be shown.</param>
    /// <param name="use">What is done with the pixels of at least that area. They are not to be kept; the room is given back afterwards.</param>
    /// <param name="reduce">
    /// Chooses by what a JPEG's width and height are divided while it is decoded, 1, 2, 4 or 8, where <see cref="DecodeOptions.FastDecode"/> allows
    /// it; null for never. The area is chosen of the smaller image then.
    /// </param>
    /// <exception cref="ImageException">It cannot be read, or is no image that can be used.</exception>
    internal static T UseArea<T>(
        ImageSource source, DecodeOptions options, DecodeBudget budget, Func<int, int, PixelArea> choose, Func<PixelView, T> use, Func<int, int, int>? reduce = null)
    {
        var job = new Job<T>(
            options, budget.Pixels, choose, (pixels, place) => use(new PixelView(pixels.Bytes, place.Area, place.Width, place.Height)),
            image => use(new PixelView(image)), options.FastDecode ? reduce : null, budget.Pool, IsKept: false);
        return Use(source, job, budget);
    }

    private static T Use<T>(ImageSource source, Job<T> job, DecodeBudget budget)
    {
        var (name, options) = (source.Name, job.Options);
        try
        {
            if (source.Image is { } image) return job.UseImage(image);
            if (source.Input is not null) throw new ImageException(name, "it is a network's input already, not an image");
            if (source.Reader is { } reader) return Read(reader, name, job);

            using var file = source.Read(options, budget);
            var encoded = file.Span;
            if (encoded.Length > options.MaxBytes) throw TooManyBytes(name, options);

            var head = encoded[..Math.Min(encoded.Length, EncodedImage.SignatureBytes)];
            if (!EncodedImage.IsImage(head) && EncodedImage.FindFormat(head, options) is { } format)
                return Read(Guard(() => format.Open(file.Memory), name, format.Name), name, job);

            if (EncodedImage.IsJpeg(head) && TryDecodeJpeg(encoded, job, out var result)) return result;

            var gif = GifFrame.Parse(encoded, name);
            if (gif is null) return Decode(encoded, name, job);

            CheckSize(name, gif.CanvasWidth, gif.CanvasHeight, options);
            // The canvas, and the frame on it where that is another.
            using var room = job.Room.Take(gif.Pixels);
            return Decode(gif.Encoded, name, job with { Room = new DecodeBudget.Room(long.MaxValue), Choose = All, Use = OnCanvas });

            T OnCanvas(PixelBuffer frame, Place place)
            {
                if ((frame.Width, frame.Height) == (gif.CanvasWidth, gif.CanvasHeight)) return job.Use(frame, place);

                using var canvas = gif.OnCanvas(frame);
                return job.Use(canvas, new(All(canvas.Width, canvas.Height), canvas.Width, canvas.Height));
            }
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

    private static PixelArea All(int width, int height) => new(0, 0, width, height);

    // False where Skia has to see to it.
    private static bool TryDecodeJpeg<T>(ReadOnlySpan<byte> encoded, Job<T> job, out T result)
    {
        result = default!;
        if (JpegFrame.Read(encoded) is not { } frame || (long)frame.Width * frame.Height > job.Options.MaxPixels) return false;

        var orientation = job.Options.ApplyOrientation ? Metadata.ReadOrientation(encoded) : ImageOrientation.TopLeft;
        var (width, height) = Turning.SwapsAxes(orientation) ? (frame.Height, frame.Width) : (frame.Width, frame.Height);
        if (job.Reduce?.Invoke(width, height) > 1) return false;

        var area = job.Choose(width, height);
        var stored = Turning.Find(area, frame.Width, frame.Height, orientation);
        using var room = job.Room.Take(CountPixels(stored.Width, stored.Height, orientation));
        var pixels = job.CreateBuffer(stored.Width, stored.Height);
        try
        {
            if (!JpegDecoder.TryDecode(encoded, frame, stored, pixels.Bytes, job.Pool)) return false;
            pixels = Turning.Apply(pixels, orientation);
            result = job.Use(pixels, new(area, width, height));
            return true;
        }
        finally
        {
            pixels.Dispose();
        }
    }

    private static unsafe T Decode<T>(ReadOnlySpan<byte> encoded, string? name, Job<T> job)
    {
        // Skia reads the caller's memory, which stays where it is until the codec is gone.
        fixed (byte* start = encoded)
        {
            using var data = SKData.Create((nint)start, encoded.Length);
            using var codec = SKCodec.Create(data)
                ?? throw (EncodedImage.IsJpeg(encoded) && JpegMarkers.EndsBeforeData(encoded) ? new ImageException(name, "the image is truncated") : NoImage(name, job.Options));

            // Skia knows more formats; WBMP, for one, takes almost anything that begins with a zero for an image.
            if (codec.EncodedFormat is not (SKEncodedImageFormat.Jpeg or SKEncodedImageFormat.Png or SKEncodedImageFormat.Webp
                or SKEncodedImageFormat.Gif or SKEncodedImageFormat.Bmp))
                throw new ImageException(name, "not a JPEG, PNG, WebP, GIF or BMP image");

            var size = codec.Info.Size;
            CheckSize(name, size.Width, size.Height, job.Options);
            var orientation = job.Options.ApplyOrientation ? Metadata.ReadOrientation(encoded) : ImageOrientation.TopLeft;
            if (codec.EncodedFormat == SKEncodedImageFormat.Jpeg)
            {
                Check(name, JpegMarkers.Check(encoded));
                var (width, height) = Turning.SwapsAxes(orientation) ? (size.Height, size.Width) : (size.Width, size.Height);
                if (job.Reduce?.Invoke(width, height) is > 1 and var part) size = codec.GetScaledDimensions(1f / part);
            }
            // A few bytes from the end Skia does not miss.
            if (codec.EncodedFormat == SKEncodedImageFormat.Webp && BinaryPrimitives.ReadUInt32LittleEndian(encoded[4..]) > encoded.Length - 8)
                Check(name, SKCodecResult.IncompleteInput);

            return Fill(size.Width, size.Height, orientation, workingBytes: 0, job, pixels =>
            {
                // No colour space: the file's numbers as they are. Unpremultiplied: alpha leaves the colours alone.
                var info = new SKImageInfo(size.Width, size.Height, SKColorType.Rgba8888, SKAlphaType.Unpremul);
                fixed (byte* target = pixels) Check(name, codec.GetPixels(info, (nint)target));
                if (codec.EncodedFormat == SKEncodedImageFormat.Bmp) Bmp16.Rescale(data.Span, pixels);
            });
        }
    }

    private static T Read<T>(IImageReader reader, string? name, Job<T> job)
    {
        var (width, height) = (reader.Width, reader.Height);
        if (width < 1 || height < 1) throw new ImageException(name, "the image is empty");
        CheckSize(name, width, height, job.Options);

        var orientation = job.Options.ApplyOrientation ? reader.Orientation : ImageOrientation.TopLeft;
        return Fill(width, height, orientation, reader.WorkingBytes, job, pixels =>
        {
            // A span cannot be captured by the guard.
            try
            {
                reader.Read(pixels);
            }
            catch (Exception exception) when (IsForeign(exception))
            {
                throw Foreign(exception, name, "an image");
            }
        });
    }

    // Takes memory for all pixels once there is room, and has them filled, turned and used.
    private static T Fill<T>(int width, int height, ImageOrientation orientation, long workingBytes, Job<T> job, Action<Span<byte>> fill)
    {
        using var room = job.Room.Take(CountPixels(width, height, orientation) + (workingBytes / DecodedImage.BytesPerPixel));
        var pixels = job.CreateBuffer(width, height);
        try
        {
            fill(pixels.Bytes);
            pixels = Turning.Apply(pixels, orientation);
            return job.Use(pixels, new(All(pixels.Width, pixels.Height), pixels.Width, pixels.Height));
        }
        finally
        {
            pixels.Dispose();
        }
    }

    private static T Guard<T>(Func<T> call, string? name, string format)
    {
        try
        {
            return call();
        }
        catch (Exception exception) when (IsForeign(exception))
        {
            throw Foreign(exception, name, format);
        }
    }

    // A format may be anybody's, and throw anything.
    private static bool IsForeign(Exception exception) => exception is not (ImageException or OutOfMemoryException or OperationCanceledException);

    private static ImageException Foreign(Exception exception, string? name, string format) =>
        new(name, $"cannot be read as {format}: {exception.Message.ReplaceLineEndings(" ")}", exception);

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

    /// <summary>An area, and the size of the image that it is part of.</summary>
    private readonly record struct Place(PixelArea Area, int Width, int Height);

    /// <summary>What is decoded of an image and what happens to it.</summary>
    /// <param name="Options">How large it may be.</param>
    /// <param name="Room">Room for its pixels.</param>
    /// <param name="Choose">Chooses what is needed of it.</param>
    /// <param name="Use">Takes the pixels.</param>
    /// <param name="UseImage">Takes an image that is decoded already.</param>
    /// <param name="Reduce">Chooses by what its sides are divided; null for nothing.</param>
    /// <param name="Pool">Where memory is borrowed from.</param>
    /// <param name="IsKept">Whether the pixels become an image's.</param>
    private sealed record Job<T>(
        DecodeOptions Options, DecodeBudget.Room Room, Func<int, int, PixelArea> Choose, Func<PixelBuffer, Place, T> Use, Func<DecodedImage, T> UseImage,
        Func<int, int, int>? Reduce, BufferPool Pool, bool IsKept)
    {
        public PixelBuffer CreateBuffer(int width, int height) => new(width, height, IsKept ? null : Pool);
    }
}
