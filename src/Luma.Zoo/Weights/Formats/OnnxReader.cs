using System.Globalization;

namespace Luma.Zoo.Weights.Formats;

/// <summary>
/// Reads the initialisers of an ONNX model: protobuf's message <c>ModelProto</c> of onnx.proto3. Nothing else in it matters here, neither its
/// nodes nor what it computes.
/// </summary>
internal sealed class OnnxReader
{
    private const int MaxRank = 64, MaxName = 4096, MaxText = 1 << 20, MaxFiles = 4096, MaxGraphs = 4096;

    // Roughly what .NET takes for a tensor's entry beside its name, and for a fact.
    private const int EntryCost = 512, FactCost = 128;

    // Fields of onnx.proto3 that are read.
    private const int ModelVersion = 1, ModelGraph = 7, ModelMetadata = 14, GraphInitializer = 5, GraphSparseInitializer = 15;

    private const int TensorDims = 1, TensorType = 2, TensorName = 8, TensorRaw = 9, TensorExternal = 13, TensorLocation = 14;

    private const int EntryKey = 1, EntryValue = 2;

    // What a message ModelProto has at most beside functions and what is to come.
    private const int LastModelField = 32;

    private readonly ByteSource source;
    private readonly WeightFileOptions options;
    private readonly List<ByteSource>? sources;
    private readonly ReadBudget budget;
    private readonly ProtoCursor cursor;
    private readonly List<TensorEntry> entries = [];
    private readonly HashSet<string> names = [];
    private readonly Dictionary<string, string> unread = [], metadata = [];
    private readonly Dictionary<string, ByteSource> files = [];
    private long size;

    private OnnxReader(ByteSource source, WeightFileOptions options, List<ByteSource>? sources, ReadBudget budget) =>
        (this.source, this.options, this.sources, this.budget, cursor, size) = (source, options, sources, budget, new(source, budget), source.Length);

    /// <summary>Reads a model.</summary>
    /// <param name="source">The file.</param>
    /// <param name="options">How it is opened.</param>
    /// <param name="sources">Gets the files that have its weights where these are apart; null where there is no folder to look in.</param>
    /// <param name="budget">Pays for what is made.</param>
    /// <returns>Its initialisers and the size of all its files; null where the file is no ONNX model.</returns>
    /// <exception cref="MalformedDataException">It is one, and damaged or hostile.</exception>
    /// <exception cref="WeightFileException">A file that it names cannot be opened.</exception>
    public static (IReadOnlyList<WeightSet> Sets, long Size)? Read(
        ByteSource source, WeightFileOptions options, List<ByteSource>? sources, ReadBudget budget)
    {
        var reader = new OnnxReader(source, options, sources, budget);
        var graphs = reader.FindGraphs();
        if (graphs is null) return null;
        foreach (var graph in graphs) reader.ReadGraph(graph);
        if (reader.entries.Count == 0 && reader.unread.Count == 0) throw new MalformedDataException("this ONNX model has no initialisers, and so no weights");
        if (reader.entries.Count == 0) throw new MalformedDataException($"'{Printable.Of(reader.unread.Keys.First())}' is {reader.unread.Values.First()}");
        WeightContent content = new(reader.entries, new Dictionary<string, long>()) { Metadata = reader.metadata, Unread = reader.unread };
        return ([new("", () => content)], reader.size);
    }

    // A model has a version and a graph, and its fields end with the file.
    private List<ProtoField>? FindGraphs()
    {
        List<ProtoField> graphs = [];
        var hasVersion = false;
        try
        {
            while (cursor.Next(source.Length) is { } field)
            {
                if (field.Number > LastModelField) return null;
                if (field is { Number: ModelVersion, Wire: ProtoWire.Varint }) hasVersion = true;
                if (field is { Number: ModelGraph, Wire: ProtoWire.Bytes }) graphs.Add(field);
                else if (field is { Number: ModelMetadata, Wire: ProtoWire.Bytes } && hasVersion) ReadFact(field);
                // An object for each part of a graph in pieces is not what a file is worth.
                if (graphs.Count > MaxGraphs) return null;
            }
        }
        catch (MalformedDataException error)
        {
            // What begins as a model does, and has its graph begun, is one that is cut off.
            if (hasVersion && error.IsCutOff && Looks()) throw new MalformedDataException($"this is an ONNX model, and {(graphs.Count > 0 ? "damaged" : "cut off")}: {error.Message}");
            return null;
        }
        return hasVersion && graphs.Count > 0 ? graphs : null;
    }

    // Who wrote it says so in its first bytes.
    private bool Looks()
    {
        using var head = source.Pin(0, Math.Min(source.Length, MaxName));
        return head.Span.IndexOf("onnx"u8) >= 0 || head.Span.IndexOf("pytorch"u8) >= 0 || head.Span.IndexOf("Luma.Zoo"u8) >= 0;
    }

    private void ReadFact(ProtoField field)
    {
        budget.Take(FactCost);
        var (key, value) = ReadEntry(field, "the model's metadata");
        if (key.Length > 0) metadata[key] = value;
    }

    private (string Key, string Value) ReadEntry(ProtoField entry, string what)
    {
        var (key, value) = ("", "");
        var after = cursor.Position;
        cursor.Position = entry.Start;
        while (cursor.Next(entry.End) is { } field)
        {
            if (field.Number == EntryKey) key = cursor.Text(field, MaxName, what);
            else if (field.Number == EntryValue) value = cursor.Text(field, MaxText, what);
        }
        cursor.Position = after;
        return (key, value);
    }

    private void ReadGraph(ProtoField graph)
    {
        cursor.Position = graph.Start;
        while (cursor.Next(graph.End) is { } field)
        {
            if (field is { Number: GraphInitializer, Wire: ProtoWire.Bytes })
            {
                ReadTensor(field);
                cursor.Position = field.End;
            }
            else if (field is { Number: GraphSparseInitializer, Wire: ProtoWire.Bytes })
            {
                budget.Take(EntryCost);
                unread[string.Create(CultureInfo.InvariantCulture, $"sparse initialiser {unread.Count + 1}")] = "a sparse tensor, which is not read";
            }
        }
    }

    private void ReadTensor(ProtoField tensor)
    {
        budget.Take(EntryCost);
        var (name, type, isExternal) = ("", 0L, false);
        ProtoField? raw = null;
        List<long> shape = [];
        Dictionary<string, string> place = [];
        var typed = new OnnxValues(source, cursor, budget);

        cursor.Position = tensor.Start;
        while (cursor.Next(tensor.End) is { } field)
        {
            switch (field.Number)
            {
                case TensorDims: ReadSizes(field, shape); break;
                case TensorType when field.Wire == ProtoWire.Varint: type = field.Value; break;
                case TensorName: name = cursor.Text(field, MaxName, "a tensor's name"); break;
                case TensorRaw when field.Wire == ProtoWire.Bytes: raw = field; break;
                case TensorLocation when field.Wire == ProtoWire.Varint: isExternal = field.Value == 1; break;
                case TensorExternal when field.Wire == ProtoWire.Bytes:
                    budget.Take(FactCost);
                    var (key, value) = ReadEntry(field, "the place of a tensor");
                    place[key] = value;
                    break;
                default: typed.Add(field); break;
            }
        }

        if (name.Length == 0) throw new MalformedDataException($"the tensor at byte {tensor.Start} has no name");
        if (!names.Add(name)) throw new MalformedDataException($"the name '{Printable.Of(name)}' comes twice");
        if (OnnxType.Of(type) is not { IsRead: true } element)
        {
            unread[name] = $"a tensor of the type {OnnxType.NameOf(type)}, which libtorch does not have here";
            return;
        }

        var bytes = ByteCount(name, element, shape);
        Storage storage;
        if (isExternal) storage = External(name, place, bytes);
        else if (raw is { } there) storage = there.Value == bytes ? new PlainStorage(source, there.Start, bytes) : throw WrongSize(name, there.Value, bytes);
        else storage = typed.Of(element, bytes) ?? throw WrongSize(name, null, bytes);
        entries.Add(new TensorEntry(name, new TensorView(storage, element, 0, [.. shape])));
    }

    // One after the other, or all in one field.
    private void ReadSizes(ProtoField field, List<long> shape)
    {
        if (field.Wire == ProtoWire.Varint)
        {
            Add(field.Value);
            return;
        }
        if (field.Wire != ProtoWire.Bytes) throw cursor.Damaged("a size is no number");

        cursor.Position = field.Start;
        while (cursor.Position < field.End) Add(cursor.Varint(field.End));

        void Add(long number)
        {
            if (shape.Count == MaxRank) throw new MalformedDataException($"a tensor of more than {MaxRank} dimensions: at most {MaxRank} are read");
            shape.Add(number >= 0 ? number : throw new MalformedDataException($"a tensor with a size of {number}"));
        }
    }

    private static long ByteCount(string name, ElementType type, List<long> shape)
    {
        try
        {
            return shape.Aggregate((long)type.Size, (product, size) => checked(product * size));
        }
        catch (OverflowException)
        {
            throw new MalformedDataException($"'{Printable.Of(name)}' is too large to exist: ({string.Join(", ", shape)})");
        }
    }

    private static MalformedDataException WrongSize(string name, long? actual, long bytes) => new(
        $"'{Printable.Of(name)}' has {bytes} bytes by its type and shape, but {(actual is null ? "not so many values" : $"a place of {actual}")}");

    // A file beside the model, or below its folder.
    private PlainStorage External(string name, Dictionary<string, string> place, long bytes)
    {
        var file = place.GetValueOrDefault("location", "");
        if (!IsBelow(file)) throw new MalformedDataException($"'{Printable.Of(name)}' is said to be in '{Printable.Of(file)}', which is no file beside the model or below its folder");
        if (sources is null) throw new MalformedDataException($"'{Printable.Of(name)}' is in another file, '{Printable.Of(file)}': open the model by its path");

        var offset = Number("offset", 0);
        if (Number("length", bytes) is var length && length != bytes) throw WrongSize(name, length, bytes);
        var data = Open(file);
        if (offset > data.Length || bytes > data.Length - offset)
            throw new MalformedDataException($"'{Printable.Of(name)}' is said to be at {offset} to {(UInt128)offset + (UInt128)bytes} of the {data.Length} bytes of '{Printable.Of(file)}'");
        return new(data, offset, bytes);

        long Number(string key, long otherwise) => !place.TryGetValue(key, out var text) ? otherwise
            : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
            : throw new MalformedDataException($"the {key} of '{Printable.Of(name)}' is '{Printable.Of(text)}', which is no number");
    }

    private ByteSource Open(string file)
    {
        if (files.TryGetValue(file, out var open)) return open;
        if (files.Count == MaxFiles) throw new MalformedDataException($"the model names more than {MaxFiles} files, which is the most that are read");

        var data = ByteSource.Open(Path.Combine(Path.GetDirectoryName(Path.GetFullPath(source.Name))!, file), options.Map);
        sources!.Add(data);
        size += data.Length;
        return files[file] = data;
    }

    private static bool IsBelow(string file) =>
        !file.AsSpan().ContainsAny('\\', '\0', ':') && !Path.IsPathRooted(file) && Array.TrueForAll(file.Split('/'), part => part is not ("" or "." or ".."));
}
