namespace Luma.Zoo.Images;

/// <summary>The bytes of an image's file in memory, and the room that they take there.</summary>
/// <param name="bytes">The bytes.</param>
/// <param name="room">The room; null where the memory is the caller's.</param>
internal readonly struct EncodedImage(ReadOnlyMemory<byte> bytes, DecodeBudget.Room.Share? room) : IDisposable
{
    /// <summary>How many bytes tell what is an image.</summary>
    public const int SignatureBytes = 18;

    /// <summary>The bytes.</summary>
    public ReadOnlyMemory<byte> Memory => bytes;

    /// <summary>The bytes.</summary>
    public ReadOnlySpan<byte> Span => bytes.Span;

    /// <summary>Whether bytes begin as JPEG, PNG, WebP, GIF or BMP do. What does not is not worth reading.</summary>
    /// <param name="head">The first bytes, <see cref="SignatureBytes"/> where there are so many.</param>
    public static bool IsImage(ReadOnlySpan<byte> head) =>
        IsJpeg(head) || head is [0x89, (byte)'P', (byte)'N', (byte)'G', ..] or [(byte)'B', (byte)'M', ..]
        || head.StartsWith("GIF8"u8)
        || (head.StartsWith("RIFF"u8) && head.Length >= 12 && head[8..].StartsWith("WEBP"u8));

    /// <summary>Finds what reads a file that is none of these.</summary>
    /// <param name="head">The first bytes, <see cref="SignatureBytes"/> where there are so many.</param>
    /// <param name="options">What else can be read.</param>
    /// <returns>The format, or null.</returns>
    public static IImageFormat? FindFormat(ReadOnlySpan<byte> head, DecodeOptions options)
    {
        foreach (var format in options.Formats)
        {
            if (format.IsMatch(head)) return format;
        }
        return null;
    }

    /// <summary>Whether bytes begin as JPEG does.</summary>
    /// <param name="head">The first bytes.</param>
    public static bool IsJpeg(ReadOnlySpan<byte> head) => head is [0xFF, 0xD8, 0xFF, ..];

    /// <summary>Whether bytes begin as GIF does.</summary>
    /// <param name="head">The first bytes.</param>
    public static bool IsGif(ReadOnlySpan<byte> head) => head.StartsWith("GIF8"u8);

    /// <summary>Gives the room back.</summary>
    public void Dispose() => room?.Dispose();
}
