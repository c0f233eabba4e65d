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
        Segment columns, Segment rows, Interpolation interpolation) => Resize(
            new Rows(source, channels, sourceStride, new(0, 0, sourceWidth, sourceHeight)), sourceWidth, sourceHeight, width, height, columns, rows, interpolation);

    /// <summary>Resizes an image of which only an area is there, and cuts a window out of the result.</summary>
    /// <param name="source">The pixels of the area.</param>
    /// <param name="channels">4 or 1.</param>
    /// <param name="area">The area; what <see cref="Extent"/> gives for both axes must be in it.</param>
    /// <param name="sourceWidth">The whole image's width.</param>
    /// <param name="sourceHeight">The whole image's height.</param>
    /// <param name="width">The width to resize to.</param>
    /// <param name="height">The height to resize to.</param>
    /// <param name="columns">The columns of the resized image that are wanted.</param>
    /// <param name="rows">The rows of the resized image that are wanted.</param>
    /// <param name="interpolation">The filter.</param>
    /// <returns>The window's pixels.</returns>
    /// <exception cref="ImageException">Resized along one axis, the image does not fit an array.</exception>
    public static byte[] Resize(
        ReadOnlySpan<byte> source, int channels, PixelArea area, int sourceWidth, int sourceHeight, long width, long height,
        Segment columns, Segment rows, Interpolation interpolation) =>
        Resize(new Rows(source, channels, area.Width * channels, area), sourceWidth, sourceHeight, width, height, columns, rows, interpolation);

    /// <summary>What is needed of an axis.</summary>
    /// <param name="sourceSize">Its size.</param>
    /// <param name="size">The size to resize to.</param>
    /// <param name="window">What of the result is wanted.</param>
    /// <param name="interpolation">The filter.</param>
    /// <returns>The first pixel, and the one after the last.</returns>
    public static (int First, int End) Extent(int sourceSize, long size, Segment window, Interpolation interpolation)
    {
        if (interpolation == Interpolation.Nearest)
        {
            var indices = NearestIndices(sourceSize, size, window);
            return (indices[0], indices[^1] + 1);
        }
        return size == sourceSize ? ((int)window.Start, (int)window.Start + window.Length) : new Axis(sourceSize, size, interpolation).Extent(window);
    }

    private static byte[] Resize(
        Rows source, int sourceWidth, int sourceHeight, long width, long height, Segment columns, Segment rows, Interpolation interpolation)
    {
        if (interpolation == Interpolation.Nearest)
        {
            var x = NearestIndices(sourceWidth, width, columns);
            return Gather(source, x, NearestIndices(sourceHeight, height, rows));
        }

        // PIL leaves out the pass along an axis whose size stays.
        var vertical = new Axis(sourceHeight, height, interpolation);
        var (firstRow, endRow) = Extent(sourceHeight, height, rows, interpolation);
        var between = (long)(endRow - firstRow) * columns.Length * source.Channels;
        if (between > Array.MaxLength)
            throw new ImageException(null, $"{endRow - firstRow} rows of {sourceWidth} pixels are too long and narrow to resize");
        if (between > MostBetween && rows.Length > 1)
        {
            var half = rows.Length / 2;
            return
            [
                .. Resize(source, sourceWidth, sourceHeight, width, height, columns, rows with { Length = half }, interpolation),
                .. Resize(source, sourceWidth, sourceHeight, width, height, columns, new(rows.Start + half, rows.Length - half), interpolation),
            ];
        }

        var needed = new Segment(firstRow, endRow - firstRow);
        var narrowed = width == sourceWidth ? Cut(source, needed, columns) : Across(source, needed, new Axis(sourceWidth, width, interpolation), columns);
        return height == sourceHeight ? narrowed : Down(narrowed, columns.Length * source.Channels, vertical, rows, firstRow);
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

    private static byte[] Gather(Rows source, int[] columns, int[] rows)
    {
        var channels = source.Channels;
        var result = GC.AllocateUninitializedArray<byte>(columns.Length * rows.Length * channels);
        var at = 0;
        foreach (var row in rows)
        {
            var line = source.Row(row);
            foreach (var column in columns)
            {
                line.Slice((column - source.Left) * channels, channels).CopyTo(result.AsSpan(at));
                at += channels;
            }
        }
        return result;
    }

    private static byte[] Cut(Rows source, Segment rows, Segment columns)
    {
        var length = columns.Length * source.Channels;
        var result = GC.AllocateUninitializedArray<byte>(rows.Length * length);
        for (var row = 0; row < rows.Length; row++)
            source.Row((int)rows.Start + row).Slice(((int)columns.Start - source.Left) * source.Channels, length).CopyTo(result.AsSpan(row * length));
        return result;
    }

    private static byte[] Across(Rows source, Segment rows, Axis axis, Segment columns)
    {
        var stride = columns.Length * source.Channels;
        var result = GC.AllocateUninitializedArray<byte>(rows.Length * stride);
        foreach (var (offset, taps) in axis.Weigh(columns))
        {
            if (source.Channels == 4)
            {
                AcrossColour(source, rows, MemoryMarshal.Cast<byte, uint>(result.AsSpan())[offset..], columns.Length, taps);
                continue;
            }
            for (var row = 0; row < rows.Length; row++)
                AcrossGrey(source.Row((int)rows.Start + row), source.Left, result.AsSpan((row * stride) + offset, taps.Count), taps);
        }
        return result;
    }

    // Four rows at a time share their weights.
    private static void AcrossColour(Rows source, Segment rows, Span<uint> target, int stride, Taps taps)
    {
        const int together = 4;
        var row = 0;
        for (; Vector256.IsHardwareAccelerated && row <= rows.Length - together; row += together)
        {
            var first = source.Pixels(rows.Start + row);
            var second = source.Pixels(rows.Start + row + 1);
            var third = source.Pixels(rows.Start + row + 2);
            var fourth = source.Pixels(rows.Start + row + 3);
            var to = target[(row * stride)..];
            for (var i = 0; i < taps.Count; i++)
            {
                var start = taps.Start(i) - source.Left;
                var weights = taps.PaddedWeights(i);
                // Behind the weights there are zeros, which any pixels may be multiplied by, if there are pixels.
                if (start + weights.Length > first.Length)
                {
                    weights = taps.Weights(i);
                    to[i] = Sum(first[start..], weights);
                    to[i + stride] = Sum(second[start..], weights);
                    to[i + (2 * stride)] = Sum(third[start..], weights);
                    to[i + (3 * stride)] = Sum(fourth[start..], weights);
                    continue;
                }

                // The four channels of a pixel are four lanes. Sums of integers are the same in any order.
                var half = Vector256.Create(Vector128.Create(Half), default);
                var (a, b, c, d) = (half, half, half, half);
                for (var tap = 0; tap < weights.Length; tap += Taps.Padding, start += Taps.Padding)
                {
                    var four = weights.Slice(tap, Taps.Padding);
                    var low = Vector256.Create(Vector128.Create(four[0]), Vector128.Create(four[1]));
                    var high = Vector256.Create(Vector128.Create(four[2]), Vector128.Create(four[3]));
                    a = AddProducts(a, first, start, low, high);
                    b = AddProducts(b, second, start, low, high);
                    c = AddProducts(c, third, start, low, high);
                    d = AddProducts(d, fourth, start, low, high);
                }
                to[i] = Pack(a.GetLower() + a.GetUpper());
                to[i + stride] = Pack(b.GetLower() + b.GetUpper());
                to[i + (2 * stride)] = Pack(c.GetLower() + c.GetUpper());
                to[i + (3 * stride)] = Pack(d.GetLower() + d.GetUpper());
            }
        }
        for (; row < rows.Length; row++)
        {
            var line = source.Pixels(rows.Start + row);
            for (var i = 0; i < taps.Count; i++) target[(row * stride) + i] = Sum(line[(taps.Start(i) - source.Left)..], taps.Weights(i));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> AddProducts(Vector256<int> sums, ReadOnlySpan<uint> line, int at, Vector256<int> low, Vector256<int> high)
    {
        var bytes = Vector128.Create(line.Slice(at, Taps.Padding)).AsByte();
        var (first, second) = Avx2.IsSupported
            ? (Avx2.ConvertToVector256Int32(bytes), Avx2.ConvertToVector256Int32(Vector128.Shuffle(bytes.AsUInt64(), Vector128.Create(1ul, 1ul)).AsByte()))
            : Widen(Vector256.WidenLower(bytes.ToVector256()));
        return sums + (first * low) + (second * high);

        static (Vector256<int>, Vector256<int>) Widen(Vector256<ushort> words)
        {
            var (lower, upper) = Vector256.Widen(words);
            return (lower.AsInt32(), upper.AsInt32());
        }
    }

    private static uint Sum(ReadOnlySpan<uint> pixels, ReadOnlySpan<int> weights)
    {
        var sum = Vector128.Create(Half);
        for (var tap = 0; tap < weights.Length; tap++)
            sum += Vector128.WidenLower(Vector128.WidenLower(Vector128.CreateScalar(pixels[tap]).AsByte())).AsInt32() * weights[tap];
        return Pack(sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Pack(Vector128<int> sums)
    {
        var levels = sums >> PrecisionBits;
        if (Sse41.IsSupported) return Sse2.PackUnsignedSaturate(Sse41.PackUnsignedSaturate(levels, levels).AsInt16(), default).AsUInt32().ToScalar();

        var bytes = Vector128.Clamp(levels, Vector128<int>.Zero, Vector128.Create(255));
        return Vector128.Narrow(Vector128.Narrow(bytes, bytes), default).AsUInt32().ToScalar();
    }

    private static void AcrossGrey(ReadOnlySpan<byte> line, int left, Span<byte> target, Taps taps)
    {
        for (var i = 0; i < target.Length; i++)
        {
            var weights = taps.Weights(i);
            var pixels = line.Slice(taps.Start(i) - left, weights.Length);
            var (sum, tap) = (Half, 0);
            if (pixels.Length >= Vector256<int>.Count)
            {
                var sums = Vector256<int>.Zero;
                for (; tap <= pixels.Length - Vector256<int>.Count; tap += Vector256<int>.Count)
                {
                    var bytes = Vector128.CreateScalar(MemoryMarshal.Read<ulong>(pixels[tap..])).AsByte();
                    sums += Vector256.WidenLower(Vector256.WidenLower(bytes.ToVector256())).AsInt32() * Vector256.Create(weights[tap..]);
                }
                sum += Vector256.Sum(sums);
            }
            for (; tap < pixels.Length; tap++) sum += pixels[tap] * weights[tap];
            target[i] = ToByte(sum);
        }
    }

    // A row of the result in pieces of one vector of bytes, whose sums stay in registers.
    private static byte[] Down(byte[] source, int stride, Axis axis, Segment rows, int firstRow)
    {
        var result = GC.AllocateUninitializedArray<byte>(rows.Length * stride);
        foreach (var (offset, taps) in axis.Weigh(rows))
        {
            for (var row = 0; row < taps.Count; row++)
            {
                var weights = taps.Weights(row);
                var lines = source.AsSpan((taps.Start(row) - firstRow) * stride, weights.Length * stride);
                var target = result.AsSpan((offset + row) * stride, stride);
                var column = 0;
                for (; column <= stride - Vector128<byte>.Count; column += Vector128<byte>.Count)
                {
                    var (first, second) = (Vector256.Create(Half), Vector256.Create(Half));
                    for (int tap = 0, at = column; tap < weights.Length; tap++, at += stride)
                    {
                        var (low, high) = Vector256.Widen(Vector256.WidenLower(Vector128.Create(lines[at..]).ToVector256()));
                        first += low.AsInt32() * weights[tap];
                        second += high.AsInt32() * weights[tap];
                    }
                    var words = Vector256.Narrow(Clip(first >> PrecisionBits), Clip(second >> PrecisionBits)).AsUInt16();
                    Vector128.Narrow(words.GetLower(), words.GetUpper()).CopyTo(target[column..]);
                }
                for (; column < stride; column++)
                {
                    var sum = Half;
                    for (int tap = 0, at = column; tap < weights.Length; tap++, at += stride) sum += lines[at] * weights[tap];
                    target[column] = ToByte(sum);
                }
            }
        }
        return result;

        static Vector256<int> Clip(Vector256<int> levels) => Vector256.Clamp(levels, Vector256<int>.Zero, Vector256.Create(255));
    }

    private static byte ToByte(int sum) => (byte)Math.Clamp(sum >> PrecisionBits, 0, 255);

    /// <summary>The rows of an area of an image.</summary>
    private readonly ref struct Rows(ReadOnlySpan<byte> source, int channels, int stride, PixelArea area)
    {
        private readonly ReadOnlySpan<byte> source = source;

        public int Channels => channels;

        /// <summary>The column of the image that rows begin with.</summary>
        public int Left => area.Left;

        /// <summary>What is there of a row of the image.</summary>
        public ReadOnlySpan<byte> Row(int row) => source.Slice((row - area.Top) * stride, area.Width * channels);

        /// <summary>The same as pixels of four channels.</summary>
        public ReadOnlySpan<uint> Pixels(long row) => MemoryMarshal.Cast<byte, uint>(Row((int)row));
    }

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
        /// <summary>A number of weights is filled up to a multiple of this with zeros.</summary>
        public const int Padding = 4;

        private readonly int[] starts, counts, weights;
        private readonly int stride;

        private Taps(int count, int stride) =>
            (starts, counts, weights, this.stride) = (new int[count], new int[count], new int[count * stride], stride);

        public int Count => starts.Length;

        /// <summary>The most pixels that one comes from.</summary>
        public static int Stride(int sourceSize, long size, Interpolation interpolation) =>
            (Math.Min(((int)Math.Ceiling(Support(sourceSize, size, interpolation)) * 2) + 1, sourceSize) + Padding - 1) / Padding * Padding;

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

        public ReadOnlySpan<int> Weights(int index) => weights.AsSpan(index * stride, counts[index]);

        public ReadOnlySpan<int> PaddedWeights(int index) => weights.AsSpan(index * stride, (counts[index] + Padding - 1) / Padding * Padding);

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
