using Luma.Neural.Observation;
using Luma.Neural.Operations;

namespace Luma.Neural.Passes;

/// <summary>
/// A copy of a graph that a pass changes. Values keep their numbers, so that what a pass does not touch stays as it is; what no operation
/// reads any more of constants is left out at the end.
/// </summary>
internal sealed class GraphEditor
{
    private readonly LinkedList<GraphNode> nodes;
    private readonly Dictionary<int, LinkedListNode<GraphNode>> producers = [];
    private readonly Dictionary<int, List<int>> readers = [];
    private readonly Dictionary<int, GraphConstant> constants;
    private readonly Dictionary<int, Integers> shapes;
    private readonly HashSet<int> added = [];
    private int output, lastValue;

    public GraphEditor(Graph graph)
    {
        (nodes, constants, shapes) = ([], graph.Constants.ToDictionary(constant => constant.Value), new(graph.Shapes));
        (output, lastValue) = (graph.Output, graph.Shapes.Keys.Max());
        foreach (var node in graph.Nodes) Link(node, producers[node.Output] = nodes.AddLast(node));
    }

    /// <summary>The operation that made a value; null for the input, a constant, or an input that is left out.</summary>
    public GraphNode? Producer(int? value) => value is { } number && producers.TryGetValue(number, out var place) ? place.Value : null;

    /// <summary>The operation that alone reads a value, once; null where there are several, or the value is the graph's output.</summary>
    public GraphNode? OnlyReader(int value) =>
        value != output && readers.TryGetValue(value, out var all) && all.Count == 1 ? producers[all[0]].Value : null;

    /// <summary>The tensor of a constant; null for any other value, or an input that is left out.</summary>
    public Tensor? Constant(int? value) => value is { } number && constants.TryGetValue(number, out var constant) ? constant.Tensor : null;

    /// <summary>The name of a constant.</summary>
    public string NameOf(int constant) => constants[constant].Name;

    /// <summary>The shape that a value had when the graph was recorded.</summary>
    public Integers ShapeOf(int value) => shapes[value];

    /// <summary>Whether the operation that made one value comes before the one that made the other; what no operation made comes first.</summary>
    public bool IsBefore(int value, int other)
    {
        if (!producers.ContainsKey(value)) return true;
        for (var place = producers.GetValueOrDefault(other)?.Previous; place is not null; place = place.Previous)
        {
            if (place.Value.Output == value) return true;
        }
        return false;
    }

    /// <summary>Adds a constant.</summary>
    /// <param name="name">A name, to which something is added if others have it in the end.</param>
    /// <param name="tensor">The tensor, which is taken over.</param>
    /// <returns>The number of its value.</returns>
    public int AddConstant(string name, Tensor tensor)
    {
        var value = NewValue(tensor.shape);
        AddConstant(value, name, tensor);
        return value;
    }

    /// <summary>Puts a constant in the place of an operation that makes a value.</summary>
    public void Replace(GraphNode node, string name, Tensor tensor)
    {
        Remove(node);
        AddConstant(node.Output, name, tensor);
    }

    /// <summary>Puts an operation before another.</summary>
    /// <returns>The number of the value that it makes.</returns>
    public int Insert(GraphNode before, Operation operation, IReadOnlyList<int?> inputs, Integers shape)
    {
        var node = new GraphNode(operation, inputs, NewValue(shape), before.Module);
        Link(node, producers[node.Output] = nodes.AddBefore(producers[before.Output], node));
        return node.Output;
    }

    /// <summary>Computes a value in another way, at the same place.</summary>
    /// <param name="node">The operation that makes it now.</param>
    /// <param name="operation">The operation that shall.</param>
    /// <param name="inputs">What that reads.</param>
    /// <param name="absorbed">Operations whose work it does as well, which are dropped.</param>
    public void Replace(GraphNode node, Operation operation, IReadOnlyList<int?> inputs, params ReadOnlySpan<GraphNode> absorbed)
    {
        var place = producers[node.Output];
        Unlink(node);
        place.Value = node with { Operation = operation, Inputs = inputs, Module = absorbed.IsEmpty ? node.Module : absorbed[0].Module };
        Link(place.Value, place);
        foreach (var other in absorbed) Remove(other);
    }

    /// <summary>Drops an operation.</summary>
    public void Remove(GraphNode node)
    {
        Unlink(node);
        nodes.Remove(producers[node.Output]);
        producers.Remove(node.Output);
    }

    /// <summary>Lets all that reads one value read another.</summary>
    public void Redirect(int from, int to)
    {
        foreach (var reader in readers.GetValueOrDefault(from, []).Distinct().ToList())
        {
            var node = producers[reader].Value;
            Replace(node, node.Operation, [.. node.Inputs.Select(input => input == from ? to : input)]);
        }
        if (output == from) output = to;
    }

    /// <summary>The graph as it is now. New constants that it reads go to the current dispose scope, others are disposed of.</summary>
    public Graph Finish()
    {
        var read = constants.Values.Where(constant => constant.Value == output || readers.GetValueOrDefault(constant.Value) is { Count: > 0 }).ToList();
        var known = read.Select(constant => constant.Value).Concat(producers.Keys).Append(Graph.Input).ToHashSet();
        foreach (var value in added)
        {
            if (known.Contains(value)) CurrentDisposeScope?.Attach(constants[value].Tensor);
            else constants[value].Tensor.Dispose();
        }
        return new(known.ToDictionary(value => value, value => shapes[value]), [.. nodes], WithDistinctNames(read), output);
    }

    private static List<GraphConstant> WithDistinctNames(List<GraphConstant> constants)
    {
        var taken = new HashSet<string>();
        return [.. constants.Select(constant => taken.Add(constant.Name) ? constant : constant with { Name = $"{constant.Name}.{constant.Value}" })];
    }

    private void AddConstant(int value, string name, Tensor tensor)
    {
        tensor.DetachFromDisposeScope();
        constants.Add(value, new(value, name, tensor));
        added.Add(value);
    }

    private int NewValue(Integers shape)
    {
        shapes.Add(++lastValue, shape);
        return lastValue;
    }

    private void Link(GraphNode node, LinkedListNode<GraphNode> place)
    {
        producers[node.Output] = place;
        foreach (var input in node.Inputs.OfType<int>())
        {
            if (!readers.TryGetValue(input, out var all)) readers[input] = all = [];
            all.Add(node.Output);
        }
    }

    private void Unlink(GraphNode node)
    {
        foreach (var input in producers[node.Output].Value.Inputs.OfType<int>()) readers[input].Remove(node.Output);
    }
}
