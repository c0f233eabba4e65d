using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Luma.Zoo.Images;

namespace Luma.Zoo.Training.Augmentation;

/// <summary>
/// What changes an image's colours, with nothing at random in it. Equal to PIL to the bit: each step is rounded as there. Where a method
/// takes a source and a target, they may be the same.
/// </summary>
internal static partial class Adjust
{
    /// <summary>Blends with black: 0 gives black, 1 the image.</summary>
    public static DecodedImage Brightness(DecodedImage image, double factor)
    {
        var pixels = Allocate(image);
        Brightness(image.Pixels, pixels, factor);
        return new DecodedImage(image.Width, image.Height, pixels);
    }

    /// <summary>Blends with black: 0 gives black, 1 the image.</summary>
    public static void Brightness(ReadOnlySpan<byte> source, Span<byte> target, double factor) => Blend(0, source, target, (float)factor);

    /// <summary>Blends with the mean grey: 0 gives a flat grey, 1 the image.</summary>
    public static DecodedImage Contrast(DecodedImage image, double factor)
    {
        var pixels = Allocate(image);
        Contrast(image.Pixels, pixels, factor);
        return new DecodedImage(image.Width, image.Height, pixels);
    }

    /// <summary>Blends with the mean grey: 0 gives a flat grey, 1 the image.</summary>
    public static void Contrast(ReadOnlySpan<byte> source, Span<byte> target, double factor)
    {
        var mean = (double)SumOfGreys(MemoryMarshal.Cast<byte, uint>(source)) / (source.Length / DecodedImage.BytesPerPixel);
        Blend((byte)(mean + 0.5), source, target, (float)factor);
    }

    /// <summary>Blends with the image in grey: 0 gives greys, 1 the image.</summary>
    public static DecodedImage Saturation(DecodedImage image, double factor)
    {
        var pixels = Allocate(image);
        Saturation(image.Pixels, pixels, factor);
        return new DecodedImage(image.Width, image.Height, pixels);
    }

    /// <summary>Blends with the image in grey: 0 gives greys, 1 the image.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Saturation(ReadOnlySpan<byte> source, Span<byte> target, double factor)
    {
        var from = MemoryMarshal.Cast<byte, uint>(source);
        var to = MemoryMarshal.Cast<byte, uint>(target);
        var alpha = (float)factor;
        var i = 0;
        for (; i <= from.Length - Vector256<uint>.Count; i += Vector256<uint>.Count)
        {
            var pixels = Vector256.Create(from[i..]);
            var greys = Greys(pixels) * 0x010101;
            Blend(greys.AsByte(), pixels.AsByte(), Vector256.Create(alpha)).AsUInt32().CopyTo(to[i..]);
        }
        for (; i < from.Length; i++)
        {
            var (pixel, grey) = (from[i], Grey(from[i]));
            to[i] = Blend(grey, (byte)pixel, alpha) | ((uint)Blend(grey, (byte)(pixel >> 8), alpha) << 8) | ((uint)Blend(grey, (byte)(pixel >> 16), alpha) << 16);
        }
    }

    /// <summary>Makes all three channels the luma of ITU-R BT.601.</summary>
    public static DecodedImage Grayscale(DecodedImage image)
    {
        var pixels = Allocate(image);
        Saturation(image.Pixels, pixels, 0);
        return new DecodedImage(image.Width, image.Height, pixels);
    }

    private static byte[] Allocate(DecodedImage image) => GC.AllocateUninitializedArray<byte>(image.Pixels.Length);

    private static byte Grey(uint pixel) =>
        (byte)((((pixel & 0xFF) * 19595) + (((pixel >> 8) & 0xFF) * 38470) + (((pixel >> 16) & 0xFF) * 7471) + 0x8000) >> 16);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Greys(Vector256<uint> pixels)
    {
        var channel = Vector256.Create(0xFFu);
        var sum = ((pixels & channel) * 19595) + (((pixels >> 8) & channel) * 38470) + (((pixels >> 16) & channel) * 7471);
        return (sum + Vector256.Create(0x8000u)) >> 16;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ulong SumOfGreys(ReadOnlySpan<uint> pixels)
    {
        // A lane holds the sum of so many vectors.
        const int Most = 1 << 24;
        var total = 0UL;
        while (pixels.Length >= Vector256<uint>.Count)
        {
            var sum = Vector256<uint>.Zero;
            var count = Math.Min(pixels.Length / Vector256<uint>.Count, Most);
            for (var i = 0; i < count; i++) sum += Greys(Vector256.Create(pixels[(i * Vector256<uint>.Count)..]));
            for (var lane = 0; lane < Vector256<uint>.Count; lane++) total += sum[lane];
            pixels = pixels[(count * Vector256<uint>.Count)..];
        }
        foreach (var pixel in pixels) total += Grey(pixel);
        return total;
    }

    // PIL's Image.blend of one level with an image.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Blend(byte level, ReadOnlySpan<byte> source, Span<byte> target, float alpha)
    {
        var (levels, alphas) = (Vector256.Create(level), Vector256.Create(alpha));
        var i = 0;
        for (; i <= source.Length - Vector256<byte>.Count; i += Vector256<byte>.Count)
            Blend(levels, Vector256.Create(source[i..]), alphas).CopyTo(target[i..]);
        for (; i < source.Length; i++) target[i] = Blend(level, source[i], alpha);
    }

    private static byte Blend(byte from, byte to, float alpha) => (byte)Math.Clamp(from + (alpha * (to - from)), 0f, 255f);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Blend(Vector256<byte> from, Vector256<byte> to, Vector256<float> alpha)
    {
        var (fromLow, fromHigh) = Vector256.Widen(from);
        var (toLow, toHigh) = Vector256.Widen(to);
        return Vector256.Narrow(Blend(fromLow, toLow, alpha), Blend(fromHigh, toHigh, alpha));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ushort> Blend(Vector256<ushort> from, Vector256<ushort> to, Vector256<float> alpha)
    {
        var (fromLow, fromHigh) = Vector256.Widen(from);
        var (toLow, toHigh) = Vector256.Widen(to);
        return Vector256.Narrow(Blend(fromLow.AsInt32(), toLow.AsInt32(), alpha), Blend(fromHigh.AsInt32(), toHigh.AsInt32(), alpha));
    }

    // A product and a sum, rounded one after the other: a fused multiplication would give other levels.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Blend(Vector256<int> from, Vector256<int> to, Vector256<float> alpha) =>
        ToBytes(Vector256.ConvertToSingle(from) + (alpha * Vector256.ConvertToSingle(to - from)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> ToBytes(Vector256<float> values)
    {
        var clamped = Vector256.Min(Vector256.Max(values, Vector256<float>.Zero), Vector256.Create(255f));
        return Vector256.ConvertToInt32Native(clamped).AsUInt32();
    }
}
