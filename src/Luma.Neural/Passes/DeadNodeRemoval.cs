using Luma.Neural.Observation;

namespace Luma.Neural.Passes;

/// <summary>Drops operations whose results nothing reads.</summary>
internal static class DeadNodeRemoval
{
    public static Graph Apply(Graph graph)
    {
        var editor = new GraphEditor(graph);
        var needed = new HashSet<int> { graph.Output };
        foreach (var node in graph.Nodes.Reverse())
        {
            // An operation in place works by what it overwrites as well.
            var overwrites = Enumerable.Range(0, node.Inputs.Count).Any(node.Operation.Overwrites);
            if (overwrites || needed.Contains(node.Output)) needed.UnionWith(node.Inputs.OfType<int>());
            else editor.Remove(node);
        }
        return editor.Finish();
    }
}
