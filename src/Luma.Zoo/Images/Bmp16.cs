using System.Buffers.Binary;

namespace Luma.Zoo.Images;

/// <summary>BMP with 16 bits a pixel: Skia and PIL stretch five and six bits to eight with another rounding.</summary>
internal static class Bmp16
{
    // Places in the file: the size of the second header, the bits a pixel in the old and the new one, compression, mask of green.
    private const int HeaderSize = 14, OldBits = 24, Bits = 28, Compression = 30, GreenMask = 58;
    private const int OldHeader = 12, BitFields = 3, SixBitsOfGreen = 0x7E0;

    /// <summary>Gives the pixels of such an image PIL's values, and leaves others alone.</summary>
    /// <param name="file">The file.</param>
    /// <param name="pixels">Its pixels as Skia has decoded them, four bytes each.</param>
    public static void Rescale(ReadOnlySpan<byte> file, Span<byte> pixels)
    {
        if (file.Length < GreenMask + sizeof(int)) return;

        var old = BinaryPrimitives.ReadInt32LittleEndian(file[HeaderSize..]) == OldHeader;
        if (BinaryPrimitives.ReadInt16LittleEndian(file[(old ? OldBits : Bits)..]) != 16) return;

        var six = !old && BinaryPrimitives.ReadInt32LittleEndian(file[Compression..]) == BitFields
            && BinaryPrimitives.ReadInt32LittleEndian(file[GreenMask..]) == SixBitsOfGreen;
        var (five, green) = (Table(31), Table(six ? 63 : 31));
        for (var i = 0; i < pixels.Length; i += DecodedImage.BytesPerPixel)
        {
            pixels[i] = five[pixels[i]];
            pixels[i + 1] = green[pixels[i + 1]];
            pixels[i + 2] = five[pixels[i + 2]];
        }
    }

    // From a byte back to the bits that it was stretched from, and to PIL's byte.
    private static byte[] Table(int most) => [.. Enumerable.Range(0, 256).Select(value => (byte)((((value * most) + 127) / 255) * 255 / most))];
}
