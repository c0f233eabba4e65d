using System.Globalization;
using System.Text;
using Luma.Neural.Observation;
using Luma.Neural.Operations;
using Luma.Zoo.Export.TorchScript;
using Luma.Zoo.Weights;
using Luma.Zoo.Weights.Formats;
using static Luma.Zoo.Export.TorchScript.ScriptText;

namespace Luma.Zoo.Inference.Compilation;

/// <summary>A graph as TorchScript that computes convolutions and dense layers by oneDNN.</summary>
internal sealed class OneDnnScript
{
    /// <summary>The method that brings the weights into oneDNN's own order. It is called once.</summary>
    public const string Prepack = "prepack";

    /// <summary>The method that drops the weights.</summary>
    // TorchSharp does not free the modules that it has loaded.
    public const string Release = "release";

    private const string NoFunction = "\"none\", [], \"\"";

    private readonly Graph graph;
    private readonly ScalarType type;
    private readonly long batch;
    private readonly FreeValues free;
    private readonly Dictionary<int, string> names;
    private readonly HashSet<int> weights;
    private readonly StringBuilder prepack = new();
    private readonly HashSet<int> packed = [];

    public OneDnnScript(Graph graph, ScalarType type, long batch)
    {
        (this.graph, this.type, this.batch, free) = (graph, type, batch, new(graph));
        names = graph.Constants.Index().ToDictionary(constant => constant.Item.Value, constant => $"p{constant.Index}");
        // A weight that something else reads as well must stay as it is.
        weights = graph.Constants.Select(constant => constant.Value).ToHashSet();
        foreach (var node in graph.Nodes)
        {
            var isProduct = node.Operation is Operation.Convolution or Operation.FusedConvolution or Operation.Linear or Operation.FusedLinear;
            weights.ExceptWith(node.Inputs.Where((_, place) => !(isProduct && place == 1)).OfType<int>());
        }
    }

    /// <summary>Writes the archive.</summary>
    public void Write(Stream stream)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var methods = GraphScript.Forward(graph, constant => $"self.{names[constant.Value]}", Expression);
        methods += $"  def {Prepack}(self: {TorchScriptArchive.Type}) -> int:\n{prepack}    return 0\n";
        methods += $"  def {Release}(self: {TorchScriptArchive.Type}) -> int:\n{string.Concat(names.Values.Select(name => $"    self.{name} = torch.zeros([0])\n"))}    return 0\n";

        var keepsType = graph.Nodes.Where(node => node.Operation is Operation.BatchNorm or Operation.LayerNorm)
            .SelectMany(node => node.Inputs.Skip(1).OfType<int>()).ToHashSet();
        using var attributes = StateDict.Of(graph.Constants.Select(constant => KeyValuePair.Create(
            names[constant.Value], Arrange(constant.Tensor, keepsType.Contains(constant.Value)))));
        using var none = StateDict.Of([]);
        new TorchScriptArchive(attributes, _ => ScriptAttribute.Plain, none, methods).Write(new WeightOutput(stream, progress: null, CancellationToken.None));
    }

    // Normalisation takes its numbers as they are, beside values of lower precision.
    private Tensor Arrange(Tensor tensor, bool keepsType)
    {
        var arranged = tensor.detach();
        if (arranged.is_floating_point()) arranged = arranged.to(keepsType ? ScalarType.Float32 : type);
        return arranged.contiguous();
    }

    private string? Expression(GraphNode node, IReadOnlyList<string> x) => node.Operation switch
    {
        Operation.Convolution { Stride.Count: 2 } convolution => Convolution(node, convolution, then: null, x),
        Operation.FusedConvolution { Product.Stride.Count: 2 } fused => Convolution(node, fused.Product, fused.Then, x),
        Operation.Linear => Linear(node, then: null, x),
        Operation.FusedLinear fused => Linear(node, fused.Then, x),
        // libtorch pools volumes in float32 alone.
        Operation.LocalResponseNorm when type != ScalarType.Float32 => $"torch.to({OperationScript.Of(graph, node, [$"torch.to({x[0]}, {(int)ScalarType.Float32})"])}, {(int)type})",
        Operation.Activation or Operation.Add or Operation.Multiply => Elementwise(node, x),
        _ => null,
    };

    // An operator of libtorch in place has an underscore behind its name.
    private string? Elementwise(GraphNode node, IReadOnlyList<string> x)
    {
        for (var input = 0; input < x.Count; input++)
        {
            if (!free.CanTake(node, input)) continue;
            var operation = OperationScript.Of(graph, node, input == 0 ? x : [x[1], x[0]]);
            return operation.Insert(operation.IndexOf('('), "_");
        }
        return null;
    }

    private string? Convolution(GraphNode node, Operation.Convolution convolution, Operation? then, IReadOnlyList<string> x)
    {
        if (node.Inputs[1] is not { } weight || !weights.Contains(weight)) return null;

        // oneDNN's operators pad as much after the input as before it; anything else is put on the input first.
        var same = convolution.PaddingBefore == convolution.PaddingAfter;
        var padding = Text(same ? convolution.PaddingBefore : new long[convolution.Stride.Count]);
        var input = same ? x[0] : $"torch.constant_pad_nd({x[0]}, {OperationScript.Pairs(convolution.PaddingBefore, convolution.PaddingAfter)}, 0)";
        var window = $"{padding}, {Text(convolution.Stride)}, {Text(convolution.Dilation)}, {convolution.Groups}";
        if (packed.Add(weight))
        {
            long[] sizes = [batch, .. graph.ShapeOf(node.Inputs[0]!.Value).Skip(1)];
            for (var axis = 0; axis < convolution.Stride.Count && !same; axis++) sizes[axis + 2] += convolution.PaddingBefore[axis] + convolution.PaddingAfter[axis];
            // From filters with the channels last oneDNN chooses an order for images with the channels last.
            var filters = sizes.Length == 4 ? $"torch.permute(torch.contiguous(torch.permute({x[1]}, [0, 2, 3, 1])), [0, 3, 1, 2])" : x[1];
            Pack(weight, $"ops.mkldnn._reorder_convolution_weight({filters}, {window}, {Text(sizes)})");
        }

        var function = then is null ? null : Function(then);
        var operands = $"{input}, {x[1]}, {x[2]}, {window}";
        if (x is not [_, _, _, not "None"]) return $"ops.mkldnn._convolution_pointwise({operands}, {function ?? NoFunction})";

        // Adding to what is there is a good deal faster than writing the sum to another place.
        var add = $"\"add\", 1.0, {function ?? "None, [], None"}";
        return free.CanTake(node, 3)
            ? $"ops.mkldnn._convolution_pointwise_({x[3]}, {operands}, {add})"
            : $"ops.mkldnn._convolution_pointwise({input}, {x[3]}, {x[1]}, {x[2]}, {window}, {add})";
    }

    private string? Linear(GraphNode node, Operation? then, IReadOnlyList<string> x)
    {
        if (node.Inputs[1] is not { } weight || !weights.Contains(weight)) return null;

        // A single row is bound by reading the weights: libtorch's own product has less to set up.
        var rows = graph.ShapeOf(node.Inputs[0]!.Value).SkipLast(1).Aggregate(1L, (product, size) => product * size);
        if (rows == 1) return null;
        if (packed.Add(weight)) Pack(weight, $"ops.mkldnn._reorder_linear_weight({x[1]}, {rows * batch})");
        var added = x is [_, _, _, not "None"];
        if (!added) return $"ops.mkldnn._linear_pointwise({x[0]}, {x[1]}, {x[2]}, {(then is null ? NoFunction : Function(then))})";

        var sum = $"ops.mkldnn._linear_pointwise({x[0]}, {x[3]}, {x[1]}, {x[2]}, \"add\")";
        return then is null ? sum : OperationScript.Apply(then, sum);
    }

    private void Pack(int weight, string order) => prepack.Append(CultureInfo.InvariantCulture, $"    self.{names[weight]} = {order}\n");

    // An activation in oneDNN's words: its name, its numbers, and by which formula.
    private static string Function(Operation activation) => activation switch
    {
        Operation.ReLU => "\"relu\", [], \"\"",
        Operation.ReLU6 => $"\"hardtanh\", {Numbers(0, 6)}, \"\"",
        Operation.LeakyReLU relu => $"\"leaky_relu\", {Numbers(relu.NegativeSlope)}, \"\"",
        Operation.Tanh => "\"tanh\", [], \"\"",
        Operation.Sigmoid => "\"sigmoid\", [], \"\"",
        Operation.SiLU => "\"swish\", [], \"\"",
        Operation.Hardsigmoid => "\"hardsigmoid\", [], \"\"",
        Operation.Hardswish => "\"hardswish\", [], \"\"",
        Operation.GELU gelu => $"\"gelu\", [], {Quoted(OperationScript.GeluMode(gelu))}",
        _ => throw new NotSupportedException($"oneDNN has no {activation.GetType().Name}."),
    };

    private static string Numbers(params IEnumerable<double> numbers) => $"annotate(List[Optional[number]], [{string.Join(", ", numbers.Select(Text))}])";
}
