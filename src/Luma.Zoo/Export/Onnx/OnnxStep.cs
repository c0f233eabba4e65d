using Luma.Neural.Observation;

namespace Luma.Zoo.Export.Onnx;

/// <summary>The translation of one operation: its inputs by ONNX's names, what is known of their shapes, and the graph that it adds to.</summary>
/// <param name="graph">The graph.</param>
/// <param name="node">The operation.</param>
/// <param name="inputs">The names of its inputs; null for an optional one that is left out.</param>
/// <param name="shapes">The shapes of the values.</param>
internal sealed class OnnxStep(OnnxGraph graph, GraphNode node, IReadOnlyList<string?> inputs, GraphShapes shapes)
{
    /// <summary>The graph.</summary>
    public OnnxGraph Graph => graph;

    /// <summary>The name of an input; null for an optional one that is left out.</summary>
    public string? this[int input] => inputs[input];

    /// <summary>The first input.</summary>
    public string X => this[0]!;

    /// <summary>All inputs.</summary>
    public string?[] All => [.. inputs];

    /// <summary>The translation of an operation within this one, which reads other values.</summary>
    public OnnxStep With(params IReadOnlyList<string?> others) => new(graph, node, others, shapes);

    /// <summary>The sizes of an input; null for those that are free.</summary>
    public long?[] Shape(int input) => shapes.Fixed(node.Inputs[input]!.Value);

    /// <summary>The number of dimensions of an input.</summary>
    public int Rank(int input) => shapes.Of(node.Inputs[input]!.Value)[0].Length;

    /// <summary>Adds a node.</summary>
    /// <inheritdoc cref="OnnxGraph.Add"/>
    public string Add(string kind, ReadOnlySpan<string?> inputs, params ReadOnlySpan<(string Name, object Value)> attributes) =>
        graph.Add(kind, node.Module, inputs, attributes);

    /// <summary>The exception for an operation that ONNX cannot do.</summary>
    /// <param name="why">What about it, as a sentence goes on.</param>
    public NotSupportedException Refusal(string why) => new(
        $"{node.Operation.GetType().Name} in {(node.Module.Length > 0 ? $"'{node.Module}'" : "the network")} {why}, which cannot be exported to ONNX.");

    /// <summary>The size of a value along an axis, as a list of one integer.</summary>
    public string SizeOf(string value, long axis) => Add("Gather", [Add("Shape", [value]), graph.Ints(axis)], ("axis", 0));

    /// <summary>The slices of a value along an axis.</summary>
    public string Slice(string value, long axis, long start, long? stop, long step = 1) =>
        Add("Slice", [value, graph.Ints(start), graph.Ints(stop ?? long.MaxValue), graph.Ints(axis), graph.Ints(step)]);

    /// <summary>Values side by side; one alone stays as it is.</summary>
    public string Concat(long axis, params IReadOnlyList<string> values) => values is [var only] ? only : Add("Concat", [.. values], ("axis", axis));

    /// <summary>The first input in the shape of the output.</summary>
    /// <remarks>
    /// A size that is free is ONNX's 0 where the input has it in the same place, its -1 once, and else looked up in the input's shape.
    /// </remarks>
    public string Reshape()
    {
        var (from, to) = (shapes.Of(node.Inputs[0]!.Value), shapes.Of(node.Output));
        var free = shapes.Fixed(node.Output).Index().Where(size => size.Item is null).Select(size => size.Index).ToList();
        var kept = free.Where(axis => axis < from[0].Length && IsSame(axis, axis)).ToList();
        var open = free.Except(kept).ToList();
        if (open.Count <= 1)
            return Add("Reshape", [X, graph.Ints([.. to[0].Select((size, axis) => kept.Contains(axis) ? 0 : open.Contains(axis) ? -1 : size)])]);

        var origins = free.ToDictionary(axis => axis, axis => Enumerable.Range(0, from[0].Length).Where(other => IsSame(axis, other)).Cast<int?>().FirstOrDefault());
        var unknown = origins.Where(origin => origin.Value is null).Select(origin => origin.Key).ToList();
        if (unknown.Count > 1) throw Refusal("makes several sizes that are not known beforehand");

        var parts = to[0].Select((size, axis) =>
            unknown.Contains(axis) ? graph.Ints(-1) : origins.TryGetValue(axis, out var origin) ? SizeOf(X, origin!.Value) : graph.Ints(size));
        return Add("Reshape", [X, Concat(0, [.. parts])]);

        bool IsSame(int axis, int other) => from.Zip(to).All(sample => sample.First[other] == sample.Second[axis]);
    }
}
