using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Luma.Zoo.Weights.Formats;

/// <summary>Writes the little of pickle protocol 2 that a state dict takes.</summary>
internal sealed class PickleWriter
{
    private const byte Protocol = 2;

    private readonly ArrayBufferWriter<byte> bytes = new();
    private readonly Dictionary<string, int> remembered = [];

    public PickleWriter()
    {
        Write(Opcode.Proto);
        Raw(Protocol);
    }

    public void Write(Opcode opcode) => Raw((byte)opcode);

    public void Write(long number)
    {
        if (number is >= 0 and <= byte.MaxValue)
        {
            Write(Opcode.BinInt1);
            Raw((byte)number);
        }
        else if (number is >= int.MinValue and <= int.MaxValue)
        {
            Write(Opcode.BinInt);
            WriteInt32((int)number);
        }
        else
        {
            Write(Opcode.Long1);
            Raw(sizeof(long));
            Span<byte> little = stackalloc byte[sizeof(long)];
            BinaryPrimitives.WriteInt64LittleEndian(little, number);
            Raw(little);
        }
    }

    public void Write(string text)
    {
        if (Recall(text)) return;
        var utf8 = Encoding.UTF8.GetBytes(text);
        Write(Opcode.BinUnicode);
        WriteInt32(utf8.Length);
        Raw(utf8);
        Remember(text);
    }

    public void Write(IEnumerable<long> numbers)
    {
        Write(Opcode.Mark);
        foreach (var number in numbers) Write(number);
        Write(Opcode.Tuple);
    }

    public void WriteGlobal(string module, string name)
    {
        var line = $"{module}\n{name}\n";
        if (Recall(line)) return;
        Write(Opcode.Global);
        Raw(Encoding.ASCII.GetBytes(line));
        Remember(line);
    }

    public void WriteOrderedDict()
    {
        WriteGlobal("collections", "OrderedDict");
        Write(Opcode.EmptyTuple);
        Write(Opcode.Reduce);
    }

    public ReadOnlyMemory<byte> Finish()
    {
        Write(Opcode.Stop);
        return bytes.WrittenMemory;
    }

    private bool Recall(string text)
    {
        if (!remembered.TryGetValue(text, out var key)) return false;
        Write(Opcode.LongBinGet);
        WriteInt32(key);
        return true;
    }

    private void Remember(string text)
    {
        remembered.Add(text, remembered.Count);
        Write(Opcode.LongBinPut);
        WriteInt32(remembered.Count - 1);
    }

    private void WriteInt32(int number)
    {
        Span<byte> little = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(little, number);
        Raw(little);
    }

    private void Raw(params ReadOnlySpan<byte> raw) => bytes.Write(raw);
}
