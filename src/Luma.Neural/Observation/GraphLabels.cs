using System.Globalization;
using Luma.Neural.Operations;

namespace Luma.Neural.Observation;

/// <summary>What the operations of a graph are called where people look at it.</summary>
/// <param name="graph">The graph.</param>
internal sealed class GraphLabels(Graph graph)
{
    private readonly HashSet<int> constants = [.. graph.Constants.Select(constant => constant.Value)];

    /// <summary>The values that a node reads and the input or other nodes made.</summary>
    public IEnumerable<int> Sources(GraphNode node) => node.Inputs.OfType<int>().Where(value => !constants.Contains(value));

    /// <summary>An operation with what matters of its attributes, such as <c>Convolution 3x3 /2 + ReLU</c>.</summary>
    public string Of(GraphNode node) => node.Operation switch
    {
        Operation.Convolution convolution => Convolution(node, convolution),
        Operation.FusedConvolution fused => Convolution(node, fused.Product) + Rest(node, fused.Then),
        Operation.FusedLinear fused => "Linear" + Rest(node, fused.Then),
        Operation.MaxPool pool => $"MaxPool {Times(pool.Kernel)}{Stride(pool.Stride)}",
        Operation.AveragePool pool => $"AveragePool {Times(pool.Kernel)}{Stride(pool.Stride)}",
        Operation.AdaptiveAveragePool pool => $"AdaptiveAveragePool {Times(pool.OutputSize)}",
        Operation.Permute permute => $"Permute {permute.Dimensions}",
        Operation.Unflatten unflatten => $"Unflatten {unflatten.Sizes}",
        Operation.Reshape reshape => $"Reshape {reshape.Shape}",
        Operation.Select select => $"Select {select.Index}",
        Operation.Scale scale => string.Create(CultureInfo.InvariantCulture, $"Scale {scale.Factor:G4}"),
        var other => other.GetType().Name,
    };

    /// <summary>A value's shape with N for the number of images, such as <c>(N, 64, 56, 56)</c>.</summary>
    public string Shape(int value)
    {
        var (shape, images) = (graph.ShapeOf(value), graph.ShapeOf(Graph.Input)[0]);
        return $"({string.Join(", ", shape.Select((size, place) => place == 0 && size == images && !graph.IsConstant(value) ? "N" : $"{size}"))})";
    }

    private string Convolution(GraphNode node, Operation.Convolution convolution)
    {
        var groups = convolution.Groups == 1 ? "" : convolution.Groups == graph.ShapeOf(node.Inputs[0]!.Value)[1] ? " depthwise" : $" in {convolution.Groups} groups";
        return $"Convolution {Times(graph.ShapeOf(node.Inputs[1]!.Value).Skip(2))}{Stride(convolution.Stride)}{groups}";
    }

    private static string Rest(GraphNode node, Operation? then) =>
        (node.Inputs[3] is null ? "" : " + Add") + (then is null ? "" : $" + {then.GetType().Name}");

    private static string Stride(Integers stride) => stride.All(step => step == 1) ? "" : $" /{(stride.Distinct().Count() == 1 ? stride[0] : Times(stride))}";

    private static string Times(IEnumerable<long> sizes) => string.Join('x', sizes);
}
