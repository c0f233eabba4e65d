using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Luma.Zoo.Images;

/// <summary>A part of an axis: <c>[Start, Start + Length)</c>.</summary>
internal readonly record struct Segment(long Start, int Length);

/// <summary>
/// Resizes as PIL does, to the bit: one pass per axis, each a sum of bytes times weights of 22 fractional bits, rounded to a byte.
/// Only the asked-for window of the resized image is computed.
/// </summary>
internal static class Resizer
{
    private const int PrecisionBits = 22;
    private const int Half = 1 << (PrecisionBits - 1);

    /// <summary>Resizes an image and cuts a window out of the result.</summary>
    /// <param name="source">The pixels, <paramref name="channels"/> bytes each.</param>
    /// <param name="channels">4 or 1.</param>
    /// <param name="sourceWidth">The image's width.</param>
    /// <param name="sourceHeight">The image's height.</param>
    /// <param name="width">The width to resize to.</param>
    /// <param name="height">The height to resize to.</param>
    /// <param name="columns">The columns of the resized image that are wanted.</param>
    /// <param name="rows">The rows of the resized image that are wanted.</param>
    /// <param name="interpolation">The filter.</param>
    /// <returns>The window's pixels, <paramref name="channels"/> bytes each.</returns>
    /// <exception cref="ImageException">Resized along one axis, the image does not fit an array.</exception>
    public static byte[] Resize(
        ReadOnlySpan<byte> source, int channels, int sourceWidth, int sourceHeight, long width, long height,
        Segment columns, Segment rows, Interpolation interpolation)
    {
        if (interpolation == Interpolation.Nearest)
        {
            var x = NearestIndices(sourceWidth, width, columns);
            return Gather(source, channels, sourceWidth, x, NearestIndices(sourceHeight, height, rows));
        }

        // PIL leaves out the pass along an axis whose size stays.
        var down = height == sourceHeight ? null : Taps.Create(sourceHeight, height, rows, interpolation);
        var (firstRow, lastRow) = down is null ? ((int)rows.Start, (int)rows.Start + rows.Length) : down.Extent;
        var needed = source[(firstRow * sourceWidth * channels)..(lastRow * sourceWidth * channels)];

        var narrowed = width == sourceWidth
            ? Cut(needed, channels, sourceWidth, columns)
            : Across(needed, channels, sourceWidth, Taps.Create(sourceWidth, width, columns, interpolation));
        return down is null ? narrowed : Down(narrowed, columns.Length * channels, down, firstRow);
    }

    // PIL adds the step again and again; multiplying instead would end in another pixel now and then.
    private static int[] NearestIndices(int sourceSize, long size, Segment window)
    {
        var step = (double)sourceSize / size;
        var position = step * 0.5;
        for (var i = 0L; i < window.Start; i++) position += step;

        var indices = new int[window.Length];
        for (var i = 0; i < indices.Length; i++, position += step) indices[i] = Math.Min((int)position, sourceSize - 1);
        return indices;
    }

    private static byte[] Gather(ReadOnlySpan<byte> source, int channels, int sourceWidth, int[] columns, int[] rows)
    {
        var result = GC.AllocateUninitializedArray<byte>(columns.Length * rows.Length * channels);
        var at = 0;
        foreach (var row in rows)
        {
            var line = source.Slice(row * sourceWidth * channels, sourceWidth * channels);
            foreach (var column in columns)
            {
                line.Slice(column * channels, channels).CopyTo(result.AsSpan(at));
                at += channels;
            }
        }
        return result;
    }

    private static byte[] Cut(ReadOnlySpan<byte> source, int channels, int sourceWidth, Segment columns)
    {
        var (stride, length) = (sourceWidth * channels, columns.Length * channels);
        var result = GC.AllocateUninitializedArray<byte>(source.Length / stride * length);
        for (int from = (int)columns.Start * channels, to = 0; to < result.Length; from += stride, to += length)
            source.Slice(from, length).CopyTo(result.AsSpan(to));
        return result;
    }

    private static byte[] Across(ReadOnlySpan<byte> source, int channels, int sourceWidth, Taps taps)
    {
        var rows = source.Length / (sourceWidth * channels);
        if ((long)rows * taps.Count * channels > Array.MaxLength)
            throw new ImageException(null, $"{rows} rows of {sourceWidth} pixels are too long and narrow to resize");

        var result = GC.AllocateUninitializedArray<byte>(rows * taps.Count * channels);
        for (var row = 0; row < rows; row++)
        {
            var line = source.Slice(row * sourceWidth * channels, sourceWidth * channels);
            var target = result.AsSpan(row * taps.Count * channels, taps.Count * channels);
            if (channels == 4) AcrossColour(MemoryMarshal.Cast<byte, uint>(line), MemoryMarshal.Cast<byte, uint>(target), taps);
            else AcrossGrey(line, target, taps);
        }
        return result;
    }

    // The four channels of a pixel are the four lanes of a vector.
    private static void AcrossColour(ReadOnlySpan<uint> line, Span<uint> target, Taps taps)
    {
        for (var i = 0; i < target.Length; i++)
        {
            var weights = taps.Weights(i);
            var pixels = line.Slice(taps.Start(i), weights.Length);
            var sum = Vector128.Create(Half);
            for (var tap = 0; tap < pixels.Length; tap++)
            {
                var pixel = Vector128.WidenLower(Vector128.WidenLower(Vector128.CreateScalar(pixels[tap]).AsByte())).AsInt32();
                sum += pixel * weights[tap];
            }
            var bytes = Vector128.Clamp(sum >> PrecisionBits, Vector128<int>.Zero, Vector128.Create(255));
            target[i] = Vector128.Narrow(Vector128.Narrow(bytes, bytes), default).AsUInt32().ToScalar();
        }
    }

    private static void AcrossGrey(ReadOnlySpan<byte> line, Span<byte> target, Taps taps)
    {
        for (var i = 0; i < target.Length; i++)
        {
            var weights = taps.Weights(i);
            var pixels = line.Slice(taps.Start(i), weights.Length);
            var sum = Half;
            for (var tap = 0; tap < pixels.Length; tap++) sum += pixels[tap] * weights[tap];
            target[i] = ToByte(sum);
        }
    }

    private static byte[] Down(byte[] source, int stride, Taps taps, int firstRow)
    {
        var result = GC.AllocateUninitializedArray<byte>(taps.Count * stride);
        var sums = new int[stride];
        for (var row = 0; row < taps.Count; row++)
        {
            var weights = taps.Weights(row);
            Array.Fill(sums, Half);
            for (var tap = 0; tap < weights.Length; tap++)
                AddProduct(source.AsSpan((taps.Start(row) - firstRow + tap) * stride, stride), weights[tap], sums);

            var target = result.AsSpan(row * stride, stride);
            for (var i = 0; i < stride; i++) target[i] = ToByte(sums[i]);
        }
        return result;
    }

    private static void AddProduct(ReadOnlySpan<byte> line, int weight, Span<int> sums)
    {
        var i = 0;
        for (; i <= line.Length - Vector<byte>.Count; i += Vector<byte>.Count)
        {
            Vector.Widen(new Vector<byte>(line[i..]), out var low, out var high);
            Vector.Widen(low, out var first, out var second);
            Vector.Widen(high, out var third, out var fourth);
            Add(Vector.AsVectorInt32(first), sums[i..]);
            Add(Vector.AsVectorInt32(second), sums[(i + Vector<int>.Count)..]);
            Add(Vector.AsVectorInt32(third), sums[(i + (2 * Vector<int>.Count))..]);
            Add(Vector.AsVectorInt32(fourth), sums[(i + (3 * Vector<int>.Count))..]);
        }
        for (; i < line.Length; i++) sums[i] += line[i] * weight;

        void Add(Vector<int> values, Span<int> target) => (new Vector<int>(target) + (values * weight)).CopyTo(target);
    }

    private static byte ToByte(int sum) => (byte)Math.Clamp(sum >> PrecisionBits, 0, 255);

    /// <summary>For every pixel along an axis of the window, which of the original's pixels it comes from, and their weights.</summary>
    private sealed class Taps
    {
        private readonly int[] starts, counts, weights;
        private readonly int stride;

        private Taps(int count, int stride) =>
            (starts, counts, weights, this.stride) = (new int[count], new int[count], new int[count * stride], stride);

        public int Count => starts.Length;

        /// <summary>The first pixel that any comes from, and the one after the last.</summary>
        public (int First, int End) Extent => (starts[0], starts[^1] + counts[^1]);

        public static Taps Create(int sourceSize, long size, Segment window, Interpolation interpolation)
        {
            var scale = (double)sourceSize / size;
            var stretch = Math.Max(scale, 1);
            var support = (interpolation == Interpolation.Bicubic ? 2 : 1) * stretch;

            var taps = new Taps(window.Length, Math.Min(((int)Math.Ceiling(support) * 2) + 1, sourceSize));
            var exact = new double[taps.stride];
            for (var i = 0; i < window.Length; i++)
            {
                var centre = (window.Start + i + 0.5) * scale;
                var start = Math.Max((int)(centre - support + 0.5), 0);
                var count = Math.Min((int)(centre + support + 0.5), sourceSize) - start;

                var sum = 0.0;
                for (var tap = 0; tap < count; tap++)
                {
                    var distance = Math.Abs((tap + start - centre + 0.5) * (1 / stretch));
                    exact[tap] = interpolation == Interpolation.Bicubic ? Cubic(distance) : Math.Max(1 - distance, 0);
                    sum += exact[tap];
                }

                (taps.starts[i], taps.counts[i]) = (start, count);
                for (var tap = 0; tap < count; tap++)
                {
                    var weight = sum == 0 ? exact[tap] : exact[tap] / sum;
                    taps.weights[(i * taps.stride) + tap] = (int)((weight * (1 << PrecisionBits)) + (weight < 0 ? -0.5 : 0.5));
                }
            }
            return taps;
        }

        public int Start(int index) => starts[index];

        public ReadOnlySpan<int> Weights(int index) => weights.AsSpan(index * stride, counts[index]);

        private static double Cubic(double distance) => distance switch
        {
            < 1 => (((1.5 * distance) - 2.5) * distance * distance) + 1,
            < 2 => ((((distance - 5) * distance) + 8) * distance - 4) * -0.5,
            _ => 0,
        };
    }
}
