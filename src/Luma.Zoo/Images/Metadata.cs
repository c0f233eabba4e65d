using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Luma.Zoo.Images;

/// <summary>
/// Finds what a JPEG, a PNG or a WebP says about its orientation, where PIL's <c>ImageOps.exif_transpose</c> finds it: in EXIF data, and in
/// a PNG's XMP where these have none. What is damaged says nothing.
/// </summary>
internal static class Metadata
{
    // PIL reads no longer text either.
    private const int MostText = 1 << 20;

    // What is put together of a JPEG's segments. The orientation is found in the first of them.
    private const int MostExif = 1 << 20;

    private static ReadOnlySpan<byte> ExifName => "Exif\0\0"u8;

    /// <summary>Looks for the orientation.</summary>
    /// <param name="file">The file.</param>
    /// <returns>The orientation, as the pixels stand where the file says nothing, or nonsense.</returns>
    public static ImageOrientation ReadOrientation(ReadOnlySpan<byte> file)
    {
        var orientation = file switch
        {
            [0xFF, 0xD8, ..] => Jpeg(file),
            [0x89, (byte)'P', ..] => Png(file),
            [(byte)'R', (byte)'I', (byte)'F', (byte)'F', ..] => WebP(file),
            _ => null,
        };
        return orientation is 2 or 3 or 4 or 5 or 6 or 7 or 8 ? (ImageOrientation)(int)orientation : ImageOrientation.TopLeft;
    }

    // Up to the first scan. Several EXIF segments are one that was too long for a single one.
    private static double? Jpeg(ReadOnlySpan<byte> file)
    {
        var exif = new MemoryStream();
        var at = 2;
        while (at < file.Length)
        {
            if (file[at++] != 0xFF) continue;
            while (at < file.Length && file[at] == 0xFF) at++;
            if (at + 2 >= file.Length) break;

            var marker = file[at++];
            if (marker is 0 or (>= 0xD0 and <= 0xD9)) continue;
            if (marker is < 0xC0 or 0xDA) break;

            var length = BinaryPrimitives.ReadUInt16BigEndian(file[at..]);
            if (length < sizeof(ushort) || at + length > file.Length) break;
            var segment = file[(at + sizeof(ushort))..(at + length)];
            if (marker == 0xE1 && segment.StartsWith(ExifName) && exif.Length < MostExif) exif.Write(segment[ExifName.Length..]);
            at += length;
        }
        return ExifDirectory.ReadOrientation(exif.ToArray());
    }

    private static double? Png(ReadOnlySpan<byte> file)
    {
        const int signature = 8, header = 8, checksum = 4;
        ReadOnlySpan<byte> exif = default;
        string? profile = null, xmp = null;
        for (var at = signature; at + header <= file.Length;)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(file[at..]);
            var kind = file.Slice(at + sizeof(uint), sizeof(uint));
            at += header;
            if (length > file.Length - at || kind.SequenceEqual("IEND"u8)) break;

            var chunk = file.Slice(at, (int)length);
            if (kind.SequenceEqual("eXIf"u8)) exif = chunk;
            else if (kind.SequenceEqual("tEXt"u8) || kind.SequenceEqual("zTXt"u8) || kind.SequenceEqual("iTXt"u8)) Text(kind, chunk);
            at += (int)Math.Min(length + checksum, file.Length - at);
        }

        var orientation = ExifDirectory.ReadOrientation(exif.IsEmpty && profile is not null ? FromHex(profile) : exif);
        return orientation ?? FromXmp(xmp);

        void Text(ReadOnlySpan<byte> kind, ReadOnlySpan<byte> chunk)
        {
            var end = chunk.IndexOf((byte)0);
            if (end < 0) return;

            var name = chunk[..end];
            var value = chunk[(end + 1)..];
            var isProfile = name.SequenceEqual("Raw profile type exif"u8);
            if (!isProfile && !name.SequenceEqual("XML:com.adobe.xmp"u8)) return;

            var text = kind[0] switch
            {
                (byte)'t' => Encoding.Latin1.GetString(value),
                (byte)'z' => value is [0, .. var packed] ? Inflate(packed) : null,
                _ => International(value),
            };
            if (isProfile) profile = text ?? profile;
            else xmp = text ?? xmp;
        }
    }

    private static string? International(ReadOnlySpan<byte> value)
    {
        if (value.Length < 2) return null;

        var (packed, method) = (value[0] != 0, value[1]);
        value = value[2..];
        for (var i = 0; i < 2; i++)
        {
            var end = value.IndexOf((byte)0);
            if (end < 0) return null;
            value = value[(end + 1)..];
        }
        if (!packed) return Encoding.UTF8.GetString(value);
        return method == 0 ? Inflate(value) : null;
    }

    private static string? Inflate(ReadOnlySpan<byte> packed)
    {
        try
        {
            using var stream = new ZLibStream(new MemoryStream(packed.ToArray()), CompressionMode.Decompress);
            var buffer = new byte[MostText];
            return Encoding.Latin1.GetString(buffer, 0, stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false));
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    // ImageMagick's way: a line break, the kind, the length and lines of hexadecimal digits.
    private static byte[] FromHex(string profile)
    {
        try
        {
            return Convert.FromHexString(string.Concat(profile.Split('\n').Skip(3)).Replace(" ", "", StringComparison.Ordinal));
        }
        catch (FormatException)
        {
            return [];
        }
    }

    private static double? FromXmp(string? xmp)
    {
        const string name = "tiff:Orientation";
        for (var at = 0; xmp is not null && (at = xmp.IndexOf(name, at, StringComparison.Ordinal)) >= 0;)
        {
            at += name.Length;
            var rest = xmp.AsSpan(at);
            var digit = rest is ['=', '"', var quoted, ..] ? quoted : rest is ['>', var between, ..] ? between : ' ';
            if (char.IsAsciiDigit(digit)) return digit - '0';
        }
        return null;
    }

    // Only the extended format has metadata, and says which.
    private static double? WebP(ReadOnlySpan<byte> file)
    {
        const int header = 12, chunkHeader = 8, exifFlag = 8;
        if (file.Length < header + chunkHeader + 1 || !file[header..].StartsWith("VP8X"u8) || (file[header + chunkHeader] & exifFlag) == 0) return null;

        var end = (int)Math.Min(file.Length, BinaryPrimitives.ReadUInt32LittleEndian(file[4..]) + 8L);
        for (long at = header; at + chunkHeader <= end;)
        {
            var length = BinaryPrimitives.ReadUInt32LittleEndian(file[((int)at + sizeof(uint))..]);
            var exif = file[(int)at..].StartsWith("EXIF"u8);
            at += chunkHeader;
            if (at + length > end) return null;
            if (exif) return ExifDirectory.ReadOrientation(file.Slice((int)at, (int)length));
            // Chunks have even lengths.
            at += length + (length & 1);
        }
        return null;
    }
}
