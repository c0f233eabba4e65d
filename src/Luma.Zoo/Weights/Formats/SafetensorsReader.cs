using System.Buffers.Binary;
using System.Text.Json;

namespace Luma.Zoo.Weights.Formats;

/// <summary>
/// Reads the header of a safetensors file: its length as 8 bytes, a JSON object from names to type, shape and place, then the
/// tensors, which follow each other without gaps to the end of the file.
/// </summary>
internal static class SafetensorsReader
{
    private const int LengthBytes = 8;

    // The reference implementation's limit.
    private const long MaxHeader = 100_000_000;

    // Roughly what .NET takes for a tensor's entry beside its name, and for each dimension.
    private const int EntryCost = 512, DimensionCost = 16, MaxNumbers = 64;

    /// <summary>Whether a file begins as safetensors do: a length that fits, then JSON's opening brace, maybe behind white space.</summary>
    /// <param name="head">The first bytes of the file.</param>
    /// <param name="length">How many bytes the file has.</param>
    public static bool Recognizes(ReadOnlySpan<byte> head, long length) =>
        head.Length > LengthBytes && head[LengthBytes..].TrimStart(" \t\r\n"u8).StartsWith("{"u8)
        && BinaryPrimitives.ReadUInt64LittleEndian(head) <= (ulong)length;

    public static IReadOnlyList<WeightSet> Read(ByteSource source, ReadBudget budget)
    {
        using var prefix = source.Pin(0, LengthBytes);
        var length = BinaryPrimitives.ReadUInt64LittleEndian(prefix.Span);
        if (length > MaxHeader || (long)length > source.Length - LengthBytes)
            throw new WeightFileException(
                source.Name, $"the header is said to have {length} bytes of the file's {source.Length}", "the first 8 bytes");

        using var header = source.Pin(LengthBytes, (long)length);
        var json = new Utf8JsonReader(header.Span, new JsonReaderOptions { MaxDepth = 64 });
        try
        {
            var content = ReadHeader(ref json, source, LengthBytes + (long)length, budget);
            return [new("", () => content)];
        }
        catch (Exception error) when (error is JsonException or MalformedDataException or InvalidOperationException)
        {
            // InvalidOperationException: a string that is not Unicode.
            var problem = error is MalformedDataException ? error.Message : "the header is not the JSON that it should be";
            throw new WeightFileException(source.Name, problem, $"the header at byte {LengthBytes + json.TokenStartIndex}", error);
        }
    }

    private static WeightContent ReadHeader(ref Utf8JsonReader json, ByteSource source, long data, ReadBudget budget)
    {
        Dictionary<string, (ElementType Type, TensorView? View, long Begin, long End)> tensors = [];
        Dictionary<string, string>? metadata = null;

        Expect(ref json, JsonTokenType.StartObject);
        while (NextName(ref json) is { } name)
        {
            budget.Take(EntryCost + (2L * name.Length));
            if (name == "__metadata__")
            {
                if (metadata is not null) throw new MalformedDataException($"the name '{name}' comes twice");
                ReadMetadata(ref json, metadata = [], budget);
                continue;
            }

            var (type, shape, begin, end) = ReadTensor(ref json, name, budget);
            if (begin > end || end > source.Length - data)
                throw new MalformedDataException(
                    $"'{Printable.Of(name)}' is said to be at {begin} to {end} of {source.Length - data} bytes");

            // Elements that share bytes are of types that are not read.
            var view = type.Bits % 8 == 0 ? new TensorView(new PlainStorage(source, data + begin, end - begin), type, 0, shape) : null;
            if ((view?.ByteCount ?? PackedBytes(name, type, shape)) is var bytes && bytes != end - begin)
                throw new MalformedDataException(
                    $"'{Printable.Of(name)}' has {bytes} bytes by its type {type.Safetensors} "
                    + $"and shape ({string.Join(", ", shape)}), but a place of {end - begin}");
            // As the reference reads it: of a name that comes twice, the last counts.
            tensors[name] = (type, view, begin, end);
        }
        if (json.Read()) throw new MalformedDataException("something follows the header's object");

        CheckPlaces([.. tensors.Select(pair => (pair.Value.Begin, pair.Value.End, pair.Key))], source.Length - data);
        List<TensorEntry> entries = [];
        Dictionary<string, string> unread = [];
        foreach (var (name, (type, view, _, _)) in tensors)
        {
            if (view is not null && type.IsRead) entries.Add(new TensorEntry(name, view));
            else unread[name] = $"a tensor of the type '{type.Safetensors}', which libtorch does not have here";
        }
        return entries.Count > 0 || unread.Count == 0
            ? new(entries, new Dictionary<string, long>()) { Metadata = metadata ?? [], Unread = unread }
            : throw new MalformedDataException($"'{Printable.Of(unread.Keys.First())}' is {unread.Values.First()}");
    }

    private static long PackedBytes(string name, ElementType type, long[] shape)
    {
        try
        {
            var bits = shape.Aggregate((long)type.Bits, (product, size) => checked(product * size));
            return bits % 8 == 0 ? bits / 8 : throw new MalformedDataException($"'{Printable.Of(name)}' has {bits} bits by its type {type.Safetensors}, which are no whole bytes");
        }
        catch (OverflowException)
        {
            throw new MalformedDataException($"'{Printable.Of(name)}' is a tensor too large to exist: shape ({string.Join(", ", shape)})");
        }
    }

    private static void CheckPlaces(List<(long Begin, long End, string Name)> places, long length)
    {
        places.Sort();
        var expected = 0L;
        foreach (var (begin, end, name) in places)
        {
            if (begin != expected)
                throw new MalformedDataException($"'{Printable.Of(name)}' begins at {begin}: the one before ends at {expected}");
            expected = end;
        }
        if (expected != length) throw new MalformedDataException($"the tensors end at {expected} of {length} bytes");
    }

    // As the reference reads it: nothing, or names with text.
    private static void ReadMetadata(ref Utf8JsonReader json, Dictionary<string, string> metadata, ReadBudget budget)
    {
        if (!json.Read() || json.TokenType is JsonTokenType.Null) return;
        if (json.TokenType is not JsonTokenType.StartObject) throw new MalformedDataException($"expected StartObject, got {json.TokenType}");
        while (NextName(ref json) is { } key)
        {
            Expect(ref json, JsonTokenType.String);
            var value = json.GetString()!;
            budget.Take(EntryCost + (2L * (key.Length + value.Length)));
            metadata[key] = value;
        }
    }

    private static (ElementType Type, long[] Shape, long Begin, long End) ReadTensor(
        ref Utf8JsonReader json, string name, ReadBudget budget)
    {
        ElementType? type = null;
        long[]? shape = null, offsets = null;
        Expect(ref json, JsonTokenType.StartObject);
        while (IsName(ref json))
        {
            if (json.ValueTextEquals("dtype"u8))
            {
                EnsureFirst(type is null, name, "dtype");
                type = ReadType(ref json, name);
            }
            else if (json.ValueTextEquals("shape"u8))
            {
                EnsureFirst(shape is null, name, "shape");
                shape = ReadNumbers(ref json, budget);
            }
            else if (json.ValueTextEquals("data_offsets"u8))
            {
                EnsureFirst(offsets is null, name, "data_offsets");
                offsets = ReadNumbers(ref json, budget);
            }
            else
            {
                // The reference passes over members that it does not know.
                json.Skip();
            }
        }
        if (type is null || shape is null || offsets is not [var begin, var end])
            throw new MalformedDataException($"'{Printable.Of(name)}' lacks its type, shape or two offsets");
        return (type, shape, begin, end);
    }

    private static ElementType ReadType(ref Utf8JsonReader json, string name)
    {
        Expect(ref json, JsonTokenType.String);
        var type = json.GetString()!;
        return ElementType.OfSafetensors(type)
            ?? throw new MalformedDataException($"'{Printable.Of(name)}' has the type '{Printable.Of(type)}', which is not known");
    }

    private static void EnsureFirst(bool isFirst, string name, string member)
    {
        if (!isFirst) throw new MalformedDataException($"'{Printable.Of(name)}' has a second member '{member}'");
    }

    private static long[] ReadNumbers(ref Utf8JsonReader json, ReadBudget budget)
    {
        Span<long> numbers = stackalloc long[MaxNumbers];
        var count = 0;
        Expect(ref json, JsonTokenType.StartArray);
        while (json.Read() && json.TokenType is not JsonTokenType.EndArray)
        {
            if (json.TokenType is not JsonTokenType.Number || !json.TryGetInt64(out var number) || number < 0)
                throw new MalformedDataException("a size or offset is not a whole number of 0 or more");
            if (count == MaxNumbers) throw new MalformedDataException($"a tensor of more than {MaxNumbers} dimensions");
            numbers[count++] = number;
        }
        budget.Take(DimensionCost * (long)count);
        return numbers[..count].ToArray();
    }

    private static string? NextName(ref Utf8JsonReader json) => IsName(ref json) ? json.GetString() : null;

    private static bool IsName(ref Utf8JsonReader json)
    {
        if (!json.Read()) throw new MalformedDataException("the header ends early");
        return json.TokenType is JsonTokenType.PropertyName;
    }

    private static void Expect(ref Utf8JsonReader json, JsonTokenType type)
    {
        if (!json.Read() || json.TokenType != type) throw new MalformedDataException($"expected {type}, got {json.TokenType}");
    }
}
