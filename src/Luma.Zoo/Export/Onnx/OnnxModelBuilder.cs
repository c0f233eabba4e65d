using System.Reflection;
using System.Text;
using System.Text.Json;
using Luma.Neural.Observation;
using Luma.Zoo.Weights;
using Onnx;

namespace Luma.Zoo.Export.Onnx;

/// <summary>Makes an ONNX model of a graph.</summary>
/// <param name="graph">The graph.</param>
/// <param name="shapes">The shapes of its values.</param>
/// <param name="shape">The shape of one image as the network takes it.</param>
/// <param name="isDynamic">Whether other sizes are taken too.</param>
/// <param name="options">How it is written.</param>
internal sealed class OnnxModelBuilder(Graph graph, GraphShapes shapes, long[] shape, bool isDynamic, OnnxExportOptions options)
{
    private const string BatchName = "N";

    // What a size along an axis is called, from the last back.
    private static readonly string[] SizeNames = ["width", "height", "depth"];

    /// <summary>Makes and writes it.</summary>
    public OnnxExportReport Write(string path, IProgress<ByteProgress>? progress, CancellationToken cancellationToken)
    {
        var kept = options.Type ?? TypeOf(graph);
        if (kept is not (ScalarType.Float32 or ScalarType.Float16 or ScalarType.BFloat16))
            throw new NotSupportedException($"A model is of Float32, Float16 or BFloat16, not of {kept}: say which with {nameof(options.Type)}.");

        var onnx = new OnnxGraph(kept == ScalarType.BFloat16 ? ScalarType.Float32 : kept);
        onnx.Proto.Name = options.Metadata.GetValueOrDefault("model") ?? "network";
        var tensors = graph.Constants.Select(constant => Tensor(constant, kept)).ToList();
        foreach (var tensor in tensors) onnx.Reserve(tensor.Proto.Name);
        onnx.Reserve(options.InputName);
        onnx.Reserve(options.OutputName);
        onnx.Proto.Initializer.AddRange(tensors.Select(tensor => tensor.Proto));

        var names = new Dictionary<int, string> { [Graph.Input] = Input(onnx) };
        foreach (var constant in graph.Constants)
            names[constant.Value] = kept == ScalarType.BFloat16 && constant.Tensor.is_floating_point() ? Cast(onnx, constant.Name, ScalarType.Float32) : constant.Name;
        foreach (var node in graph.Nodes)
        {
            cancellationToken.ThrowIfCancellationRequested();
            names[node.Output] = OnnxTranslations.Translate(node.Operation, new OnnxStep(onnx, node, [.. node.Inputs.Select(input => input is { } value ? names[value] : null)], shapes));
        }
        Output(onnx, names[graph.Output]);

        var external = options.ExternalData ?? OnnxWriter.NeedsExternalData(tensors);
        if (!external && OnnxWriter.NeedsExternalData(tensors))
            throw new NotSupportedException("The weights are above two gigabytes, which is the most that an ONNX file can have: they must be external data.");
        var (data, bytes) = new OnnxWriter(path, progress, cancellationToken).Write(Model(onnx), tensors, external);
        return new(path, data, bytes, tensors.Count, onnx.Proto.Node.Count, isDynamic);
    }

    private static ScalarType TypeOf(Graph graph) =>
        graph.Constants.Select(constant => constant.Tensor).FirstOrDefault(tensor => tensor.is_floating_point())?.dtype ?? ScalarType.Float32;

    private static OnnxTensor Tensor(GraphConstant constant, ScalarType kept)
    {
        var values = (constant.Tensor.is_floating_point() ? constant.Tensor.to(kept) : constant.Tensor).cpu().contiguous();
        var proto = new TensorProto { Name = constant.Name, DataType = (int)OnnxGraph.TypeOf(values.dtype) };
        proto.Dims.AddRange(values.shape);
        return new(proto, values);
    }

    // What the network's first operation reads.
    private string Input(OnnxGraph onnx)
    {
        if (options.WithPreprocessing)
        {
            onnx.Proto.Input.Add(Value(options.InputName, ScalarType.Byte, [BatchName, "height", "width", options.Preset!.Channels]));
            var prepared = OnnxPreprocessing.Add(onnx, options.Preset, options.InputName);
            return onnx.Type == ScalarType.Float32 ? prepared : Cast(onnx, prepared, onnx.Type);
        }
        var sizes = shape.Select((size, axis) => axis > 0 && isDynamic ? (object)SizeNames[shape.Length - 1 - axis] : size);
        onnx.Proto.Input.Add(Value(options.InputName, ScalarType.Float32, [BatchName, .. sizes]));
        return onnx.Type == ScalarType.Float32 ? options.InputName : Cast(onnx, options.InputName, onnx.Type);
    }

    private void Output(OnnxGraph onnx, string result)
    {
        var last = onnx.Type == ScalarType.Float32 ? onnx.Add("Identity", "", [result]) : Cast(onnx, result, ScalarType.Float32);
        var node = onnx.Proto.Node[^1];
        // The network's last operation itself gives the output, unless something else reads it too.
        if (node.OpType == "Identity" && onnx.Proto.Node.Count > 1 && onnx.Proto.Node[^2] is var before && before.Output[0] == result)
        {
            onnx.Proto.Node.RemoveAt(onnx.Proto.Node.Count - 1);
            (node, last) = (before, result);
        }
        node.Output[node.Output.IndexOf(last)] = options.OutputName;
        var sizes = shapes.Fixed(graph.Output).Select((size, axis) => size is { } known ? known : axis == 0 ? (object)BatchName : $"output_{axis}");
        onnx.Proto.Output.Add(Value(options.OutputName, ScalarType.Float32, sizes));
    }

    private static string Cast(OnnxGraph onnx, string value, ScalarType type) => onnx.Add("Cast", value, [value], ("to", (int)OnnxGraph.TypeOf(type)));

    // A size is a number, or a name where it is free.
    private static ValueInfoProto Value(string name, ScalarType type, IEnumerable<object> sizes)
    {
        var shape = new TensorShapeProto();
        foreach (var size in sizes)
            shape.Dim.Add(size is string free ? new TensorShapeProto.Types.Dimension { DimParam = free } : new() { DimValue = Convert.ToInt64(size, null) });
        return new() { Name = name, Type = new() { TensorType = new() { ElemType = (int)OnnxGraph.TypeOf(type), Shape = shape } } };
    }

    private ModelProto Model(OnnxGraph onnx)
    {
        var version = typeof(OnnxModelBuilder).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0];
        var model = new ModelProto
        {
            IrVersion = OnnxExporter.FormatVersion,
            ProducerName = "Luma.Zoo",
            ProducerVersion = version ?? "",
            Graph = onnx.Proto,
        };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = OnnxExporter.Opset });
        foreach (var (key, value) in Metadata()) model.MetadataProps.Add(new StringStringEntryProto { Key = key, Value = value });
        return model;
    }

    private Dictionary<string, string> Metadata()
    {
        var metadata = new Dictionary<string, string>(options.Metadata);
        if (options.Preset is not null) metadata["preset"] = options.Preset.ToJson();
        if (options.Labels.Count > 0) metadata["labels"] = Json(options.Labels);
        return metadata;
    }

    private static string Json(IReadOnlyList<string> texts)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartArray();
            foreach (var text in texts) json.WriteStringValue(text);
            json.WriteEndArray();
        }
        return Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }
}
