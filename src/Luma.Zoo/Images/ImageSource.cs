using Luma.Zoo.Files;
using SkiaSharp;

namespace Luma.Zoo.Images;

/// <summary>Where an image comes from: a file, a stream, bytes or pixels. Nothing is read before it is decoded.</summary>
public sealed class ImageSource
{
    // Room for a stream that does not tell its length, until it turns out to be longer.
    private const long UnknownBytes = 4 << 20;

    private readonly string? path;
    private readonly Stream? stream;
    private readonly ReadOnlyMemory<byte> bytes;
    private Func<long, byte[]>? reader;

    private ImageSource(string? name, string? path = null, Stream? stream = null, ReadOnlyMemory<byte> bytes = default) =>
        (Name, this.path, this.stream, this.bytes) = (name, path, stream, bytes);

    /// <summary>The image where it is decoded already; null elsewhere.</summary>
    internal DecodedImage? Image { get; private init; }

    /// <summary>The image where only its pixels are still to be read; null elsewhere.</summary>
    internal IImageReader? Reader { get; private init; }

    /// <summary>The path, or the name that was given; null where there is none.</summary>
    public string? Name { get; }

    /// <summary>An image in a file.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The source.</returns>
    public static ImageSource FromFile(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return new(path, path: path);
    }

    /// <summary>An image in a stream, from where it stands to its end; decoded once, and left open.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="name">What to call it in errors.</param>
    /// <returns>The source.</returns>
    public static ImageSource FromStream(Stream stream, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return new(name, stream: stream);
    }

    /// <summary>An image in memory, which must not change until it is decoded.</summary>
    /// <param name="bytes">The bytes of the file.</param>
    /// <param name="name">What to call it in errors.</param>
    /// <returns>The source.</returns>
    public static ImageSource FromBytes(ReadOnlyMemory<byte> bytes, string? name = null) => new(name, bytes: bytes);

    /// <summary>An image that is decoded already. It is used as it is: no limit holds for it, and nothing is copied.</summary>
    /// <param name="image">The image.</param>
    /// <param name="name">What to call it in errors.</param>
    /// <returns>The source.</returns>
    public static ImageSource FromImage(DecodedImage image, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(image);
        return new(name) { Image = image };
    }

    /// <summary>An image of another library, whose pixels are read when it is its turn.</summary>
    /// <param name="reader">The image, which must not change until then.</param>
    /// <param name="name">What to call it in errors.</param>
    /// <returns>The source.</returns>
    public static ImageSource FromReader(IImageReader reader, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(reader);
        return new(name) { Reader = reader };
    }

    /// <summary>An image in a file.</summary>
    public static implicit operator ImageSource(string path) => FromFile(path);

    /// <summary>An image in a stream.</summary>
    public static implicit operator ImageSource(Stream stream) => FromStream(stream);

    /// <summary>An image in memory.</summary>
    public static implicit operator ImageSource(byte[] bytes) => FromBytes(bytes);

    /// <summary>Pixels that Skia has in memory. They are read when it is their turn, and stay the caller's: dispose of them afterwards.</summary>
    /// <param name="bitmap">The bitmap, of any colour type. Its colours are taken as they are, without its colour space.</param>
    /// <param name="name">What to call it in errors.</param>
    /// <returns>The source.</returns>
    public static ImageSource FromBitmap(SKBitmap bitmap, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(bitmap);
        return FromReader(new BitmapReader(bitmap), name);
    }

    /// <summary>An image in a tensor, which is read when it is its turn and stays the caller's.</summary>
    /// <param name="tensor">
    /// Bytes <c>(3, H, W)</c> or <c>(1, H, W)</c> are pixels, as <see cref="DecodedImage.FromTensor"/> takes them. Floats <c>(C, H, W)</c> are a
    /// network's input already, as <see cref="ImagePreset.Apply"/> makes it: they are not resized, cropped or normalised again.
    /// </param>
    /// <param name="name">What to call it in errors.</param>
    /// <returns>The source.</returns>
    /// <exception cref="ArgumentException">The tensor has another type or shape.</exception>
    public static ImageSource FromTensor(Tensor tensor, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        if (tensor.dim() != 3 || !(tensor.dtype == ScalarType.Byte || tensor.is_floating_point()))
            throw new ArgumentException($"Expected bytes or floats (C, H, W), got {tensor.dtype} ({string.Join(", ", tensor.shape)}).", nameof(tensor));

        return tensor.dtype == ScalarType.Byte ? FromReader(new TensorReader(tensor), name) : new(name) { Input = tensor };
    }

    /// <summary>Pixels that Skia has in memory.</summary>
    public static implicit operator ImageSource(SKBitmap bitmap) => FromBitmap(bitmap);

    /// <summary>The network's input where it is made already; null elsewhere.</summary>
    internal Tensor? Input { get; private init; }

    /// <summary>An image whose bytes are read when it is its turn.</summary>
    /// <param name="read">Reads them; gets the most that there may be. It may be called by any thread.</param>
    /// <param name="name">What to call it in errors.</param>
    internal static ImageSource FromBytes(Func<long, byte[]> read, string name) => new(name) { reader = read };

    /// <summary>Reads the bytes into memory, once there is room for them beside those of others.</summary>
    /// <exception cref="ImageException">They cannot be read, are too many, or begin as no image does.</exception>
    internal EncodedImage Read(DecodeOptions options, DecodeBudget budget)
    {
        try
        {
            if (path is not null)
            {
                using var file = RegularFile.OpenStream(path);
                return ReadToEnd(file, options, budget);
            }
            if (stream is not null) return ReadToEnd(stream, options, budget);
            if (reader is not null) return ReadToEnd(new MemoryStream(reader(options.MaxBytes), writable: false), options, budget);

            Check(bytes.Span, options);
            return new(bytes, room: null);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ImageException(Name, FileTrouble.WhileReading(exception, path ?? ""), exception);
        }
        catch (Exception exception) when (path is not null && exception is IOException or UnauthorizedAccessException)
        {
            throw new ImageException(Name, $"cannot be read: {FileTrouble.WhileReading(exception)}", exception);
        }
        catch (OutOfMemoryException exception)
        {
            throw new ImageException(Name, "the file is too large for the memory", exception);
        }
        // A stream may be anybody's, and throw anything.
        catch (Exception exception) when (exception is not (ImageException or OperationCanceledException))
        {
            throw new ImageException(Name, $"cannot be read: {exception.Message}", exception);
        }
    }

    // A stream need not know its length, and a length need not be true: read until the end or until it is too much.
    private EncodedImage ReadToEnd(Stream source, DecodeOptions options, DecodeBudget budget)
    {
        var expected = source.CanSeek ? source.Length - source.Position : 0;
        if (expected > options.MaxBytes) throw ImageDecoder.TooManyBytes(Name, options);

        // What is no image is known by its first bytes, however many follow.
        var head = new byte[EncodedImage.SignatureBytes];
        var length = source.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        Check(head.AsSpan(0, length), options);

        // Of a GIF the first frame is taken out, which is as large as the file at most.
        var copies = EncodedImage.IsGif(head) ? 2 : 1;
        var granted = source.CanSeek ? expected : UnknownBytes;
        var room = budget.Bytes.Take(copies * granted);
        try
        {
            // One byte more than expected, so that the end is seen without growing.
            var buffer = GC.AllocateUninitializedArray<byte>((int)Math.Min(Math.Max(expected + 1, 4096), Array.MaxLength));
            head.AsSpan(0, length).CopyTo(buffer);
            while (true)
            {
                var read = source.Read(buffer.AsSpan(length));
                if (read == 0) return new(buffer.AsMemory(0, length), room);

                length += read;
                if (length > options.MaxBytes) throw ImageDecoder.TooManyBytes(Name, options);
                if (length < buffer.Length) continue;

                if (length > granted)
                {
                    // Nobody knows how much is to come: from here on alone. It does not wait with what it has, lest two wait for each other.
                    room.Dispose();
                    (room, granted) = (default, long.MaxValue);
                    room = budget.Bytes.Take(long.MaxValue);
                }
                Array.Resize(ref buffer, (int)Math.Min(2L * length, Array.MaxLength));
            }
        }
        catch
        {
            room.Dispose();
            throw;
        }
    }

    private void Check(ReadOnlySpan<byte> head, DecodeOptions options)
    {
        if (head.IsEmpty) throw new ImageException(Name, "the file is empty");
        head = head[..Math.Min(head.Length, EncodedImage.SignatureBytes)];
        if (!EncodedImage.IsImage(head) && EncodedImage.FindFormat(head, options) is null) throw ImageDecoder.NoImage(Name, options);
    }
}
