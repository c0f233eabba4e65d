using Luma.Neural.Observation;

namespace Luma.Neural.Passes;

/// <summary>Computes once what depends on parameters and buffers alone, such as position biases, so that it is a constant itself.</summary>
internal static class ConstantFolding
{
    public static Graph Apply(Graph graph) => Fold(graph, ofWeights: true);

    /// <summary>Computes only what depends on no parameter and no buffer either, such as the masks of shifted windows.</summary>
    public static Graph WithoutWeights(Graph graph) => Fold(graph, ofWeights: false);

    private static Graph Fold(Graph graph, bool ofWeights)
    {
        using var noGrad = no_grad();
        var editor = new GraphEditor(graph);
        var known = ofWeights ? graph.Constants.Select(constant => constant.Value).ToHashSet() : [];
        foreach (var node in graph.Nodes)
        {
            if (!graph.IsConstant(node.Output) || Enumerable.Range(0, node.Inputs.Count).Any(node.Operation.Overwrites)) continue;

            // What is computed from what cannot be folded cannot be folded.
            if (!node.Inputs.OfType<int>().All(known.Contains)) continue;

            using var scope = NewDisposeScope();
            known.Add(node.Output);
            // A view of a parameter would change with it.
            var output = node.Operation.Compute([.. node.Inputs.Select(editor.Constant)]);
            editor.Replace(node, $"{Prefix(node)}folded_{node.Output}", node.Operation.MayShareMemory() ? output.clone() : output);
        }
        return editor.Finish();
    }

    private static string Prefix(GraphNode node) => node.Module.Length == 0 ? "" : $"{node.Module}.";
}
