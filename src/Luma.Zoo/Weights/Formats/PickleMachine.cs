using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Text;

namespace Luma.Zoo.Weights.Formats;

/// <summary>
/// Runs a pickle. It makes plain values, and beyond them only what <see cref="TorchGlobals"/> allows; nothing is looked up or called
/// by name. An instruction adds at most one value, strings and counts are checked against the bytes that are left, no value is ever
/// walked through recursively, and what is made is paid for out of a budget: so time and memory are bounded by the file's size.
/// </summary>
/// <param name="data">The pickle; more may follow it.</param>
/// <param name="globals">What the pickle may ask for.</param>
/// <param name="budget">Pays for what is made.</param>
/// <param name="persistent">Resolves a persistent id.</param>
internal ref struct PickleMachine(ReadOnlySpan<byte> data, TorchGlobals globals, ReadBudget budget, Func<object?, object> persistent)
{
    /// <summary>The bytes of pickle that are read at most. Those of the largest networks have less than one megabyte.</summary>
    public const int MaxBytes = 64 << 20;

    // Most pickles are smaller, and what follows in the file need not be read.
    private const long FirstWindow = 1 << 20;

    private const int MaxStack = 1 << 20;
    private const int MaxMemo = 1 << 20;
    private const int MaxIntegerBytes = 255;
    private const int MaxGlobalBytes = 256;
    private const int HighestProtocol = 5;

    // Roughly what .NET takes for an object, for a place in a list, and for a pair.
    private const int ObjectBytes = 32, PlaceBytes = 16, PairBytes = 48;

    private static readonly object MarkValue = new();

    // No weights are numbers: which one it is matters where it can be a size, an offset or a version.
    private static readonly object Fraction = 0.0;
    private static readonly object[] SmallNumbers = [.. Enumerable.Range(0, 256).Select(number => (object)(long)number)];
    private static readonly object True = true, False = false;

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    private readonly ReadOnlySpan<byte> data = data.Length > MaxBytes ? data[..MaxBytes] : data;
    private readonly List<object?> stack = [];

    // Python remembers under 0, 1, 2, ...; other keys are allowed, and no choice of them makes looking them up slow.
    private readonly List<object?> memo = [];
    private readonly SortedDictionary<uint, object?> sparse = [];
    private int position;

    /// <summary>Runs a pickle that stands in a source.</summary>
    /// <param name="source">The source.</param>
    /// <param name="offset">Where the pickle begins.</param>
    /// <param name="length">How many bytes there are from there on.</param>
    /// <param name="part">What to call the pickle in messages.</param>
    /// <param name="globals">What the pickle may ask for.</param>
    /// <param name="budget">Pays for what is made.</param>
    /// <param name="persistent">Resolves a persistent id.</param>
    /// <returns>The value that it makes and the bytes that it has.</returns>
    /// <exception cref="WeightFileException">The pickle is malformed or asks for what is not allowed.</exception>
    public static (object? Value, int Length) Run(
        ByteSource source, long offset, long length, string part, TorchGlobals globals, ReadBudget budget, Func<object?, object> persistent)
    {
        for (var window = FirstWindow; ; window *= 8)
        {
            using var bytes = source.Pin(offset, Math.Min(length, Math.Min(window, MaxBytes)));
            var machine = new PickleMachine(bytes.Span, globals, budget, persistent);
            var instruction = 0;
            try
            {
                while (true)
                {
                    instruction = machine.position;
                    if (machine.Step()) return (machine.Pop(), machine.position);
                }
            }
            catch (MalformedDataException error) when (error.IsCutOff && window < Math.Min(length, MaxBytes))
            {
                // The pickle goes on beyond what was read of the file: again, with more of it.
            }
            catch (MalformedDataException error)
            {
                var name = instruction < machine.data.Length ? (Opcode)machine.data[instruction] : default;
                var shown = Enum.IsDefined(name) ? $"{name}" : $"0x{(byte)name:x2}";
                throw new WeightFileException(source.Name, error.Message, $"{part}, byte {offset + instruction}, instruction {shown}", error);
            }
        }
    }

    // True at the end.
    private bool Step()
    {
        budget.Walk(1);
        var opcode = (Opcode)Take(1)[0];
        switch (opcode)
        {
            case Opcode.Proto:
                var protocol = Take(1)[0];
                if (protocol is < 1 or > HighestProtocol)
                    throw new MalformedDataException($"a pickle of protocol {protocol}: 1 to {HighestProtocol} are read");
                break;
            case Opcode.Frame: Available(TakeUInt64()); break;
            case Opcode.Stop: return true;

            case Opcode.None: Push(null); break;
            case Opcode.NewTrue: Push(True); break;
            case Opcode.NewFalse: Push(False); break;
            case Opcode.BinInt: PushNumber(BinaryPrimitives.ReadInt32LittleEndian(Take(4))); break;
            case Opcode.BinInt1: PushNumber(Take(1)[0]); break;
            case Opcode.BinInt2: PushNumber(BinaryPrimitives.ReadUInt16LittleEndian(Take(2))); break;
            case Opcode.Long1: PushInteger(Take(1)[0]); break;
            case Opcode.Long4: PushInteger(BinaryPrimitives.ReadInt32LittleEndian(Take(4))); break;
            case Opcode.BinFloat:
                Take(8);
                Push(Fraction);
                break;

            // Protocol 1 writes some numbers, and truth, as text.
            case Opcode.Int: PushText(TakeLine()); break;
            case Opcode.Long: PushText(TakeLine().TrimEnd('L')); break;
            case Opcode.Float:
                TakeLine();
                Push(Fraction);
                break;

            // Python 2 wrote its strings so.
            case Opcode.ShortBinString: PushString(Take(1)[0]); break;
            case Opcode.BinString: PushString(TakeUInt32()); break;
            case Opcode.ShortBinUnicode: PushString(Take(1)[0]); break;
            case Opcode.BinUnicode: PushString(TakeUInt32()); break;
            case Opcode.BinUnicode8: PushString(TakeUInt64()); break;
            case Opcode.ShortBinBytes: PushBytes(Take(1)[0]); break;
            case Opcode.BinBytes: PushBytes(TakeUInt32()); break;
            case Opcode.BinBytes8: PushBytes(TakeUInt64()); break;
            case Opcode.ByteArray8: PushBytes(TakeUInt64()); break;

            case Opcode.EmptyTuple: Push(Array.Empty<object?>()); break;
            case Opcode.Tuple1: Push(PopMany(1)); break;
            case Opcode.Tuple2: Push(PopMany(2)); break;
            case Opcode.Tuple3: Push(PopMany(3)); break;
            case Opcode.Tuple: Push(PopToMark()); break;
            case Opcode.EmptyList: Push(Paid(new PickledList())); break;
            case Opcode.List: Push(Fill(new PickledList(), PopToMark())); break;
            case Opcode.Append: Fill(null, PopMany(1)); break;
            case Opcode.Appends: Fill(null, PopToMark()); break;
            case Opcode.EmptyDict: Push(Paid(new PickledDict())); break;
            case Opcode.Dict: Push(Fill(new PickledDict(), PopToMark())); break;
            case Opcode.SetItem: Fill(null, PopMany(2)); break;
            case Opcode.SetItems: Fill(null, PopToMark()); break;
            case Opcode.EmptySet: Push(TorchGlobals.Set); break;
            case Opcode.AddItems: Fill(null, PopToMark()); break;
            case Opcode.FrozenSet: PopToMark(); Push(TorchGlobals.Set); break;

            case Opcode.Mark: Push(MarkValue); break;
            case Opcode.Pop: PopOrMark(); break;
            case Opcode.PopMark: PopToMark(); break;
            case Opcode.Dup: Push(Peek()); break;
            case Opcode.BinGet: Push(Recall(Take(1)[0])); break;
            case Opcode.LongBinGet: Push(Recall(TakeUInt32())); break;
            case Opcode.BinPut: Remember(Take(1)[0]); break;
            case Opcode.LongBinPut: Remember(TakeUInt32()); break;
            case Opcode.Memoize: Remember((uint)(memo.Count + sparse.Count)); break;

            case Opcode.Global: Push(globals.Find(TakeLine(), TakeLine())); break;
            case Opcode.StackGlobal:
                var names = PopMany(2);
                if (names is not [string module, string name]) throw new MalformedDataException("a global whose name is not text");
                Push(globals.Find(module, name));
                break;
            case Opcode.Reduce:
            case Opcode.NewObj:
                var call = PopMany(2);
                Push(globals.Call(call[0], call[1]));
                break;
            case Opcode.NewObjEx:
                var made = PopMany(3);
                Push(globals.CallWithNames(made[0], made[1]));
                break;
            case Opcode.Build:
                var state = Pop();
                TorchGlobals.Build(Peek(), state);
                break;
            case Opcode.BinPersId: Push(persistent(Pop())); break;

            default: throw new MalformedDataException("an instruction that weight files do not need");
        }
        return false;
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        var bytes = data.Slice(position, Available((ulong)count));
        position += count;
        return bytes;
    }

    private uint TakeUInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    private ulong TakeUInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(8));

    private string TakeLine()
    {
        var rest = data[position..];
        var length = rest[..Math.Min(rest.Length, MaxGlobalBytes)].IndexOf((byte)'\n');
        if (length < 0) throw new MalformedDataException("a name without an end") { IsCutOff = rest.Length < MaxGlobalBytes };

        var line = Text(rest[..length]);
        position += length + 1;
        return line;
    }

    private readonly int Available(ulong count)
    {
        var left = data.Length - position;
        if (count <= (ulong)left) return (int)count;
        throw new MalformedDataException(
            data.Length == MaxBytes ? $"the pickle has more than {MaxBytes} bytes" : $"{count} bytes are announced, {left} are left")
        { IsCutOff = true };
    }

    private static string Text(ReadOnlySpan<byte> utf8)
    {
        try
        {
            return StrictUtf8.GetString(utf8);
        }
        catch (DecoderFallbackException)
        {
            return WithLoneSurrogates(utf8) ?? throw new MalformedDataException("text that is not UTF-8");
        }
    }

    // Python has half a surrogate pair for each byte of a path that is not UTF-8, and writes it as if it were a character. No more memory than for the text itself.
    private static string? WithLoneSurrogates(ReadOnlySpan<byte> utf8) =>
        Decode(utf8, []) is var length and >= 0 ? string.Create(length, utf8, static (text, bytes) => Decode(bytes, text)) : null;

    // How many UTF-16 characters there are, which are written where there is room; -1 where it is no text either way.
    private static int Decode(ReadOnlySpan<byte> utf8, Span<char> text)
    {
        var length = 0;
        while (utf8.Length > 0)
        {
            int count;
            if (utf8 is [0xED, >= 0xA0 and <= 0xBF and var second, >= 0x80 and <= 0xBF and var third, ..])
            {
                if (text.Length > 0) text[length] = (char)(0xD000 | ((second & 0x3F) << 6) | (third & 0x3F));
                (length, count) = (length + 1, 3);
            }
            else
            {
                if (Rune.DecodeFromUtf8(utf8, out var rune, out count) != OperationStatus.Done) return -1;
                if (text.Length > 0) rune.EncodeToUtf16(text[length..]);
                length += rune.Utf16SequenceLength;
            }
            utf8 = utf8[count..];
        }
        return length;
    }

    private void PushString(ulong length)
    {
        var utf8 = Take(Available(length));
        if (utf8.Length > 0) budget.Take(ObjectBytes + (2L * utf8.Length));
        Push(Text(utf8));
    }

    private readonly void PushNumber(long number)
    {
        if (number is >= 0 and < 256)
        {
            Push(SmallNumbers[number]);
            return;
        }
        budget.Take(ObjectBytes);
        Push(number);
    }

    private readonly void PushText(string text)
    {
        if (text is "00" or "01")
        {
            Push(text is "01" ? True : False);
            return;
        }
        budget.Take(ObjectBytes + text.Length);
        if (!BigInteger.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
            throw new MalformedDataException($"a number that is none: '{Printable.Of(text)}'");
        PushShortest(number);
    }

    private readonly T Paid<T>(T value)
    {
        budget.Take(ObjectBytes);
        return value;
    }

    private void PushBytes(ulong length)
    {
        Take(Available(length));
        Push(TorchGlobals.Bytes);
    }

    private void PushInteger(int length)
    {
        if (length is < 0 or > MaxIntegerBytes) throw new MalformedDataException($"an integer of {length} bytes");
        budget.Take(ObjectBytes + length);
        PushShortest(new BigInteger(Take(length)));
    }

    private readonly void PushShortest(BigInteger number)
    {
        if (number >= long.MinValue && number <= long.MaxValue) Push((long)number);
        else Push(number);
    }

    private readonly void Push(object? value)
    {
        if (stack.Count == MaxStack) throw new MalformedDataException($"more than {MaxStack} values are on the stack");
        if (stack.Count == stack.Capacity) budget.Take(PlaceBytes * stack.Count);
        stack.Add(value);
    }

    private readonly object? Peek()
    {
        if (stack.Count == 0) throw new MalformedDataException("the stack is empty");
        return stack[^1] != MarkValue ? stack[^1] : throw new MalformedDataException("a mark stands where a value is needed");
    }

    private readonly object? Pop()
    {
        var value = Peek();
        stack.RemoveAt(stack.Count - 1);
        return value;
    }

    private readonly void PopOrMark()
    {
        if (stack.Count == 0) throw new MalformedDataException("the stack is empty");
        stack.RemoveAt(stack.Count - 1);
    }

    private readonly object?[] PopMany(int count)
    {
        var values = Paid(new object?[count]);
        for (var i = count - 1; i >= 0; i--) values[i] = Pop();
        return values;
    }

    private readonly object?[] PopToMark()
    {
        var mark = stack.LastIndexOf(MarkValue);
        if (mark < 0) throw new MalformedDataException("there is no mark");

        var count = stack.Count - mark - 1;
        budget.Take(ObjectBytes + (sizeof(long) * (long)count));
        var values = new object?[count];
        stack.CopyTo(mark + 1, values, 0, count);
        stack.RemoveRange(mark, stack.Count - mark);
        return values;
    }

    private readonly object? Recall(uint key)
    {
        if (key < memo.Count) return memo[(int)key];
        return sparse.TryGetValue(key, out var value) ? value : throw new MalformedDataException($"nothing is remembered as {key}");
    }

    private readonly void Remember(uint key)
    {
        var value = Peek();
        if (key < memo.Count)
        {
            memo[(int)key] = value;
            return;
        }
        if (memo.Count + sparse.Count == MaxMemo) throw new MalformedDataException($"more than {MaxMemo} values are remembered");
        if (key == memo.Count)
        {
            if (memo.Count == memo.Capacity) budget.Take(PlaceBytes * memo.Count);
            memo.Add(value);
        }
        else
        {
            budget.Take(PairBytes + ObjectBytes);
            sparse[key] = value;
        }
    }

    // Adds to a new container, or to the one on the stack.
    private readonly object Fill(object? container, object?[] items)
    {
        budget.Take(PlaceBytes * 2 * (long)items.Length);
        switch (container ?? Peek())
        {
            case PickledList list:
                foreach (var item in items) list.Add(item);
                return list;
            case PickledDict dict when items.Length % 2 == 0:
                for (var i = 0; i < items.Length; i += 2) dict.Set(items[i], items[i + 1]);
                return dict;
            case PickledThing thing:
                return thing;
            default:
                throw new MalformedDataException("items for what does not take them");
        }
    }
}
