using Luma.Neural.Observation;
using Luma.Neural.Operations;

namespace Luma.Neural.Passes;

/// <summary>
/// Puts a constant factor on the result of a convolution or dense layer into its weights: one number, or one for each output, such as
/// ConvNeXt's layer scale.
/// </summary>
internal static class ScaleFolding
{
    public static Graph Apply(Graph graph)
    {
        using var noGrad = no_grad();
        var editor = new GraphEditor(graph);
        foreach (var node in graph.Nodes)
        {
            using var scope = NewDisposeScope();
            if (FactorOf(editor, node) is not var (scaled, factor)) continue;

            // The dimensions may have been put into another order in between.
            var permutation = editor.Producer(scaled) is { Operation: Operation.Permute } between && editor.OnlyReader(scaled) is not null ? between : null;
            if (ProductWeights.Of(editor, permutation?.Inputs[0] ?? scaled) is not { } product) continue;
            if (!IsPerOutput(factor, product, permutation?.Operation as Operation.Permute)) continue;

            editor.Replace(product.Node, product.Node.Operation, product.Transformed(editor, factor, shift: null));
            editor.Redirect(node.Output, scaled);
            editor.Remove(node);
        }
        return editor.Finish();
    }

    private static (int Value, Tensor Factor)? FactorOf(GraphEditor editor, GraphNode node) => node.Operation switch
    {
        Operation.Scale scale => (node.Inputs[0]!.Value, tensor(scale.Factor, float64)),
        Operation.Multiply when editor.Constant(node.Inputs[0]) is { } factor => (node.Inputs[1]!.Value, factor),
        Operation.Multiply when editor.Constant(node.Inputs[1]) is { } factor => (node.Inputs[0]!.Value, factor),
        _ => null,
    };

    // A single number, or as many as there are outputs, along their dimension.
    private static bool IsPerOutput(Tensor factor, ProductWeights product, Operation.Permute? permutation)
    {
        if (factor.NumberOfElements == 1) return factor.Dimensions <= product.Rank;

        var missing = product.Rank - (int)factor.Dimensions;
        var along = Enumerable.Range(0, (int)factor.Dimensions).Where(dimension => factor.size(dimension) != 1).ToList();
        if (missing < 0 || along.Count != 1 || factor.size(along[0]) != product.Weight.size(0)) return false;

        var dimension = along[0] + missing;
        return product.IsChannel((int)(permutation?.Dimensions[dimension] ?? dimension));
    }
}
