using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Luma.Zoo.Images.Jpeg;

/// <summary>
/// The inverse cosine transform of 8 by 8 values with the integers of libjpeg's slow method (Loeffler, Ligtenberg, Moschytz 1989), so
/// that the bytes are the same: columns first, 13 fractional bits in the factors, two between the passes.
/// </summary>
internal static class Idct
{
    // What lanes of 16 bits between the passes can hold, as a sum over the magnitudes of all values.
    private const int MostForLanes = 5800;

    private const int FactorBits = 13, PassBits = 2;
    private const int C0298 = 2446, C0390 = 3196, C0541 = 4433, C0765 = 6270, C0899 = 7373, C1175 = 9633;
    private const int C1501 = 12299, C1847 = 15137, C1961 = 16069, C2053 = 16819, C2562 = 20995, C3072 = 25172;

    /// <summary>Transforms a block of which only the first value is not zero.</summary>
    public static void Fill(int value, Span<byte> target, int stride)
    {
        var level = Level((value + 4) >> 3);
        for (var row = 0; row < 8; row++) target.Slice(row * stride, 8).Fill(level);
    }

    /// <summary>Transforms a block.</summary>
    /// <param name="values">64 values, row by row.</param>
    /// <param name="magnitude">The sum of their magnitudes.</param>
    /// <param name="target">Where eight rows of eight bytes go.</param>
    /// <param name="stride">From one row to the next.</param>
    public static void Transform(ReadOnlySpan<short> values, int magnitude, Span<byte> target, int stride)
    {
        if (magnitude <= MostForLanes && (Sse2.IsSupported || AdvSimd.Arm64.IsSupported)) TransformLanes(values, target, stride);
        else TransformEach(values, target, stride);
    }

    /// <summary>The same, one number at a time, for values of any size.</summary>
    internal static void TransformEach(ReadOnlySpan<short> values, Span<byte> target, int stride)
    {
        Span<int> between = stackalloc int[64];
        Span<long> line = stackalloc long[8];
        for (var column = 0; column < 8; column++)
        {
            for (var i = 0; i < 8; i++) line[i] = values[(8 * i) + column];
            Pass(line, FactorBits - PassBits);
            for (var i = 0; i < 8; i++) between[(8 * i) + column] = (int)line[i];
        }
        for (var row = 0; row < 8; row++)
        {
            for (var i = 0; i < 8; i++) line[i] = between[(8 * row) + i];
            Pass(line, FactorBits + PassBits + 3);
            for (var i = 0; i < 8; i++) target[(row * stride) + i] = Level((int)line[i]);
        }
    }

    private static void Pass(Span<long> v, int shift)
    {
        var half = 1L << (shift - 1);
        var z1 = (v[2] + v[6]) * C0541;
        var (even2, even3) = (z1 - (v[6] * C1847), z1 + (v[2] * C0765));
        var (even0, even1) = (((v[0] + v[4]) << FactorBits) + half, ((v[0] - v[4]) << FactorBits) + half);
        var (a0, a3, a1, a2) = (even0 + even3, even0 - even3, even1 + even2, even1 - even2);

        var z5 = (v[7] + v[3] + v[5] + v[1]) * C1175;
        var (z3, z4) = (z5 - ((v[7] + v[3]) * C1961), z5 - ((v[5] + v[1]) * C0390));
        var (y1, y2) = ((v[7] + v[1]) * -C0899, (v[5] + v[3]) * -C2562);
        var (b0, b1, b2, b3) = ((v[7] * C0298) + y1 + z3, (v[5] * C2053) + y2 + z4, (v[3] * C3072) + y2 + z3, (v[1] * C1501) + y1 + z4);

        (v[0], v[7]) = ((a0 + b3) >> shift, (a0 - b3) >> shift);
        (v[1], v[6]) = ((a1 + b2) >> shift, (a1 - b2) >> shift);
        (v[2], v[5]) = ((a2 + b1) >> shift, (a2 - b1) >> shift);
        (v[3], v[4]) = ((a3 + b0) >> shift, (a3 - b0) >> shift);
    }

    // libjpeg looks a level up by ten bits: far outside, dark becomes light.
    private static byte Level(int value) => (byte)Math.Clamp(((value << 22) >> 22) + 128, 0, 255);

    private static void TransformLanes(ReadOnlySpan<short> values, Span<byte> target, int stride)
    {
        var block = new Lanes(
            Vector128.Create(values), Vector128.Create(values[8..]), Vector128.Create(values[16..]), Vector128.Create(values[24..]),
            Vector128.Create(values[32..]), Vector128.Create(values[40..]), Vector128.Create(values[48..]), Vector128.Create(values[56..]));
        Pass(ref block, FactorBits - PassBits);
        Transpose(ref block);
        Pass(ref block, FactorBits + PassBits + 3);
        Transpose(ref block);
        Store(block.V0, target);
        Store(block.V1, target[stride..]);
        Store(block.V2, target[(2 * stride)..]);
        Store(block.V3, target[(3 * stride)..]);
        Store(block.V4, target[(4 * stride)..]);
        Store(block.V5, target[(5 * stride)..]);
        Store(block.V6, target[(6 * stride)..]);
        Store(block.V7, target[(7 * stride)..]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector128<short> row, Span<byte> target)
    {
        var levels = ((row << 6) >> 6) + Vector128.Create((short)128);
        var bytes = Vector128.Clamp(levels, Vector128<short>.Zero, Vector128.Create((short)255)).AsUInt16();
        Vector128.Narrow(bytes, bytes).GetLower().CopyTo(target);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Pass(ref Lanes block, int shift)
    {
        var (v0, v1, v2, v3) = (Wide(block.V0), Wide(block.V1), Wide(block.V2), Wide(block.V3));
        var (v4, v5, v6, v7) = (Wide(block.V4), Wide(block.V5), Wide(block.V6), Wide(block.V7));

        var half = Vector256.Create(1 << (shift - 1));
        var z1 = (v2 + v6) * C0541;
        var even2 = z1 - (v6 * C1847);
        var even3 = z1 + (v2 * C0765);
        var even0 = ((v0 + v4) << FactorBits) + half;
        var even1 = ((v0 - v4) << FactorBits) + half;
        var (a0, a3, a1, a2) = (even0 + even3, even0 - even3, even1 + even2, even1 - even2);

        var z3 = v7 + v3;
        var z4 = v5 + v1;
        var z5 = (z3 + z4) * C1175;
        z3 = z5 - (z3 * C1961);
        z4 = z5 - (z4 * C0390);
        var y1 = (v7 + v1) * -C0899;
        var y2 = (v5 + v3) * -C2562;
        var b0 = (v7 * C0298) + y1 + z3;
        var b1 = (v5 * C2053) + y2 + z4;
        var b2 = (v3 * C3072) + y2 + z3;
        var b3 = (v1 * C1501) + y1 + z4;

        (block.V0, block.V7) = (Narrow((a0 + b3) >> shift), Narrow((a0 - b3) >> shift));
        (block.V1, block.V6) = (Narrow((a1 + b2) >> shift), Narrow((a1 - b2) >> shift));
        (block.V2, block.V5) = (Narrow((a2 + b1) >> shift), Narrow((a2 - b1) >> shift));
        (block.V3, block.V4) = (Narrow((a3 + b0) >> shift), Narrow((a3 - b0) >> shift));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Wide(Vector128<short> lanes)
    {
        var (lower, upper) = Vector128.Widen(lanes);
        return Avx2.IsSupported ? Avx2.ConvertToVector256Int32(lanes) : Vector256.Create(lower, upper);
    }

    // All lanes fit 16 bits.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<short> Narrow(Vector256<int> lanes) => Sse2.IsSupported
        ? Sse2.PackSignedSaturate(lanes.GetLower(), lanes.GetUpper())
        : Vector128.Narrow(lanes.GetLower(), lanes.GetUpper());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transpose(ref Lanes block)
    {
        var (a0, a1) = Zip(block.V0, block.V4);
        var (a2, a3) = Zip(block.V1, block.V5);
        var (a4, a5) = Zip(block.V2, block.V6);
        var (a6, a7) = Zip(block.V3, block.V7);
        var (b0, b1) = Zip(a0, a4);
        var (b2, b3) = Zip(a1, a5);
        var (b4, b5) = Zip(a2, a6);
        var (b6, b7) = Zip(a3, a7);
        (block.V0, block.V1) = Zip(b0, b4);
        (block.V2, block.V3) = Zip(b1, b5);
        (block.V4, block.V5) = Zip(b2, b6);
        (block.V6, block.V7) = Zip(b3, b7);
    }

    // Lanes of the first and the second by turns.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector128<short> Lower, Vector128<short> Upper) Zip(Vector128<short> first, Vector128<short> second) => Sse2.IsSupported
        ? (Sse2.UnpackLow(first, second), Sse2.UnpackHigh(first, second))
        : (AdvSimd.Arm64.ZipLow(first, second), AdvSimd.Arm64.ZipHigh(first, second));

    private struct Lanes(
        Vector128<short> v0, Vector128<short> v1, Vector128<short> v2, Vector128<short> v3,
        Vector128<short> v4, Vector128<short> v5, Vector128<short> v6, Vector128<short> v7)
    {
        public Vector128<short> V0 = v0, V1 = v1, V2 = v2, V3 = v3, V4 = v4, V5 = v5, V6 = v6, V7 = v7;
    }
}
