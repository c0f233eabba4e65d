using System.Runtime.Intrinsics;
using Luma.Zoo.Images;

namespace Luma.Zoo.Training.Augmentation;

/// <summary>The sharpness, by way of PIL's filter <c>SMOOTH</c>.</summary>
internal static partial class Adjust
{
    private const float Side = 1 / 13f, Centre = 5 / 13f;

    /// <summary>Blends with the smoothed image: 0 gives that, 1 the image, 2 a sharper one. The outermost pixels stay.</summary>
    public static DecodedImage Sharpness(DecodedImage image, double factor)
    {
        if (image.Width < 3 || image.Height < 3) return image;

        var pixels = image.Pixels.ToArray();
        var stride = image.Width * DecodedImage.BytesPerPixel;
        // Of each row what it adds to its neighbours and to itself, in PIL's order of sums. A row is needed three times.
        var (above, here, below, own) = (new float[stride], new float[stride], new float[stride], new float[stride]);
        Weigh(image.Pixels[..stride], Side, above);
        Weigh(image.Pixels.Slice(stride, stride), Side, here);
        for (var row = 1; row < image.Height - 1; row++)
        {
            var line = image.Pixels.Slice(row * stride, stride);
            Weigh(image.Pixels.Slice((row + 1) * stride, stride), Side, below);
            Weigh(line, Centre, own);
            Sharpen(line, above, own, below, pixels.AsSpan(row * stride, stride), (float)factor);
            (above, here, below) = (here, below, above);
        }
        return new DecodedImage(image.Width, image.Height, pixels);
    }

    // The weighted sums of a pixel and those on its left and right; of the first and the last there is none.
    private static void Weigh(ReadOnlySpan<byte> line, float centre, Span<float> sums)
    {
        const int Pixel = DecodedImage.BytesPerPixel;
        var (sides, centres) = (Vector256.Create(Side), Vector256.Create(centre));
        var i = Pixel;
        for (; i <= line.Length - Pixel - Vector256<float>.Count - Pixel; i += Vector256<float>.Count)
        {
            var sum = (Singles(line[(i - Pixel)..]) * sides) + (Singles(line[i..]) * centres) + (Singles(line[(i + Pixel)..]) * sides);
            sum.CopyTo(sums[i..]);
        }
        for (; i < line.Length - Pixel; i++) sums[i] = (line[i - Pixel] * Side) + (line[i] * centre) + (line[i + Pixel] * Side);
    }

    private static Vector256<float> Singles(ReadOnlySpan<byte> bytes)
    {
        var shorts = Vector128.WidenLower(Vector128.CreateScalar(BitConverter.ToUInt64(bytes)).AsByte());
        return Vector256.ConvertToSingle(Vector256.Create(Vector128.WidenLower(shorts), Vector128.WidenUpper(shorts)).AsInt32());
    }

    private static void Sharpen(ReadOnlySpan<byte> line, float[] above, float[] own, float[] below, Span<byte> target, float alpha)
    {
        const int Pixel = DecodedImage.BytesPerPixel;
        var end = line.Length - Pixel;
        var i = Pixel;
        for (; i <= end - Vector256<byte>.Count; i += Vector256<byte>.Count)
        {
            var smooth = Vector256.Narrow(Vector256.Narrow(Smooth(i), Smooth(i + 8)), Vector256.Narrow(Smooth(i + 16), Smooth(i + 24)));
            Blend(smooth, Vector256.Create(line[i..]), Vector256.Create(alpha)).CopyTo(target[i..]);
        }
        for (; i < end; i++)
        {
            var smooth = 0.5f + below[i] + own[i] + above[i];
            target[i] = Blend((byte)Math.Clamp(smooth, 0f, 255f), line[i], alpha);
        }

        Vector256<uint> Smooth(int at) =>
            ToBytes(Vector256.Create(0.5f) + Vector256.Create(below, at) + Vector256.Create(own, at) + Vector256.Create(above, at));
    }
}
