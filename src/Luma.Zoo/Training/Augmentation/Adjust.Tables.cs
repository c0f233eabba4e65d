using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Luma.Zoo.Images;

namespace Luma.Zoo.Training.Augmentation;

/// <summary>What gives each level of a channel another one.</summary>
internal static partial class Adjust
{
    private const int Levels = 256;

    /// <summary>Keeps so many bits of each channel.</summary>
    /// <param name="image">The image.</param>
    /// <param name="bits">From 0 to 8.</param>
    public static DecodedImage Posterize(DecodedImage image, int bits)
    {
        var pixels = image.Pixels.ToArray();
        var kept = (byte)~((1 << (8 - bits)) - 1);
        var i = 0;
        for (; i <= pixels.Length - Vector256<byte>.Count; i += Vector256<byte>.Count)
            (Vector256.Create(pixels, i) & Vector256.Create(kept)).CopyTo(pixels, i);
        for (; i < pixels.Length; i++) pixels[i] &= kept;
        return new DecodedImage(image.Width, image.Height, pixels);
    }

    /// <summary>Turns the levels from a threshold on around.</summary>
    public static DecodedImage Solarize(DecodedImage image, double threshold)
    {
        if (threshold > byte.MaxValue) return image;

        var pixels = image.Pixels.ToArray();
        var least = (byte)Math.Ceiling(Math.Max(threshold, 0));
        var i = 0;
        for (; i <= pixels.Length - Vector256<byte>.Count; i += Vector256<byte>.Count)
        {
            var levels = Vector256.Create(pixels, i);
            (levels ^ Vector256.GreaterThanOrEqual(levels, Vector256.Create(least))).CopyTo(pixels, i);
        }
        for (; i < pixels.Length; i++)
        {
            if (pixels[i] >= least) pixels[i] ^= byte.MaxValue;
        }
        return new DecodedImage(image.Width, image.Height, pixels);
    }

    /// <summary>Turns all levels around.</summary>
    public static DecodedImage Invert(DecodedImage image) => Solarize(image, 0);

    /// <summary>Stretches each channel from its least and greatest level to 0 and 255.</summary>
    public static DecodedImage AutoContrast(DecodedImage image)
    {
        var tables = new byte[3 * Levels];
        var counts = Count(image);
        for (var channel = 0; channel < 3; channel++)
        {
            var count = counts.AsSpan(channel * Levels, Levels);
            var table = tables.AsSpan(channel * Levels, Levels);
            var (least, greatest) = (count.IndexOfAnyExcept(0), count.LastIndexOfAnyExcept(0));
            var scale = 255.0 / (greatest - least);
            var offset = -least * scale;
            for (var level = 0; level < Levels; level++)
                table[level] = greatest <= least ? (byte)level : (byte)Math.Clamp((level * scale) + offset, 0, 255);
        }
        return Look(image, tables);
    }

    /// <summary>Makes all levels of a channel as frequent, as far as that is possible.</summary>
    public static DecodedImage Equalize(DecodedImage image)
    {
        var tables = new byte[3 * Levels];
        var counts = Count(image);
        for (var channel = 0; channel < 3; channel++)
        {
            var count = counts.AsSpan(channel * Levels, Levels);
            var table = tables.AsSpan(channel * Levels, Levels);
            var step = (image.Width * image.Height - count[count.LastIndexOfAnyExcept(0)]) / 255;
            var sum = step / 2;
            for (var level = 0; level < Levels; level++)
            {
                table[level] = step == 0 ? (byte)level : (byte)Math.Min(sum / step, 255);
                sum += count[level];
            }
        }
        return Look(image, tables);
    }

    // How often each level is there, channel by channel. Neighbours are counted apart, since equal ones would wait for each other.
    private static int[] Count(DecodedImage image)
    {
        var (even, odd) = (new int[3 * Levels], new int[3 * Levels]);
        var pixels = MemoryMarshal.Cast<byte, uint>(image.Pixels);
        var i = 0;
        for (; i < pixels.Length - 1; i += 2)
        {
            Add(even, pixels[i]);
            Add(odd, pixels[i + 1]);
        }
        if (i < pixels.Length) Add(even, pixels[i]);
        for (var level = 0; level < even.Length; level++) even[level] += odd[level];
        return even;

        static void Add(int[] counts, uint pixel)
        {
            // A byte and less than twice the levels is always within.
            ref var first = ref MemoryMarshal.GetArrayDataReference(counts);
            Unsafe.Add(ref first, (int)(byte)pixel)++;
            Unsafe.Add(ref first, Levels + (byte)(pixel >> 8))++;
            Unsafe.Add(ref first, (2 * Levels) + (byte)(pixel >> 16))++;
        }
    }

    private static DecodedImage Look(DecodedImage image, byte[] tables)
    {
        // Each level where its channel stands in a pixel.
        var placed = new uint[tables.Length];
        for (var i = 0; i < tables.Length; i++) placed[i] = (uint)tables[i] << (8 * (i / Levels));

        var pixels = Allocate(image);
        var from = MemoryMarshal.Cast<byte, uint>(image.Pixels);
        var to = MemoryMarshal.Cast<byte, uint>(pixels.AsSpan());
        ref var first = ref MemoryMarshal.GetArrayDataReference(placed);
        for (var i = 0; i < from.Length; i++)
        {
            var pixel = from[i];
            to[i] = Unsafe.Add(ref first, (int)(byte)pixel) | Unsafe.Add(ref first, Levels + (byte)(pixel >> 8))
                | Unsafe.Add(ref first, (2 * Levels) + (byte)(pixel >> 16));
        }
        return new DecodedImage(image.Width, image.Height, pixels);
    }
}
