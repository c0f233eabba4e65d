using System.IO.Compression;
using System.Runtime.InteropServices;
using Luma.Zoo.Images;

namespace Luma.Zoo.ImageSharp;

/// <summary>Unpacks strips and tiles. Each gives as many bytes as are asked for, and no more are made.</summary>
internal static class TiffPacking
{
    public const int None = 1, Lzw = 5, Deflate = 8, OldDeflate = 32946, PackBits = 32773;

    /// <summary>Whether a number is one of these.</summary>
    public static bool Knows(int compression) => compression is None or Lzw or Deflate or OldDeflate or PackBits;

    /// <summary>How many bytes one packed byte can become at most.</summary>
    public static int MostPerByte(int compression) => compression switch
    {
        None => 1,
        // Two bytes for 128; 12 bits for no more than there are codes.
        PackBits => 64,
        Lzw => 2 * 4096 / 3,
        _ => 1032,
    };

    /// <summary>Unpacks.</summary>
    /// <param name="compression">How it is packed.</param>
    /// <param name="packed">The packed bytes.</param>
    /// <param name="target">Where the bytes go; all of it is filled.</param>
    /// <exception cref="ImageException">There are fewer bytes, or they are damaged.</exception>
    public static void Unpack(int compression, ReadOnlyMemory<byte> packed, Span<byte> target)
    {
        var length = compression switch
        {
            None => Copy(packed.Span, target),
            Lzw => ReadLzw(packed.Span, target),
            PackBits => ReadPackBits(packed.Span, target),
            _ => Inflate(packed, target),
        };
        if (length < target.Length) throw new ImageException(null, "the image is truncated");
    }

    private static int Copy(ReadOnlySpan<byte> packed, Span<byte> target)
    {
        var length = Math.Min(packed.Length, target.Length);
        packed[..length].CopyTo(target);
        return length;
    }

    private static int Inflate(ReadOnlyMemory<byte> packed, Span<byte> target)
    {
        try
        {
            var bytes = MemoryMarshal.TryGetArray(packed, out var array) ? array : packed.ToArray();
            using var stream = new ZLibStream(new MemoryStream(bytes.Array!, bytes.Offset, bytes.Count), CompressionMode.Decompress);
            return stream.ReadAtLeast(target, target.Length, throwOnEndOfStream: false);
        }
        catch (InvalidDataException exception)
        {
            throw new ImageException(null, "the image is damaged", exception);
        }
    }

    private static int ReadPackBits(ReadOnlySpan<byte> packed, Span<byte> target)
    {
        var (at, length) = (0, 0);
        while (at < packed.Length && length < target.Length)
        {
            var head = (sbyte)packed[at++];
            if (head == sbyte.MinValue) continue;

            var count = Math.Min(Math.Abs((int)head) + 1, target.Length - length);
            if (head >= 0)
            {
                count = Math.Min(count, packed.Length - at);
                packed.Slice(at, count).CopyTo(target[length..]);
                at += head + 1;
            }
            else
            {
                if (at >= packed.Length) break;
                target.Slice(length, count).Fill(packed[at++]);
            }
            length += count;
        }
        return length;
    }

    // Codes of 9 to 12 bits, the highest bit first; a code becomes longer one entry early.
    private static int ReadLzw(ReadOnlySpan<byte> packed, Span<byte> target)
    {
        const int clear = 256, end = 257, first = 258, most = 4096;
        // Every entry but single bytes is a piece of what was written already.
        Span<int> starts = new int[most], lengths = new int[most];
        var (buffer, held, bits, next, length) = (0u, 0, 9, first, 0);
        var previous = (Start: 0, Length: 0);
        foreach (var value in packed)
        {
            (buffer, held) = ((buffer << 8) | value, held + 8);
            if (held < bits) continue;

            held -= bits;
            var code = (int)(buffer >> held) & ((1 << bits) - 1);
            if (code == end) return length;
            if (code == clear)
            {
                (bits, next, previous) = (9, first, default);
                continue;
            }

            var from = length;
            if (code < clear)
            {
                if (length == target.Length) return length;
                target[length++] = (byte)code;
            }
            else
            {
                // The entry that this code makes is the last one and its own first byte.
                var (start, count) = code < next ? (starts[code], lengths[code])
                    : code == next && previous.Length > 0 ? (previous.Start, previous.Length + 1)
                    : throw new ImageException(null, "the image is damaged");
                for (var i = 0; i < count; i++)
                {
                    if (length == target.Length) return length;
                    target[length++] = target[start + i];
                }
            }
            if (previous.Length > 0 && next < most)
            {
                (starts[next], lengths[next]) = (previous.Start, previous.Length + 1);
                next++;
            }
            previous = (from, length - from);
            // The entry of the code just read is made with the next one.
            bits = next + 1 >= 2048 ? 12 : next + 1 >= 1024 ? 11 : next + 1 >= 512 ? 10 : 9;
            if (length == target.Length) return length;
        }
        return length;
    }
}
