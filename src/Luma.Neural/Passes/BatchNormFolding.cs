using Luma.Neural.Observation;
using Luma.Neural.Operations;

namespace Luma.Neural.Passes;

/// <summary>
/// Puts batch normalisation into the weights of the convolution or dense layer before it, whose outputs it scales and shifts by
/// constants. Jacob et al., "Quantization and Training of Neural Networks" (2018), section 3.2.
/// </summary>
internal static class BatchNormFolding
{
    public static Graph Apply(Graph graph)
    {
        using var noGrad = no_grad();
        var editor = new GraphEditor(graph);
        foreach (var norm in graph.Nodes)
        {
            if (norm.Operation is not Operation.BatchNorm) continue;
            if (ProductWeights.Of(editor, norm.Inputs[0]!.Value) is not { } product || !product.IsChannel(dimension: 1)) continue;

            using var scope = NewDisposeScope();
            if (NormNumbers.Of(editor, norm) is not var (scale, shift)) continue;

            editor.Replace(norm, product.Node.Operation, product.Transformed(editor, scale, shift), product.Node);
        }
        return editor.Finish();
    }
}
