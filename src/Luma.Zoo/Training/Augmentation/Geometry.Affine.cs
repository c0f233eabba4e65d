using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Luma.Zoo.Images;

namespace Luma.Zoo.Training.Augmentation;

/// <summary>Turning, moving, scaling and shearing.</summary>
internal static partial class Geometry
{
    private const double Degree = Math.PI / 180;

    /// <summary>Turns an image counterclockwise around its centre, as PIL does.</summary>
    /// <param name="image">The image.</param>
    /// <param name="angle">The angle in degrees.</param>
    /// <param name="interpolation">How pixels come from their neighbours. Nothing is antialiased here.</param>
    /// <param name="expand">Whether the result is so large that all of the image is on it.</param>
    /// <param name="fill">The colour of what lies beyond the image.</param>
    public static DecodedImage Rotate(DecodedImage image, double angle, Interpolation interpolation, bool expand, FillColor fill)
    {
        angle %= 360;
        if (angle < 0) angle += 360;
        if (angle == 0) return image;
        if (angle == 180) return Turned(ImageOrientation.BottomRight);
        if (angle is 90 or 270 && (expand || image.Width == image.Height))
            return Turned(angle == 90 ? ImageOrientation.LeftBottom : ImageOrientation.RightTop);

        var (width, height) = (image.Width, image.Height);
        var (x, y) = (width / 2.0, height / 2.0);
        var (cosine, sine) = (Rounded(Math.Cos(-(angle * Degree))), Rounded(Math.Sin(-(angle * Degree))));
        var opposite = Rounded(-Math.Sin(-(angle * Degree)));
        var map = new Map(cosine, sine, 0, opposite, cosine, 0);
        map = map with { C = map.X(-x, -y) + x, F = map.Y(-x, -y) + y };
        if (expand)
        {
            double[] across = [map.X(0, 0), map.X(width, 0), map.X(width, height), map.X(0, height)];
            double[] down = [map.Y(0, 0), map.Y(width, 0), map.Y(width, height), map.Y(0, height)];
            var (newWidth, newHeight) = (Math.Ceiling(across.Max()) - Math.Floor(across.Min()), Math.Ceiling(down.Max()) - Math.Floor(down.Min()));
            var (left, top) = (-(newWidth - width) / 2, -(newHeight - height) / 2);
            map = map with { C = map.X(left, top), F = map.Y(left, top) };
            (width, height) = ((int)newWidth, (int)newHeight);
        }
        return Transform(image, width, height, map, interpolation, fill);

        DecodedImage Turned(ImageOrientation orientation) => Turning.Apply(image, orientation);

        // Python rounds to the nearest of 15 decimals, which a product with 1e15 does not always.
        static double Rounded(double value) =>
            double.Parse(value.ToString("F15", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
    }

    /// <summary>Turns an image clockwise around its centre, scales, shears and moves it, as torchvision does.</summary>
    /// <param name="image">The image.</param>
    /// <param name="angle">The angle in degrees.</param>
    /// <param name="translate">How far it is moved right and down, in pixels.</param>
    /// <param name="scale">How much larger it becomes.</param>
    /// <param name="shear">How far it leans along each axis, in degrees.</param>
    /// <param name="interpolation">How pixels come from their neighbours. Nothing is antialiased here.</param>
    /// <param name="fill">The colour of what lies beyond the image.</param>
    /// <param name="atCorner">Whether all this is around the top left corner instead of the centre.</param>
    public static DecodedImage Affine(
        DecodedImage image, double angle, (int X, int Y) translate, double scale, (double X, double Y) shear,
        Interpolation interpolation, FillColor fill, bool atCorner = false)
    {
        var (centreX, centreY) = atCorner ? (0, 0) : (image.Width * 0.5, image.Height * 0.5);
        var (turn, leanX, leanY) = (angle * Degree, shear.X * Degree, shear.Y * Degree);
        var a = Math.Cos(turn - leanY) / Math.Cos(leanY);
        var b = (-Math.Cos(turn - leanY) * Math.Tan(leanX) / Math.Cos(leanY)) - Math.Sin(turn);
        var c = Math.Sin(turn - leanY) / Math.Cos(leanY);
        var d = (-Math.Sin(turn - leanY) * Math.Tan(leanX) / Math.Cos(leanY)) + Math.Cos(turn);

        // The inverse, since each pixel of the result is looked up.
        var map = new Map(d / scale, -b / scale, 0, -c / scale, a / scale, 0);
        var (x, y) = (-centreX - translate.X, -centreY - translate.Y);
        map = map with { C = (map.A * x) + (map.B * y) + centreX, F = (map.D * x) + (map.E * y) + centreY };
        return Transform(image, image.Width, image.Height, map, interpolation, fill);
    }

    private static DecodedImage Transform(DecodedImage image, int width, int height, Map map, Interpolation interpolation, FillColor fill)
    {
        var pixels = Allocate(width, height);
        var target = MemoryMarshal.Cast<byte, uint>(pixels.AsSpan());
        target.Fill(fill.Pixel);
        if (interpolation == Interpolation.Nearest) Nearest(image, target, width, height, map);
        else Filter(image, target, width, height, map, interpolation == Interpolation.Bicubic);
        return new DecodedImage(width, height, pixels);
    }

    // PIL has three ways, which differ in how places are summed up and rounded.
    private static void Nearest(DecodedImage image, Span<uint> target, int width, int height, Map map)
    {
        if (map.B == 0 && map.D == 0) Scaled(image, target, width, height, map);
        else if (Fits(0, 0) && Fits(width, height) && Fits(0, height) && Fits(width, 0)) Fixed(image, target, width, height, map);
        else Floating(image, target, width, height, map);

        bool Fits(int x, int y) => Math.Abs(map.X(x, y)) < 32768 && Math.Abs(map.Y(x, y)) < 32768;
    }

    private static void Scaled(DecodedImage image, Span<uint> target, int width, int height, Map map)
    {
        var source = Pixels(image);
        var columns = new int[width];
        var (x, y) = (map.C + (map.A * 0.5), map.F + (map.E * 0.5));
        for (var column = 0; column < width; column++, x += map.A) columns[column] = Place(x);
        for (var row = 0; row < height; row++, y += map.E)
        {
            var from = Place(y);
            if ((uint)from >= (uint)image.Height) continue;

            var line = source.Slice(from * image.Width, image.Width);
            var to = target.Slice(row * width, width);
            for (var column = 0; column < to.Length; column++)
            {
                if ((uint)columns[column] < (uint)line.Length) to[column] = line[columns[column]];
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Fixed(DecodedImage image, Span<uint> target, int width, int height, Map map)
    {
        var source = Pixels(image);
        var (stepX, stepY) = (Fix(map.A), Fix(map.D));
        var (startX, startY) = (Fix(map.C + (map.A * 0.5) + (map.B * 0.5)), Fix(map.F + (map.D * 0.5) + (map.E * 0.5)));
        var (downX, downY) = (Fix(map.B), Fix(map.E));
        var (sourceWidth, sourceHeight) = ((uint)image.Width, (uint)image.Height);
        for (var row = 0; row < height; row++, startX += downX, startY += downY)
        {
            var (x, y) = (startX, startY);
            foreach (ref var pixel in target.Slice(row * width, width))
            {
                var (column, line) = ((uint)(x >> 16), (uint)(y >> 16));
                if (column < sourceWidth && line < sourceHeight) pixel = source[(int)((line * sourceWidth) + column)];
                x += stepX;
                y += stepY;
            }
        }

        static int Fix(double value) => (int)Math.Floor((value * 65536) + 0.5);
    }

    private static void Floating(DecodedImage image, Span<uint> target, int width, int height, Map map)
    {
        var source = Pixels(image);
        var (startX, startY) = (map.C + (map.B * 0.5) + (map.A * 0.5), map.F + (map.E * 0.5) + (map.D * 0.5));
        for (var row = 0; row < height; row++, startX += map.B, startY += map.E)
        {
            var (x, y) = (startX, startY);
            foreach (ref var pixel in target.Slice(row * width, width))
            {
                var (column, line) = (Place(x), Place(y));
                if ((uint)column < (uint)image.Width && (uint)line < (uint)image.Height) pixel = source[(line * image.Width) + column];
                x += map.A;
                y += map.D;
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Filter(DecodedImage image, Span<uint> target, int width, int height, Map map, bool cubic)
    {
        var source = Pixels(image);
        for (var row = 0; row < height; row++)
        {
            var line = target.Slice(row * width, width);
            var (downX, downY) = (map.B * (row + 0.5), map.E * (row + 0.5));
            for (var column = 0; column < line.Length; column++)
            {
                var x = (map.A * (column + 0.5)) + downX + map.C;
                var y = (map.D * (column + 0.5)) + downY + map.F;
                if (!(x >= 0 && x < image.Width && y >= 0 && y < image.Height)) continue;

                line[column] = cubic
                    ? Cubic(source, image.Width, image.Height, x - 0.5, y - 0.5)
                    : Linear(source, image.Width, image.Height, x - 0.5, y - 0.5);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Linear(ReadOnlySpan<uint> source, int width, int height, double x, double y)
    {
        var (left, top) = ((int)Math.Floor(x), (int)Math.Floor(y));
        var (right, above, below) = (Math.Min(left + 1, width - 1), Math.Max(top, 0), top + 1);
        var (dx, dy) = (Vector256.Create(x - left), Vector256.Create(y - top));
        left = Math.Max(left, 0);

        var upper = Between(Channels(source[(above * width) + left]), Channels(source[(above * width) + right]), dx);
        var lower = below < height ? Between(Channels(source[(below * width) + left]), Channels(source[(below * width) + right]), dx) : upper;
        return ToPixel(Between(upper, lower, dy));

        static Vector256<double> Between(Vector256<double> from, Vector256<double> to, Vector256<double> part) => from + ((to - from) * part);
    }

    private static uint Cubic(ReadOnlySpan<uint> source, int width, int height, double x, double y)
    {
        var (left, top) = ((int)Math.Floor(x), (int)Math.Floor(y));
        var (dx, dy) = (Vector256.Create(x - left), Vector256.Create(y - top));
        var (first, second, third, fourth) = (
            Math.Max(left - 1, 0), Math.Max(left, 0), Math.Min(left + 1, width - 1), Math.Min(left + 2, width - 1));

        // A row above the first is the first; below the last one stands what was above.
        var a = Row(source.Slice(Math.Max(top - 1, 0) * width, width));
        var b = top >= 0 ? Row(source.Slice(top * width, width)) : a;
        var c = top + 1 < height ? Row(source.Slice((top + 1) * width, width)) : b;
        var d = top + 2 < height ? Row(source.Slice((top + 2) * width, width)) : c;
        return ToPixel(Vector256.Min(Vector256.Max(Spline(a, b, c, d, dy), Vector256<double>.Zero), Vector256.Create(255.0)));

        Vector256<double> Row(ReadOnlySpan<uint> line) =>
            Spline(Channels(line[first]), Channels(line[second]), Channels(line[third]), Channels(line[fourth]), dx);

        static Vector256<double> Spline(Vector256<double> a, Vector256<double> b, Vector256<double> c, Vector256<double> d, Vector256<double> part)
        {
            var square = ((a - b) * 2) + c - d;
            var cube = b - a - c + d;
            return b + (part * (c - a + (part * (square + (part * cube)))));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> Channels(uint pixel)
    {
        var integers = Vector128.WidenLower(Vector128.WidenLower(Vector128.CreateScalar(pixel).AsByte())).AsInt32();
        return Avx.IsSupported
            ? Avx.ConvertToVector256Double(integers)
            : Vector256.ConvertToDouble(Vector256.Create(Vector128.WidenLower(integers), Vector128.WidenUpper(integers)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint ToPixel(Vector256<double> channels)
    {
        // Exact: integers below 2 to the power of 24.
        return (uint)Vector256.Sum(Vector256.Floor(channels) * Vector256.Create(1.0, 1 << 8, 1 << 16, 0));
    }

    private static int Place(double value) => value < 0 ? -1 : (int)value;

    /// <summary>Where each place of the result comes from: x is A, B and C, y is D, E and F.</summary>
    private readonly record struct Map(double A, double B, double C, double D, double E, double F)
    {
        public double X(double x, double y) => (A * x) + (B * y) + C;

        public double Y(double x, double y) => (D * x) + (E * y) + F;
    }
}
