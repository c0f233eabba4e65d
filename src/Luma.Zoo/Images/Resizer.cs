using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

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

    // How far into an axis nearest neighbours are looked for: where PIL, which has all of it in memory, gave up long before.
    private const long MostSteps = 1 << 28;

    // How many weights, and how many bytes between the two passes, are in memory at a time.
    private const int MostWeights = 1 << 22, MostBetween = 1 << 27;

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
        Segment columns, Segment rows, Interpolation interpolation) =>
        Resize(source, channels, sourceWidth * channels, sourceWidth, sourceHeight, width, height, columns, rows, interpolation);

    /// <summary>Resizes a part of an image, as if it had been cut out before, and cuts a window out of the result.</summary>
    /// <param name="source">The pixels from the part's first to its last, <paramref name="channels"/> bytes each.</param>
    /// <param name="channels">4 or 1.</param>
    /// <param name="sourceStride">The bytes from a row of the part to the next.</param>
    /// <param name="sourceWidth">The part's width.</param>
    /// <param name="sourceHeight">The part's height.</param>
    /// <param name="width">The width to resize to.</param>
    /// <param name="height">The height to resize to.</param>
    /// <param name="columns">The columns of the resized part that are wanted.</param>
    /// <param name="rows">The rows of the resized part that are wanted.</param>
    /// <param name="interpolation">The filter.</param>
    /// <returns>The window's pixels, <paramref name="channels"/> bytes each.</returns>
    /// <exception cref="ImageException">Resized along one axis, the part does not fit an array.</exception>
    public static byte[] Resize(
        ReadOnlySpan<byte> source, int channels, int sourceStride, int sourceWidth, int sourceHeight, long width, long height,
        Segment columns, Segment rows, Interpolation interpolation)
    {
        if (interpolation == Interpolation.Nearest)
        {
            var x = NearestIndices(sourceWidth, width, columns);
            return Gather(source, channels, sourceStride, x, NearestIndices(sourceHeight, height, rows));
        }

        // PIL leaves out the pass along an axis whose size stays.
        var vertical = new Axis(sourceHeight, height, interpolation);
        var (firstRow, lastRow) = height == sourceHeight ? ((int)rows.Start, (int)rows.Start + rows.Length) : vertical.Extent(rows);
        var between = (long)(lastRow - firstRow) * columns.Length * channels;
        if (between > Array.MaxLength)
            throw new ImageException(null, $"{lastRow - firstRow} rows of {sourceWidth} pixels are too long and narrow to resize");
        if (between > MostBetween && rows.Length > 1)
        {
            var half = rows.Length / 2;
            return
            [
                .. Resize(source, channels, sourceStride, sourceWidth, sourceHeight, width, height, columns, rows with { Length = half }, interpolation),
                .. Resize(
                    source, channels, sourceStride, sourceWidth, sourceHeight, width, height, columns,
                    new(rows.Start + half, rows.Length - half), interpolation),
            ];
        }

        var needed = source[(firstRow * sourceStride)..];

        var narrowed = width == sourceWidth
            ? Cut(needed, channels, sourceStride, lastRow - firstRow, columns)
            : Across(needed, channels, sourceStride, lastRow - firstRow, new Axis(sourceWidth, width, interpolation), columns);
        return height == sourceHeight ? narrowed : Down(narrowed, columns.Length * channels, vertical, rows, firstRow);
    }

    // PIL adds the step again and again; multiplying instead would end in another pixel now and then.
    private static int[] NearestIndices(int sourceSize, long size, Segment window)
    {
        if (window.Start > MostSteps) throw new ImageException(null, $"{sourceSize} pixels in a row are too many to resize to {size} by steps");

        var step = (double)sourceSize / size;
        var position = step * 0.5;
        for (var i = 0L; i < window.Start; i++) position += step;

        var indices = new int[window.Length];
        for (var i = 0; i < indices.Length; i++, position += step) indices[i] = Math.Min((int)position, sourceSize - 1);
        return indices;
    }

    private static byte[] Gather(ReadOnlySpan<byte> source, int channels, int sourceStride, int[] columns, int[] rows)
    {
        var result = GC.AllocateUninitializedArray<byte>(columns.Length * rows.Length * channels);
        var at = 0;
        foreach (var row in rows)
        {
            var line = source[(row * sourceStride)..];
            foreach (var column in columns)
            {
                line.Slice(column * channels, channels).CopyTo(result.AsSpan(at));
                at += channels;
            }
        }
        return result;
    }

    private static byte[] Cut(ReadOnlySpan<byte> source, int channels, int sourceStride, int rows, Segment columns)
    {
        var length = columns.Length * channels;
        var result = GC.AllocateUninitializedArray<byte>(rows * length);
        for (int from = (int)columns.Start * channels, to = 0; to < result.Length; from += sourceStride, to += length)
            source.Slice(from, length).CopyTo(result.AsSpan(to));
        return result;
    }

    private static byte[] Across(ReadOnlySpan<byte> source, int channels, int sourceStride, int rows, Axis axis, Segment columns)
    {
        var stride = columns.Length * channels;
        var result = GC.AllocateUninitializedArray<byte>(rows * stride);
        foreach (var (offset, taps) in axis.Weigh(columns))
        {
            var row = 0;
            if (channels == 4)
            {
                for (; row <= rows - 4; row += 4)
                {
                    AcrossFour(
                        source[(row * sourceStride)..], sourceStride / channels, axis.SourceSize,
                        result.AsSpan((row * stride) + (offset * channels)), columns.Length, taps);
                }
            }
            for (; row < rows; row++)
            {
                var line = source.Slice(row * sourceStride, axis.SourceSize * channels);
                var target = result.AsSpan((row * stride) + (offset * channels), taps.Count * channels);
                if (channels == 4) AcrossColour(MemoryMarshal.Cast<byte, uint>(line), MemoryMarshal.Cast<byte, uint>(target), taps);
                else AcrossGrey(line, target, taps);
            }
        }
        return result;
    }

    // Four rows at a time have the same weights. The four channels of a pixel are the four lanes of a vector. Where the inner loops became part
    // of a caller, the compiler ran out of its budget, and what they call was no longer inlined: twice as slow.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void AcrossFour(ReadOnlySpan<byte> source, int sourceStride, int sourceSize, Span<byte> target, int stride, Taps taps)
    {
        var lines = MemoryMarshal.Cast<byte, uint>(source)[..((3 * sourceStride) + sourceSize)];
        var results = MemoryMarshal.Cast<byte, uint>(target)[..((3 * stride) + taps.Count)];
        for (var i = 0; i < taps.Count; i++)
        {
            var weights = taps.Weights(i);
            // All places that are read lie in these lines: asking so for each would take as long as the sums.
            ref var pixel = ref MemoryMarshal.GetReference(lines[taps.Start(i)..]);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(taps.Start(i) + weights.Length, sourceSize);
            var first = Vector128.Create(Half);
            var (second, third, fourth) = (first, first, first);
            foreach (var weight in weights)
            {
                var factor = Vector128.Create(weight);
                first += Widen(pixel) * factor;
                second += Widen(Unsafe.Add(ref pixel, sourceStride)) * factor;
                third += Widen(Unsafe.Add(ref pixel, 2 * sourceStride)) * factor;
                fourth += Widen(Unsafe.Add(ref pixel, 3 * sourceStride)) * factor;
                pixel = ref Unsafe.Add(ref pixel, 1);
            }
            var bytes = Vector128.Narrow(
                Vector128.Narrow(ToBytes(first), ToBytes(second)).AsUInt16(), Vector128.Narrow(ToBytes(third), ToBytes(fourth)).AsUInt16()).AsUInt32();
            results[i] = bytes[0];
            results[i + stride] = bytes[1];
            results[i + (2 * stride)] = bytes[2];
            results[i + (3 * stride)] = bytes[3];
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void AcrossColour(ReadOnlySpan<uint> line, Span<uint> target, Taps taps)
    {
        for (var i = 0; i < target.Length; i++)
        {
            var weights = taps.Weights(i);
            var pixels = line.Slice(taps.Start(i), weights.Length);
            var sum = Vector128.Create(Half);
            for (var tap = 0; tap < pixels.Length; tap++) sum += Widen(pixels[tap]) * weights[tap];
            var bytes = ToBytes(sum);
            target[i] = Vector128.Narrow(Vector128.Narrow(bytes, bytes), default).AsUInt32().ToScalar();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> Widen(uint pixel)
    {
        var bytes = Vector128.CreateScalarUnsafe(pixel).AsByte();
        return Sse41.IsSupported ? Sse41.ConvertToVector128Int32(bytes) : Vector128.WidenLower(Vector128.WidenLower(bytes)).AsInt32();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> ToBytes(Vector128<int> sum) => Vector128.Clamp(sum >> PrecisionBits, Vector128<int>.Zero, Vector128.Create(255));

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

    private static byte[] Down(byte[] source, int stride, Axis axis, Segment rows, int firstRow)
    {
        var result = GC.AllocateUninitializedArray<byte>(rows.Length * stride);
        foreach (var (offset, taps) in axis.Weigh(rows))
        {
            for (var row = 0; row < taps.Count; row++)
            {
                var weights = taps.Weights(row);
                var lines = source.AsSpan((taps.Start(row) - firstRow) * stride, weights.Length * stride);
                DownRow(lines, weights, result.AsSpan((offset + row) * stride, stride));
            }
        }
        return result;
    }

    // The weighted sum of lines, a piece of all of them after the other.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void DownRow(ReadOnlySpan<byte> lines, ReadOnlySpan<int> weights, Span<byte> target)
    {
        var i = 0;
        for (; i <= target.Length - Vector256<byte>.Count; i += Vector256<byte>.Count)
        {
            var first = Vector256.Create(Half);
            var (second, third, fourth) = (first, first, first);
            var place = i;
            foreach (var weight in weights)
            {
                var factor = Vector256.Create(weight);
                var (low, high) = Vector256.Widen(Vector256.Create(lines.Slice(place, Vector256<byte>.Count)));
                var (a, b) = Vector256.Widen(low);
                var (c, d) = Vector256.Widen(high);
                first += a.AsInt32() * factor;
                second += b.AsInt32() * factor;
                third += c.AsInt32() * factor;
                fourth += d.AsInt32() * factor;
                place += target.Length;
            }
            Vector256.Narrow(
                Vector256.Narrow(ToBytes(first), ToBytes(second)).AsUInt16(),
                Vector256.Narrow(ToBytes(third), ToBytes(fourth)).AsUInt16()).CopyTo(target[i..]);
        }
        for (; i < target.Length; i++)
        {
            var sum = Half;
            for (var tap = 0; tap < weights.Length; tap++) sum += lines[(tap * target.Length) + i] * weights[tap];
            target[i] = ToByte(sum);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> ToBytes(Vector256<int> sum) => Vector256.Clamp(sum >> PrecisionBits, Vector256<int>.Zero, Vector256.Create(255));

    private static byte ToByte(int sum) => (byte)Math.Clamp(sum >> PrecisionBits, 0, 255);

    /// <summary>How one axis is resized.</summary>
    private readonly record struct Axis(int SourceSize, long Size, Interpolation Interpolation)
    {
        /// <summary>The weights of a window, in pieces that are small however long the axis is, each with its place in the window.</summary>
        public IEnumerable<(int Offset, Taps Taps)> Weigh(Segment window)
        {
            var piece = Math.Max(1, MostWeights / Taps.Stride(SourceSize, Size, Interpolation));
            for (var offset = 0; offset < window.Length; offset += piece)
            {
                var part = new Segment(window.Start + offset, Math.Min(piece, window.Length - offset));
                yield return (offset, Taps.Create(SourceSize, Size, part, Interpolation));
            }
        }

        /// <summary>The first pixel that any of a window comes from, and the one after the last.</summary>
        public (int First, int End) Extent(Segment window)
        {
            var first = Taps.Create(SourceSize, Size, window with { Length = 1 }, Interpolation);
            var last = Taps.Create(SourceSize, Size, new Segment(window.Start + window.Length - 1, 1), Interpolation);
            return (first.Start(0), last.Start(0) + last.Weights(0).Length);
        }
    }

    /// <summary>For every pixel along an axis of the window, which of the original's pixels it comes from, and their weights.</summary>
    private sealed class Taps
    {
        private readonly int[] starts, counts, weights;
        private readonly int stride;

        private Taps(int count, int stride) =>
            (starts, counts, weights, this.stride) = (new int[count], new int[count], new int[count * stride], stride);

        public int Count => starts.Length;

        /// <summary>The most pixels that one comes from.</summary>
        public static int Stride(int sourceSize, long size, Interpolation interpolation) =>
            Math.Min(((int)Math.Ceiling(Support(sourceSize, size, interpolation)) * 2) + 1, sourceSize);

        public static Taps Create(int sourceSize, long size, Segment window, Interpolation interpolation)
        {
            var scale = (double)sourceSize / size;
            var stretch = Math.Max(scale, 1);
            var support = Support(sourceSize, size, interpolation);

            var taps = new Taps(window.Length, Stride(sourceSize, size, interpolation));
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

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public ReadOnlySpan<int> Weights(int index) => weights.AsSpan(index * stride, counts[index]);

        private static double Support(int sourceSize, long size, Interpolation interpolation) =>
            (interpolation == Interpolation.Bicubic ? 2 : 1) * Math.Max((double)sourceSize / size, 1);

        private static double Cubic(double distance) => distance switch
        {
            < 1 => (((1.5 * distance) - 2.5) * distance * distance) + 1,
            < 2 => ((((distance - 5) * distance) + 8) * distance - 4) * -0.5,
            _ => 0,
        };
    }
}
