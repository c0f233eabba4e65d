using System.Globalization;
using Google.Protobuf;
using Luma.Neural.Operations;
using Onnx;
using DataType = Onnx.TensorProto.Types.DataType;

namespace Luma.Zoo.Export.Onnx;

/// <summary>An ONNX graph that grows by a node at a time. Values are known by their names.</summary>
/// <param name="type">The type of its floats.</param>
internal sealed class OnnxGraph(ScalarType type)
{
    private readonly HashSet<string> names = [];
    private readonly Dictionary<string, string> constants = [];

    /// <summary>The graph so far.</summary>
    public GraphProto Proto { get; } = new();

    /// <summary>The type of its floats.</summary>
    public ScalarType Type => type;

    /// <summary>Takes a name for a value, so that no other gets it.</summary>
    /// <exception cref="ArgumentException">Another value has it.</exception>
    public void Reserve(string name)
    {
        if (!names.Add(name)) throw new ArgumentException($"The network has a tensor called '{name}': give the model's input and output other names.");
    }

    /// <summary>Adds a node with one output.</summary>
    /// <param name="kind">ONNX's name for what it computes.</param>
    /// <param name="place">Where in the network it stands; the beginning of its name.</param>
    /// <param name="inputs">The values that it reads; null for an optional one that is left out.</param>
    /// <param name="attributes">Its attributes: a <see cref="long"/>, <see cref="double"/>, <see cref="string"/>, <see cref="Integers"/> or tensor each.</param>
    /// <returns>The name of its output.</returns>
    public string Add(string kind, string place, ReadOnlySpan<string?> inputs, params ReadOnlySpan<(string Name, object Value)> attributes)
    {
        while (inputs.Length > 0 && inputs[^1] is null) inputs = inputs[..^1];
        var name = NewName(place.Length == 0 ? kind : $"{place}/{kind}");
        var node = new NodeProto { OpType = kind, Name = name };
        foreach (var input in inputs) node.Input.Add(input ?? "");
        node.Output.Add(name);
        foreach (var (key, value) in attributes) node.Attribute.Add(Attribute(key, value));
        Proto.Node.Add(node);
        return name;
    }

    /// <summary>A constant list of integers.</summary>
    public string Ints(params ReadOnlySpan<long> values)
    {
        Integers list = Integers.Create(values);
        return Constant($"int64 {list}", () => Tensor(DataType.Int64, [list.Count], [.. list.SelectMany(BitConverter.GetBytes)]));
    }

    /// <summary>A constant integer.</summary>
    public string Int(long value) => Constant($"int64 {value}", () => Tensor(DataType.Int64, [], BitConverter.GetBytes(value)));

    /// <summary>A constant number of the graph's type.</summary>
    public string Number(double value) => Number(value, type);

    /// <summary>A constant number of a type.</summary>
    public string Number(double value, ScalarType scalar) => Constant(string.Create(CultureInfo.InvariantCulture, $"{scalar} {value:R}"), () =>
    {
        using var scope = NewDisposeScope();
        return Tensor(tensor(value, float64).to(scalar));
    });

    /// <summary>A constant tensor with a name that tells its content.</summary>
    public string Constant(string content, Func<TensorProto> make)
    {
        if (constants.TryGetValue(content, out var known)) return known;

        var name = NewName($"constant/{content}");
        var node = new NodeProto { OpType = "Constant", Name = name };
        node.Output.Add(name);
        node.Attribute.Add(Attribute("value", make()));
        Proto.Node.Add(node);
        return constants[content] = name;
    }

    /// <summary>The ONNX type of a libtorch type.</summary>
    public static DataType TypeOf(ScalarType scalar) => scalar switch
    {
        ScalarType.Float32 => DataType.Float,
        ScalarType.Float64 => DataType.Double,
        ScalarType.Float16 => DataType.Float16,
        ScalarType.BFloat16 => DataType.Bfloat16,
        ScalarType.Int64 => DataType.Int64,
        ScalarType.Int32 => DataType.Int32,
        ScalarType.Int16 => DataType.Int16,
        ScalarType.Int8 => DataType.Int8,
        ScalarType.Byte => DataType.Uint8,
        ScalarType.Bool => DataType.Bool,
        _ => throw new NotSupportedException($"ONNX has no tensors of {scalar}."),
    };

    /// <summary>A small tensor, whose bytes are copied.</summary>
    public static TensorProto Tensor(Tensor values)
    {
        using var scope = NewDisposeScope();
        return Tensor(TypeOf(values.dtype), values.shape, values.cpu().contiguous().bytes);
    }

    private static TensorProto Tensor(DataType type, ReadOnlySpan<long> shape, ReadOnlySpan<byte> bytes)
    {
        var tensor = new TensorProto { DataType = (int)type, RawData = ByteString.CopyFrom(bytes) };
        foreach (var size in shape) tensor.Dims.Add(size);
        return tensor;
    }

    private static AttributeProto Attribute(string name, object value)
    {
        var attribute = new AttributeProto { Name = name };
        switch (value)
        {
            case long number: (attribute.Type, attribute.I) = (AttributeProto.Types.AttributeType.Int, number); break;
            case int number: (attribute.Type, attribute.I) = (AttributeProto.Types.AttributeType.Int, number); break;
            case double number: (attribute.Type, attribute.F) = (AttributeProto.Types.AttributeType.Float, (float)number); break;
            case string text: (attribute.Type, attribute.S) = (AttributeProto.Types.AttributeType.String, ByteString.CopyFromUtf8(text)); break;
            case TensorProto tensor: (attribute.Type, attribute.T) = (AttributeProto.Types.AttributeType.Tensor, tensor); break;
            case IEnumerable<long> numbers:
                attribute.Type = AttributeProto.Types.AttributeType.Ints;
                attribute.Ints.AddRange(numbers);
                break;
            default: throw new ArgumentException($"An attribute cannot be a {value.GetType().Name}.", nameof(value));
        }
        return attribute;
    }

    private string NewName(string wanted)
    {
        var name = wanted;
        for (var number = 2; !names.Add(name); number++) name = $"{wanted}_{number}";
        return name;
    }
}
