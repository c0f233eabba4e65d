using System.Text;

namespace Luma.Zoo.Weights.Formats;

/// <summary>
/// Reads what TorchSharp's <c>Module.save</c> writes: the number of tensors, then for each its name, type, shape and elements. Numbers
/// are in LEB128. The format has no signature: a file is of it where all of it reads so.
/// </summary>
internal static class TorchSharpReader
{
    private const int MaxName = 1024, MaxRank = 16, MaxNumber = 10, EntryCost = 256;
    private const int HeadBytes = MaxName + ((MaxRank + 3) * MaxNumber);

    /// <summary>Reads a file.</summary>
    /// <param name="source">The file.</param>
    /// <param name="budget">Pays for what is made.</param>
    /// <returns>Its tensors, or null where it is of another kind.</returns>
    /// <exception cref="WeightFileException">It is of this kind, and cut off.</exception>
    /// <exception cref="MalformedDataException">It takes more than its size allows.</exception>
    public static IReadOnlyList<WeightSet>? Read(ByteSource source, ReadBudget budget)
    {
        List<TensorEntry> entries = [];
        HashSet<string> names = [];
        var position = 0L;
        if (Number(source, ref position) is not (> 0 and var count) || count > source.Length / 4) return null;

        for (var i = 0L; i < count; i++)
        {
            budget.Take(EntryCost);
            var start = position;
            if (position >= source.Length) return Ends(source, entries, position);
            if (Head(source, ref position) is not (var name, var type, var shape, var bytes) || !names.Add(name))
                return entries.Count > 0 && source.Length - start < HeadBytes ? Ends(source, entries, start) : null;
            if (bytes > source.Length - position) return Ends(source, entries, position);

            entries.Add(new TensorEntry(name, new TensorView(new PlainStorage(source, position, bytes), type, 0, shape)));
            position += bytes;
        }
        return position == source.Length ? [new("", () => new(entries, new Dictionary<string, long>()))] : null;
    }

    // Two tensors that read well are no accident.
    private static IReadOnlyList<WeightSet>? Ends(ByteSource source, List<TensorEntry> entries, long position) => entries.Count > 1
        ? throw new WeightFileException(source.Name, "this is TorchSharp's own format, and the file is cut off", $"byte {position}")
        : null;

    private static (string Name, ElementType Type, long[] Shape, long Bytes)? Head(ByteSource source, ref long position)
    {
        using var pinned = source.Pin(position, Math.Min(HeadBytes, source.Length - position));
        var rest = pinned.Span;
        var before = rest.Length;
        if (Number(ref rest) is not (> 0 and <= MaxName and var length) || length > rest.Length) return null;
        var utf8 = rest[..(int)length];
        if (utf8.ContainsAnyInRange((byte)0, (byte)' ')) return null;
        rest = rest[(int)length..];

        if (Number(ref rest) is not (>= 0 and <= sbyte.MaxValue and var code) || ElementType.TryOf((ScalarType)code) is not { } type) return null;
        if (Number(ref rest) is not (>= 0 and <= MaxRank and var rank)) return null;
        var shape = new long[rank];
        var bytes = (long)type.Size;
        for (var axis = 0; axis < shape.Length; axis++)
        {
            if (Number(ref rest) is not (>= 0 and var size) || (size > 0 && bytes > long.MaxValue / size)) return null;
            shape[axis] = size;
            bytes *= size;
        }
        position += before - rest.Length;
        return (Encoding.UTF8.GetString(utf8), type, shape, bytes);
    }

    private static long? Number(ByteSource source, ref long position)
    {
        using var pinned = source.Pin(position, Math.Min(MaxNumber, source.Length - position));
        var rest = pinned.Span;
        var before = rest.Length;
        var number = Number(ref rest);
        position += before - rest.Length;
        return number;
    }

    private static long? Number(ref ReadOnlySpan<byte> rest)
    {
        var number = 0L;
        for (var i = 0; i < Math.Min(MaxNumber - 1, rest.Length); i++)
        {
            number |= (long)(rest[i] & 0x7F) << (7 * i);
            if ((rest[i] & 0x80) != 0) continue;
            rest = rest[(i + 1)..];
            return number;
        }
        return null;
    }
}
