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

    public static WeightContent Read(ByteSource source)
    {
        using var prefix = source.Pin(0, LengthBytes);
        var length = BinaryPrimitives.ReadUInt64LittleEndian(prefix.Span);
        if (length > MaxHeader || (long)length > source.Length - LengthBytes)
            throw new WeightFileException(
                source.Name, $"the header is said to have {length} bytes of the file's {source.Length}", "the first 8 bytes");

        using var header = source.Pin(LengthBytes, (long)length);
        var json = new Utf8JsonReader(header.Span, new JsonReaderOptions { MaxDepth = 4 });
        try
        {
            return new(ReadHeader(ref json, source, LengthBytes + (long)length), new Dictionary<string, long>());
        }
        catch (Exception error) when (error is JsonException or MalformedDataException or InvalidOperationException)
        {
            // InvalidOperationException: a string that is not Unicode.
            var problem = error is MalformedDataException ? error.Message : "the header is not the JSON that it should be";
            throw new WeightFileException(source.Name, problem, $"the header at byte {LengthBytes + json.TokenStartIndex}", error);
        }
    }

    private static List<TensorEntry> ReadHeader(ref Utf8JsonReader json, ByteSource source, long data)
    {
        List<TensorEntry> entries = [];
        List<(long Begin, long End, string Name)> places = [];
        HashSet<string> names = [];

        Expect(ref json, JsonTokenType.StartObject);
        while (NextName(ref json) is { } name)
        {
            if (!names.Add(name)) throw new MalformedDataException($"the name '{Printable.Of(name)}' comes twice");
            if (name == "__metadata__")
            {
                Expect(ref json, JsonTokenType.StartObject);
                while (NextName(ref json) is not null) Expect(ref json, JsonTokenType.String);
                continue;
            }

            var (type, shape, begin, end) = ReadTensor(ref json, name);
            if (begin > end || end > source.Length - data)
                throw new MalformedDataException(
                    $"'{Printable.Of(name)}' is said to be at {begin} to {end} of {source.Length - data} bytes");

            var view = new TensorView(new PlainStorage(source, data + begin, end - begin), type, 0, shape, Contiguous(shape));
            if (view.ByteCount != end - begin)
                throw new MalformedDataException(
                    $"'{Printable.Of(name)}' has {view.ByteCount} bytes by its type {type.Safetensors} "
                    + $"and shape ({string.Join(", ", shape)}), but a place of {end - begin}");
            entries.Add(new TensorEntry(name, view));
            places.Add((begin, end, name));
        }
        if (json.Read()) throw new MalformedDataException("something follows the header's object");

        places.Sort();
        var expected = 0L;
        foreach (var (begin, end, name) in places)
        {
            if (begin != expected)
                throw new MalformedDataException($"'{Printable.Of(name)}' begins at {begin}: the one before ends at {expected}");
            expected = end;
        }
        if (expected != source.Length - data)
            throw new MalformedDataException($"the tensors end at {expected} of {source.Length - data} bytes");
        return entries;
    }

    private static (ElementType Type, long[] Shape, long Begin, long End) ReadTensor(ref Utf8JsonReader json, string name)
    {
        ElementType? type = null;
        long[]? shape = null, offsets = null;
        Expect(ref json, JsonTokenType.StartObject);
        while (NextName(ref json) is { } member)
        {
            switch (member)
            {
                case "dtype" when type is null:
                    Expect(ref json, JsonTokenType.String);
                    var typeName = json.GetString()!;
                    type = ElementType.OfSafetensors(typeName)
                        ?? throw new MalformedDataException(
                            $"'{Printable.Of(name)}' has the type '{Printable.Of(typeName)}', which libtorch does not have here");
                    break;
                case "shape" when shape is null:
                    shape = ReadNumbers(ref json);
                    break;
                case "data_offsets" when offsets is null:
                    offsets = ReadNumbers(ref json);
                    break;
                default:
                    throw new MalformedDataException($"'{Printable.Of(name)}' has a second or unknown member '{Printable.Of(member)}'");
            }
        }
        if (type is null || shape is null || offsets is not [var begin, var end])
            throw new MalformedDataException($"'{Printable.Of(name)}' lacks its type, shape or two offsets");
        return (type, shape, begin, end);
    }

    private static long[] ReadNumbers(ref Utf8JsonReader json)
    {
        List<long> numbers = [];
        Expect(ref json, JsonTokenType.StartArray);
        while (json.Read() && json.TokenType is not JsonTokenType.EndArray)
        {
            if (json.TokenType is not JsonTokenType.Number || !json.TryGetInt64(out var number) || number < 0)
                throw new MalformedDataException("a size or offset is not a whole number of 0 or more");
            numbers.Add(number);
        }
        return [.. numbers];
    }

    private static long[] Contiguous(long[] shape)
    {
        var strides = new long[shape.Length];
        var step = 1L;
        for (var axis = shape.Length - 1; axis >= 0; axis--)
        {
            strides[axis] = step;
            // Sizes whose product overflows are refused by the view.
            step = unchecked(step * Math.Max(shape[axis], 1)) & long.MaxValue;
        }
        return strides;
    }

    private static string? NextName(ref Utf8JsonReader json)
    {
        if (!json.Read()) throw new MalformedDataException("the header ends early");
        return json.TokenType is JsonTokenType.PropertyName ? json.GetString() : null;
    }

    private static void Expect(ref Utf8JsonReader json, JsonTokenType type)
    {
        if (!json.Read() || json.TokenType != type) throw new MalformedDataException($"expected {type}, got {json.TokenType}");
    }
}
