using System.Buffers.Binary;
using System.Text.Json;

namespace Luma.Zoo.Weights.Formats;

/// <summary>
/// Writes safetensors: the header names the tensors in their order; the tensors lie by falling element size, so each is aligned.
/// </summary>
internal static class SafetensorsWriter
{
    private const int Alignment = 8;

    /// <summary>How many bytes the file of a state dict will have.</summary>
    /// <exception cref="NotSupportedException">Safetensors does not have a tensor's type.</exception>
    public static long SizeOf(StateDict weights)
    {
        var (_, offsets, end) = Place(weights);
        return sizeof(long) + Header(weights, offsets).Length + end;
    }

    public static void Write(StateDict weights, WeightOutput output)
    {
        var (placed, offsets, end) = Place(weights);
        var header = Header(weights, offsets);
        Span<byte> length = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        output.Total = end;
        output.Stream.Write(length);
        output.Stream.Write(header.Span);
        foreach (var entry in placed) output.Write(entry.View);
    }

    // The tensors in the order in which they lie, where each begins, and where the last ends.
    private static (List<TensorEntry> Placed, Dictionary<string, long> Offsets, long End) Place(StateDict weights)
    {
        foreach (var entry in weights.Entries)
        {
            // The type C64 is newer than most of its readers.
            if (entry.View.Type.Safetensors is null || entry.View.Type.IsComplex)
                throw new NotSupportedException($"Safetensors has no type for '{entry.Name}' of {entry.DType}: write it to PyTorch's zip format, under .pth.");
        }

        var placed = weights.Entries.OrderByDescending(entry => entry.View.Type.Size).ToList();
        Dictionary<string, long> offsets = [];
        var end = 0L;
        foreach (var entry in placed)
        {
            offsets.Add(entry.Name, end);
            end += entry.ByteCount;
        }
        return (placed, offsets, end);
    }

    private static ReadOnlyMemory<byte> Header(StateDict weights, Dictionary<string, long> offsets)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteStartObject("__metadata__");
            // What Python's libraries look for to know that the tensors are PyTorch's.
            if (!weights.Metadata.ContainsKey("format")) json.WriteString("format", "pt");
            foreach (var (key, value) in weights.Metadata) json.WriteString(key, value);
            json.WriteEndObject();
            foreach (var entry in weights.Entries)
            {
                json.WriteStartObject(entry.Name);
                json.WriteString("dtype", entry.View.Type.Safetensors);
                WriteNumbers(json, "shape", entry.Shape);
                WriteNumbers(json, "data_offsets", [offsets[entry.Name], offsets[entry.Name] + entry.ByteCount]);
                json.WriteEndObject();
            }
            json.WriteEndObject();
        }
        while (bytes.Length % Alignment != 0) bytes.WriteByte((byte)' ');
        return bytes.GetBuffer().AsMemory(0, (int)bytes.Length);
    }

    private static void WriteNumbers(Utf8JsonWriter json, string name, IReadOnlyList<long> numbers)
    {
        json.WriteStartArray(name);
        foreach (var number in numbers) json.WriteNumberValue(number);
        json.WriteEndArray();
    }
}
