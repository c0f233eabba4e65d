using Luma.Neural.Observation;

namespace Luma.Zoo.Export.Onnx;

/// <summary>
/// The shapes of a graph's values at several sizes of its input: a size that is the same in all of them is a number in the model, one that
/// differs is free. Nothing is computed: libtorch's device <c>meta</c> knows shapes alone.
/// </summary>
internal sealed class GraphShapes
{
    private readonly List<Dictionary<int, long[]>> samples = [];

    /// <summary>Finds the shapes.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="inputs">The shapes of its input, different in every size that is free.</param>
    public GraphShapes(Graph graph, IEnumerable<long[]> inputs)
    {
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        var constants = graph.Constants.ToDictionary(constant => constant.Value, constant => constant.Tensor.to(META));
        var type = graph.Constants.Select(constant => constant.Tensor.dtype).FirstOrDefault(type => type is not ScalarType.Int64, ScalarType.Float32);
        foreach (var input in inputs) samples.Add(Shapes(graph, constants, empty(input, type, META)));
    }

    /// <summary>The sizes of a value in each sample.</summary>
    public IReadOnlyList<long[]> Of(int value) => [.. samples.Select(sample => sample[value])];

    /// <summary>The sizes of a value; null for those that are free.</summary>
    public long?[] Fixed(int value) =>
        [.. Of(value)[0].Select((size, axis) => samples.TrueForAll(sample => sample[value][axis] == size) ? size : (long?)null)];

    private static Dictionary<int, long[]> Shapes(Graph graph, Dictionary<int, Tensor> constants, Tensor input)
    {
        using var scope = NewDisposeScope();
        var values = new Dictionary<int, Tensor>(constants) { [Graph.Input] = input };
        foreach (var node in graph.Nodes)
        {
            var output = node.Operation.Compute([.. node.Inputs.Select(number => number is { } value ? values[value] : null)]);
            // What is made of nothing is made on the network's device.
            values[node.Output] = output.device_type == DeviceType.META ? output : output.to(META);
        }
        return values.ToDictionary(entry => entry.Key, entry => entry.Value.shape);
    }
}
