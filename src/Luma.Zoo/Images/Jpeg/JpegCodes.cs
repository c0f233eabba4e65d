using System.Runtime.CompilerServices;

namespace Luma.Zoo.Images.Jpeg;

/// <summary>
/// A table of Huffman codes (ITU-T T.81, annex C). A code is found together with the bits of its value, as
/// <c>value &lt;&lt; 16 | run &lt;&lt; 8 | bits</c>: the value, the zeros before it, and the number of bits of both. 0 is no code.
/// </summary>
internal sealed class JpegCodes
{
    /// <summary>How many bits are looked up at once.</summary>
    public const int PeekBits = 11;

    /// <summary>Brings the bits to be looked up down from the top.</summary>
    public const int PeekShift = 64 - PeekBits;

    /// <summary>The run that stands for the end of a block.</summary>
    public const int EndOfBlock = 128;

    /// <summary>Where the run begins.</summary>
    public const int RunShift = 8;

    /// <summary>Where the value begins.</summary>
    public const int ValueShift = 16;

    /// <summary>What of an entry is the number of bits.</summary>
    public const int BitsMask = 63;

    private const int LongestCode = 16;

    // For codes of every length: one more than the last one, aligned to 16 bits, and what to add to a code to find its symbol.
    private readonly int[] ends = new int[LongestCode + 2];
    private readonly int[] offsets = new int[LongestCode + 1];
    private readonly byte[] symbols;

    // How long the code is that the next bits begin with; 0 where it is longer than they are.
    private readonly byte[] lengths = new byte[1 << PeekBits];

    private JpegCodes(byte[] symbols) => this.symbols = symbols;

    /// <summary>What the next <see cref="PeekBits"/> bits are, where they hold a code and its value; 0 elsewhere.</summary>
    public int[] Whole { get; } = new int[1 << PeekBits];

    /// <summary>The largest symbol.</summary>
    public int Largest { get; private set; }

    /// <summary>Makes a table.</summary>
    /// <param name="counts">How many codes of 1 to 16 bits there are.</param>
    /// <param name="symbols">Their symbols.</param>
    /// <returns>The table; null where there are more codes than bits can tell apart.</returns>
    public static JpegCodes? Create(ReadOnlySpan<byte> counts, ReadOnlySpan<byte> symbols)
    {
        var table = new JpegCodes(symbols.ToArray());
        var (code, at) = (0, 0);
        for (var length = 1; length <= LongestCode; length++, code <<= 1)
        {
            table.offsets[length] = at - code;
            for (var i = 0; i < counts[length - 1]; i++, at++, code++)
            {
                // All ones is no code.
                if (code >= (1 << length) - 1) return null;
                if (length <= PeekBits) table.Fill(code, length, symbols[at]);
                table.Largest = Math.Max(table.Largest, symbols[at]);
            }
            table.ends[length] = code << (LongestCode - length);
        }
        table.ends[LongestCode + 1] = int.MaxValue;
        return table;
    }

    /// <summary>Finds a code, also where it and its value have more than <see cref="PeekBits"/> bits.</summary>
    /// <param name="bits">The next bits, the first one on top.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Find(ulong bits)
    {
        var entry = Whole[bits >> PeekShift];
        return entry != 0 ? entry : FindLong(bits);
    }

    // Inline, so that the loop around it is without calls and keeps what it has in registers.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int FindLong(ulong bits)
    {
        var (code, length) = ((int)(bits >> (64 - LongestCode)), (int)lengths[bits >> PeekShift]);
        if (length == 0)
        {
            length = PeekBits + 1;
            while (code >= ends[length]) length++;
            if (length > LongestCode) return 0;
        }

        var symbol = symbols[(code >> (LongestCode - length)) + offsets[length]];
        var size = symbol & 15;
        return Entry(symbol, length, size == 0 ? 0 : (int)(bits << length >> (64 - size)));
    }

    private void Fill(int code, int length, byte symbol)
    {
        var (rest, size) = (PeekBits - length, symbol & 15);
        lengths.AsSpan(code << rest, 1 << rest).Fill((byte)length);
        if (size > rest) return;
        for (var next = 0; next < 1 << rest; next++) Whole[(code << rest) | next] = Entry(symbol, length, next >> (rest - size));
    }

    // A value that begins with a zero is negative. One of no bits is zero: after 15 zeros it is the sixteenth, else it ends the block.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Entry(byte symbol, int length, int value)
    {
        var (run, size) = (symbol >> 4, symbol & 15);
        if (size == 0) return run is 0 or 15 ? ((run == 0 ? EndOfBlock : run) << RunShift) | length : 0;
        // Without a branch, which would be guessed wrong every other time.
        value -= ((1 << size) - 1) & ((value >> (size - 1)) - 1);
        return (value << ValueShift) | (run << RunShift) | (length + size);
    }
}
