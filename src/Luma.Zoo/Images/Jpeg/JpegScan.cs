using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Luma.Zoo.Images.Jpeg;

/// <summary>
/// Reads the blocks of a scan, out of a copy in which neither the zeros after bytes of 255 nor the restart markers stand, so that eight
/// bytes are read at a time without a look at each.
/// </summary>
internal sealed class JpegScan : IDisposable
{
    /// <summary>The values of a block.</summary>
    public const int BlockValues = 64;

    // A damaged block may go on behind the end before that is noticed, and eight bytes are read ahead.
    private const int Margin = (BlockValues * sizeof(int)) + (2 * sizeof(ulong));

    // The bytes, and where the parts between restart markers end.
    private readonly byte[] bytes;
    private readonly BufferPool pool;
    private readonly List<int> ends = [];

    // The next bits, the first one on top, and how many of them count; where the next byte is; which part it belongs to.
    private ulong buffer;
    private int held, at, part;

    private JpegScan(byte[] bytes, BufferPool pool) => (this.bytes, this.pool) = (bytes, pool);

    /// <summary>Copies a scan.</summary>
    /// <param name="data">The file from where the scan's data begin.</param>
    /// <param name="pool">Where memory for the copy is borrowed from.</param>
    /// <returns>The scan; null where something other than the image's end follows it, or its restart markers are not in their order.</returns>
    public static JpegScan? Open(ReadOnlySpan<byte> data, BufferPool pool)
    {
        const byte prefix = 0xFF, endOfImage = 0xD9, firstRestart = 0xD0;
        var scan = new JpegScan(pool.Rent(data.Length + Margin), pool);
        var length = 0;
        while (true)
        {
            var run = data.IndexOf(prefix);
            if (run < 0 || run + 1 >= data.Length) break;

            var next = data[run + 1];
            var kept = next == 0 ? run + 1 : run;
            data[..kept].CopyTo(scan.bytes.AsSpan(length));
            length += kept;
            data = data[(run + 2)..];
            if (next == 0) continue;

            var restart = firstRestart + (scan.ends.Count & 7);
            scan.ends.Add(length);
            if (next == endOfImage)
            {
                scan.bytes.AsSpan(length, Margin).Clear();
                return scan;
            }
            if (next != restart) break;
        }
        scan.Dispose();
        return null;
    }

    /// <summary>Goes on behind the next restart marker, or the end.</summary>
    /// <returns>False where the marker does not come next.</returns>
    public bool Restart()
    {
        // Bits that fill up the last byte are left.
        var left = (8L * (ends[part] - at)) + held;
        if (left is < 0 or >= 8) return false;

        (buffer, held, at) = (0, 0, ends[part++]);
        return true;
    }

    /// <summary>Whether there is another restart marker.</summary>
    public bool HasRestart => part < ends.Count - 1;

    /// <summary>Reads a block.</summary>
    /// <param name="component">The channel that it belongs to.</param>
    /// <param name="level">The channel's first value so far, before it is multiplied by its step.</param>
    /// <param name="values">Where the values go, multiplied by their steps. All but the first must be zero.</param>
    /// <param name="magnitude">The sum of the magnitudes of all values.</param>
    /// <returns>False where the block is damaged, or its values are so large that 16 bits might not hold them.</returns>
    public bool TryReadBlock(JpegComponent component, ref int level, scoped Span<short> values, out int magnitude)
    {
        magnitude = 0;
        // Locals live in registers, which are just enough; fields do not.
        var (bits, count, next) = (buffer, held, at);
        ref var source = ref MemoryMarshal.GetArrayDataReference(bytes);
        ref var target = ref MemoryMarshal.GetReference(values[..BlockValues]);
        ref var steps = ref MemoryMarshal.GetArrayDataReference(component.Steps);
        ref var whole = ref MemoryMarshal.GetArrayDataReference(component.Ac.Whole);

        Fill(ref source, ref bits, ref count, ref next);
        var entry = component.Dc.Find(bits);
        if (entry == 0) return false;
        (bits, count) = (bits << entry, count - (entry & JpegCodes.BitsMask));
        level += entry >> JpegCodes.ValueShift;
        var first = level * (long)(ushort)steps;
        if (first != (short)first) return false;
        target = (short)first;
        var sum = (int)Math.Abs(first);

        for (var place = 1; place < BlockValues; place++)
        {
            Fill(ref source, ref bits, ref count, ref next);
            entry = Unsafe.Add(ref whole, (nint)(bits >> JpegCodes.PeekShift));
            if (entry == 0 && (entry = component.Ac.Find(bits)) == 0) return false;

            (bits, count) = (bits << entry, count - (entry & JpegCodes.BitsMask));
            place += (entry >> JpegCodes.RunShift) & byte.MaxValue;
            if (place >= BlockValues)
            {
                if (place >= JpegCodes.EndOfBlock) break;
                return false;
            }
            // Steps have 8 bits and values 16: the sum of 64 products fits.
            var step = Unsafe.Add(ref steps, place);
            var value = (entry >> JpegCodes.ValueShift) * (ushort)step;
            // Without a branch, which would be guessed wrong every other time.
            var sign = value >> 31;
            sum += (value ^ sign) - sign;
            Unsafe.Add(ref target, step >> JpegComponent.PlaceShift) = (short)value;
        }
        (buffer, held, at) = (bits, count, next);
        magnitude = sum;
        return sum <= short.MaxValue && (8L * (ends[part] - next)) + count >= 0;
    }

    /// <summary>Gives the memory back.</summary>
    public void Dispose() => pool.Return(bytes);

    // At least 56 bits, more than a code and its value have.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Fill(ref byte source, ref ulong bits, ref int count, ref int next)
    {
        var more = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref source, next));
        if (BitConverter.IsLittleEndian) more = BinaryPrimitives.ReverseEndianness(more);
        bits |= more >> count;
        next += (63 - count) >> 3;
        count |= 56;
    }
}
