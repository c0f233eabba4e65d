using System.Buffers.Binary;
using System.Text;

namespace Luma.Zoo.Weights.Formats;

/// <summary>A field of a protobuf message: its number, how it is written, and what it holds.</summary>
/// <param name="Number">The field's number.</param>
/// <param name="Wire">How it is written.</param>
/// <param name="Value">The number that it holds; of bytes, how many there are.</param>
/// <param name="Start">Where its bytes begin.</param>
internal readonly record struct ProtoField(int Number, ProtoWire Wire, long Value, long Start)
{
    /// <summary>Where its bytes end.</summary>
    public long End => Start + Value;
}

/// <summary>How a field of a protobuf message is written.</summary>
internal enum ProtoWire
{
    /// <summary>A number of up to ten bytes.</summary>
    Varint = 0,

    /// <summary>Eight bytes.</summary>
    Fixed64 = 1,

    /// <summary>A length and so many bytes.</summary>
    Bytes = 2,

    /// <summary>Four bytes.</summary>
    Fixed32 = 5,
}

/// <summary>
/// Goes through protobuf messages in a source without making objects of them: what is not asked for is passed over, whatever its size. The
/// library's own reader would make an object of every node, many times the size of a hostile file.
/// </summary>
internal sealed class ProtoCursor(ByteSource source, ReadBudget budget)
{
    private const int WindowBytes = 4096, MostVarint = 10;

    private readonly byte[] window = new byte[(int)Math.Min(WindowBytes, source.Length)];
    private long windowStart;
    private int windowLength;

    /// <summary>Where the next field begins.</summary>
    public long Position { get; set; }

    /// <summary>Reads a field, or ends with the message.</summary>
    /// <param name="end">Where the message ends.</param>
    /// <returns>The field, or null at the end. The position is behind it.</returns>
    /// <exception cref="MalformedDataException">The message is none.</exception>
    public ProtoField? Next(long end)
    {
        if (Position >= end) return null;

        budget.Walk(1);
        var tag = Varint(end);
        var (number, wire) = (tag >>> 3, (ProtoWire)(tag & 7));
        if (number is <= 0 or > int.MaxValue) throw Damaged("a field has no number");

        var value = wire switch
        {
            ProtoWire.Varint or ProtoWire.Bytes => Varint(end),
            ProtoWire.Fixed32 => (long)Fixed(4, end),
            ProtoWire.Fixed64 => (long)Fixed(8, end),
            _ => throw Damaged("a field is written in a way that there is not"),
        };
        var start = Position;
        if (wire == ProtoWire.Bytes)
        {
            if (value < 0 || value > end - Position) throw new MalformedDataException($"a field of {(ulong)value} bytes at byte {start} ends beyond what it is in") { IsCutOff = true };
            Position += value;
        }
        return new((int)number, wire, value, start);
    }

    /// <summary>Reads a number of up to ten bytes.</summary>
    /// <param name="end">Where what it is in ends.</param>
    public long Varint(long end)
    {
        var number = 0UL;
        for (var i = 0; i < MostVarint; i++)
        {
            var part = Byte(end);
            number |= (ulong)(part & 0x7F) << (7 * i);
            if (part < 0x80) return (long)number;
        }
        throw Damaged("a number does not end");
    }

    /// <summary>Reads text.</summary>
    /// <param name="field">The field.</param>
    /// <param name="most">The most bytes that it may have.</param>
    /// <param name="what">What it is, for the message.</param>
    public unsafe string Text(ProtoField field, int most, string what)
    {
        if (field.Wire != ProtoWire.Bytes) throw Damaged($"{what} is no text");
        if (field.Value > most) throw new MalformedDataException($"{what} at byte {field.Start} has {field.Value} bytes: at most {most} are read");
        budget.Take(2 * field.Value);
        var bytes = new byte[field.Value];
        fixed (byte* start = bytes) source.Read(field.Start, field.Value, start);
        return Encoding.UTF8.GetString(bytes);
    }

    /// <summary>The exception for a message that is none.</summary>
    public MalformedDataException Damaged(string problem) => new($"the file is damaged: {problem} (at byte {Position})");

    private ulong Fixed(int size, long end)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        bytes.Clear();
        for (var i = 0; i < size; i++) bytes[i] = Byte(end);
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }

    private unsafe byte Byte(long end)
    {
        if (Position >= end) throw new MalformedDataException($"the file is damaged: a number at byte {Position} ends beyond what it is in") { IsCutOff = true };
        if (Position < windowStart || Position >= windowStart + windowLength)
        {
            (windowStart, windowLength) = (Position, (int)Math.Min(window.Length, source.Length - Position));
            fixed (byte* start = window) source.Read(windowStart, windowLength, start);
        }
        return window[Position++ - windowStart];
    }
}
