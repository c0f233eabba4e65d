using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Luma.Zoo.Images.Jpeg;

/// <summary>Makes rows of pixels of the channels: brings colours to full size as libjpeg's "fancy" upsampling does, and turns them into red, green and blue.</summary>
internal sealed class JpegRows
{
    // More than is used, so that whole vectors can be read and written.
    private const int Margin = 64;

    private readonly PixelArea area;
    private readonly JpegPlane[] planes;
    private readonly byte[] blue, red;
    private readonly ushort[] sums;
    private int next;

    /// <summary>Prepares for an area.</summary>
    public JpegRows(PixelArea area, JpegPlane[] planes)
    {
        (this.area, this.planes, next) = (area, planes, area.Top);
        var scaled = planes.Length == 3 && planes[1].Across == 2;
        (blue, red) = scaled ? (new byte[area.Width + Margin], new byte[area.Width + Margin]) : ([], []);
        sums = scaled ? new ushort[(area.Width / 2) + Margin] : [];
    }

    /// <summary>Writes the rows that can be made.</summary>
    /// <param name="decoded">How many rows are there.</param>
    /// <param name="last">Whether there are no more.</param>
    /// <param name="pixels">The pixels of the whole area.</param>
    public void Write(int decoded, bool last, Span<byte> pixels)
    {
        // Where colours have half the height, the last row needs the next one's.
        var ready = last || planes.Length == 1 || planes[1].Down == 1 ? decoded : decoded - 1;
        var end = Math.Min(ready, area.Top + area.Height);
        var target = MemoryMarshal.Cast<byte, uint>(pixels);
        for (; next < end; next++) WriteRow(next, target.Slice((next - area.Top) * area.Width, area.Width));
    }

    private void WriteRow(int row, Span<uint> target)
    {
        var light = planes[0].Row(row)[(area.Left - planes[0].Left)..];
        if (planes.Length == 1) Grey(light, target);
        else Colour(light, Upsample(planes[1], row, blue), Upsample(planes[2], row, red), target);
    }

    // What is read may go on behind the target's end: levels of the last block, or the margin.
    private ReadOnlySpan<byte> Upsample(JpegPlane plane, int row, byte[] line)
    {
        if (plane.Across == 1) return plane.Row(row)[(area.Left - plane.Left)..];

        // From one level before the area to one behind it; at the sides of the image the outermost is there twice.
        var first = (area.Left / 2) - 1;
        var count = ((area.Left + area.Width - 1) / 2) - first + 2;
        var near = plane.Row(row / plane.Down);
        var far = plane.Down == 1 ? default : plane.Row((row / 2) + ((row & 1) == 0 ? -1 : 1));
        var (from, to) = (Math.Max(first, 0), Math.Min(first + count, plane.Width));
        var inside = sums.AsSpan(from - first, to - from);
        near = near.Slice(from - plane.Left, inside.Length);
        if (plane.Down == 1) Widen(near, inside);
        else Add(near, far.Slice(from - plane.Left, inside.Length), inside);
        if (first < 0) sums[0] = sums[1];
        if (to < first + count) sums[count - 1] = sums[count - 2];

        Interpolate(sums.AsSpan(0, count), line, plane.Down == 1 ? (1, 2, 2) : (8, 7, 4));
        return line.AsSpan(area.Left & 1);
    }

    private static void Widen(ReadOnlySpan<byte> levels, Span<ushort> sums)
    {
        var i = 0;
        for (; i <= levels.Length - Vector128<byte>.Count; i += Vector128<byte>.Count)
        {
            var (lower, upper) = Vector128.Widen(Vector128.Create(levels[i..]));
            lower.CopyTo(sums[i..]);
            upper.CopyTo(sums[(i + Vector128<ushort>.Count)..]);
        }
        for (; i < levels.Length; i++) sums[i] = levels[i];
    }

    private static void Add(ReadOnlySpan<byte> near, ReadOnlySpan<byte> far, Span<ushort> sums)
    {
        var i = 0;
        for (; i <= near.Length - Vector128<byte>.Count; i += Vector128<byte>.Count)
        {
            var (nearLower, nearUpper) = Vector128.Widen(Vector128.Create(near[i..]));
            var (farLower, farUpper) = Vector128.Widen(Vector128.Create(far[i..]));
            ((nearLower * 3) + farLower).CopyTo(sums[i..]);
            ((nearUpper * 3) + farUpper).CopyTo(sums[(i + Vector128<ushort>.Count)..]);
        }
        for (; i < near.Length; i++) sums[i] = (ushort)((3 * near[i]) + far[i]);
    }

    // Each level but the outer two becomes two: three parts of it and one of its neighbour's.
    private static void Interpolate(ReadOnlySpan<ushort> sums, Span<byte> line, (int Even, int Odd, int Shift) round)
    {
        var pairs = MemoryMarshal.Cast<byte, ushort>(line);
        var (even, odd) = (Vector256.Create((ushort)round.Even), Vector256.Create((ushort)round.Odd));
        var i = 0;
        for (; i <= sums.Length - 2 - Vector256<ushort>.Count; i += Vector256<ushort>.Count)
        {
            var own = Vector256.Create(sums[(i + 1)..]) * 3;
            var left = (own + Vector256.Create(sums[i..]) + even) >> round.Shift;
            var right = (own + Vector256.Create(sums[(i + 2)..]) + odd) >> round.Shift;
            (left | (right << 8)).CopyTo(pairs[i..]);
        }
        for (; i < sums.Length - 2; i++)
        {
            var own = sums[i + 1] * 3;
            pairs[i] = (ushort)(((own + sums[i] + round.Even) >> round.Shift) | (((own + sums[i + 2] + round.Odd) >> round.Shift) << 8));
        }
    }

    private static void Grey(ReadOnlySpan<byte> light, Span<uint> target)
    {
        for (var i = 0; i < target.Length; i++) target[i] = (light[i] * 0x010101u) | 0xFF000000;
    }

    // The factors of ITU-R BT.601 with 16 fractional bits.
    private static void Colour(ReadOnlySpan<byte> light, ReadOnlySpan<byte> blue, ReadOnlySpan<byte> red, Span<uint> target)
    {
        const int redOfRed = 91881, greenOfBlue = -22554, greenOfRed = -46802, blueOfBlue = 116130, half = 1 << 15;
        var (round, middle) = (Vector256.Create(half), Vector256.Create(128));
        var i = 0;
        for (; i <= target.Length - Vector256<int>.Count; i += Vector256<int>.Count)
        {
            var (y, cb, cr) = (Load(light, i), Load(blue, i) - middle, Load(red, i) - middle);
            var r = Clip(y + (((cr * redOfRed) + round) >> 16));
            var g = Clip(y + (((cb * greenOfBlue) + (cr * greenOfRed) + round) >> 16));
            var b = Clip(y + (((cb * blueOfBlue) + round) >> 16));
            (r | (g << 8) | (b << 16) | Vector256.Create(0xFF000000u).AsInt32()).AsUInt32().CopyTo(target[i..]);
        }
        for (; i < target.Length; i++)
        {
            var (y, cb, cr) = (light[i], blue[i] - 128, red[i] - 128);
            var r = Math.Clamp(y + (((cr * redOfRed) + half) >> 16), 0, 255);
            var g = Math.Clamp(y + (((cb * greenOfBlue) + (cr * greenOfRed) + half) >> 16), 0, 255);
            var b = Math.Clamp(y + (((cb * blueOfBlue) + half) >> 16), 0, 255);
            target[i] = (uint)(r | (g << 8) | (b << 16)) | 0xFF000000;
        }

        static Vector256<int> Load(ReadOnlySpan<byte> levels, int at) =>
            Vector256.WidenLower(Vector256.WidenLower(Vector128.Create(MemoryMarshal.Read<ulong>(levels[at..]), 0).AsByte().ToVector256())).AsInt32();

        static Vector256<int> Clip(Vector256<int> levels) => Vector256.Clamp(levels, Vector256<int>.Zero, Vector256.Create(255));
    }
}
