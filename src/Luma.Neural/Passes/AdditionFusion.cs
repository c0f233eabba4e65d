using Luma.Neural.Observation;
using Luma.Neural.Operations;

namespace Luma.Neural.Passes;

/// <summary>Lets a convolution or dense layer add its result to the tensor that it is added to next, such as a shortcut.</summary>
internal static class AdditionFusion
{
    public static Graph Apply(Graph graph)
    {
        var editor = new GraphEditor(graph);
        foreach (var node in graph.Nodes)
        {
            if (node.Operation is not Operation.Add || node.Inputs is not [{ } left, { } right]) continue;

            // Of two products the later one does it: the other's result is then there.
            var (product, other) = editor.IsBefore(left, right) ? (right, left) : (left, right);
            if (!Fuse(editor, node, product, other)) Fuse(editor, node, other, product);
        }
        return editor.Finish();
    }

    private static bool Fuse(GraphEditor editor, GraphNode node, int product, int other)
    {
        if (editor.OnlyReader(product) is null || editor.ShapeOf(product) != editor.ShapeOf(other)) return false;
        if (editor.Producer(product) is not { } producer) return false;

        Operation? fused = producer.Operation switch
        {
            Operation.Convolution convolution => new Operation.FusedConvolution(convolution, Then: null),
            Operation.Linear => new Operation.FusedLinear(Then: null),
            _ => null,
        };
        if (fused is null) return false;

        editor.Replace(node, fused, [.. producer.Inputs, other], producer);
        return true;
    }
}
