using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Luma.Zoo.Images;

namespace Luma.Zoo.Training.Augmentation;

/// <summary>The hue, by way of PIL's bytes of hue, saturation and value.</summary>
internal static partial class Adjust
{
    private static readonly HueTable Hues = new();

    /// <summary>Turns the hue.</summary>
    /// <param name="image">The image.</param>
    /// <param name="factor">Half of the whole circle at most, either way: -0.5 to 0.5.</param>
    public static DecodedImage Hue(DecodedImage image, double factor)
    {
        var pixels = Allocate(image);
        Hue(image.Pixels, pixels, factor);
        return new DecodedImage(image.Width, image.Height, pixels);
    }

    /// <summary>Turns the hue by so many parts of the whole circle.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Hue(ReadOnlySpan<byte> source, Span<byte> target, double factor)
    {
        var from = MemoryMarshal.Cast<byte, uint>(source);
        var to = MemoryMarshal.Cast<byte, uint>(target);
        var turn = (int)(factor * 255);
        var table = Hues;
        Span<Sector> sectors = stackalloc Sector[256];
        for (var hue = 0; hue < sectors.Length; hue++) sectors[hue] = new Sector((hue + turn) & 0xFF);
        for (var i = 0; i < from.Length; i++)
        {
            var pixel = from[i];
            var (red, green, blue) = ((int)(pixel & 0xFF), (int)((pixel >> 8) & 0xFF), (int)((pixel >> 16) & 0xFF));
            var value = Math.Max(red, Math.Max(green, blue));
            var chroma = value - Math.Min(red, Math.Min(green, blue));
            var saturation = chroma == 0 ? 0 : (int)((float)chroma / value * 255.0);
            if (saturation == 0)
            {
                to[i] = (uint)(value * 0x010101);
                continue;
            }
            to[i] = sectors[table.HueOf(red, green, blue, value, chroma)].ToPixel(saturation, value);
        }
    }

    /// <summary>The sixth of the circle that a hue lies in, and how far.</summary>
    private readonly struct Sector
    {
        private readonly double part;
        private readonly bool falls;
        private readonly int valueShift, lowShift, middleShift;

        public Sector(int hue)
        {
            var position = hue * 6.0 / 255;
            var index = (int)position;
            var past = (float)(position - index);
            falls = index % 2 == 1;
            part = falls ? past : 1.0 - past;
            (valueShift, middleShift, lowShift) = (index % 6) switch
            {
                0 => (0, 8, 16),
                1 => (8, 0, 16),
                2 => (8, 16, 0),
                3 => (16, 8, 0),
                4 => (16, 0, 8),
                _ => (0, 16, 8),
            };
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public uint ToPixel(int saturation, int value)
        {
            var share = saturation / 255f;
            // Of a falling channel PIL rounds the product to a float, of a rising one to a double.
            var less = falls ? share * (float)part : share * part;
            var low = (uint)((value * (1.0 - share)) + 0.5);
            var middle = (uint)((value * (1.0 - less)) + 0.5);
            return ((uint)value << valueShift) | (low << lowShift) | (middle << middleShift);
        }
    }

    /// <summary>
    /// PIL's hue as a byte. It depends on which channel is the greatest and which the least, on how far they are apart, and on how far the
    /// third is from the greatest.
    /// </summary>
    private sealed class HueTable
    {
        private readonly byte[] hues = new byte[6 << 16];

        public HueTable()
        {
            // What PIL's sum comes to, in which the least channel counts 1 and the third its distance.
            ReadOnlySpan<(float Base, int Sign)> sums = [(1, -1), (-1, 1), (3, -1), (1, 1), (5, -1), (3, 1)];
            for (var sector = 0; sector < sums.Length; sector++)
            {
                for (var chroma = 1; chroma < 256; chroma++)
                {
                    for (var distance = 0; distance <= chroma; distance++)
                    {
                        var hue = sums[sector].Base + (sums[sector].Sign * ((float)distance / chroma));
                        var turned = (hue / 6.0) + 1.0;
                        hues[(sector << 16) | (chroma << 8) | distance] = (byte)((float)(turned >= 1 ? turned - 1 : turned) * 255.0);
                    }
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public int HueOf(int red, int green, int blue, int value, int chroma)
        {
            // With red the greatest: blue's distance less green's. The other channels follow in turn.
            var (sector, before, after) = red == value ? (0, blue, green) : green == value ? (2, red, blue) : (4, green, red);
            var least = value - chroma;
            return before == least
                ? hues[(sector << 16) | (chroma << 8) | (value - after)]
                : hues[((sector + 1) << 16) | (chroma << 8) | (value - before)];
        }
    }
}
