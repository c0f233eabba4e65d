using Luma.Neural.Observation;

namespace Luma.Zoo.Inference.Compilation;

/// <summary>Which values of a graph an operation may overwrite with its result, because nothing reads them afterwards.</summary>
internal sealed class FreeValues
{
    private readonly Graph graph;
    private readonly HashSet<int> owned;
    private readonly Dictionary<int, GraphNode> lastReaders = [];

    public FreeValues(Graph graph)
    {
        this.graph = graph;
        // What lies on another's memory, or has another on its own, is not alone there. The input and the weights are not the graph's.
        owned = [.. graph.Nodes.Where(node => !node.Operation.MayShareMemory() && node.Output != graph.Output).Select(node => node.Output)];
        foreach (var node in graph.Nodes)
        {
            if (node.Operation.MayShareMemory()) owned.ExceptWith(node.Inputs.OfType<int>());
            foreach (var input in node.Inputs.OfType<int>()) lastReaders[input] = node;
        }
    }

    /// <summary>Whether a node may put its result in the place of one of its inputs.</summary>
    /// <param name="node">The node.</param>
    /// <param name="input">The input's place among those of the node.</param>
    public bool CanTake(GraphNode node, int input) =>
        node.Inputs[input] is { } value
        && owned.Contains(value)
        && !graph.IsConstant(value)
        && ReferenceEquals(lastReaders[value], node)
        && node.Inputs.Count(other => other == value) == 1
        && graph.ShapeOf(value) == graph.ShapeOf(node.Output);
}
