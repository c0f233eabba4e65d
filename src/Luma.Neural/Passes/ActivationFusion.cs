using Luma.Neural.Observation;
using Luma.Neural.Operations;

namespace Luma.Neural.Passes;

/// <summary>Lets a convolution or dense layer apply the activation that follows it.</summary>
internal static class ActivationFusion
{
    public static Graph Apply(Graph graph)
    {
        var editor = new GraphEditor(graph);
        foreach (var node in graph.Nodes)
        {
            if (!node.Operation.IsElementwise || node.Inputs[0] is not { } input || editor.OnlyReader(input) is null) continue;
            if (editor.Producer(input) is not { } product) continue;

            Operation? fused = product.Operation switch
            {
                Operation.Convolution convolution => new Operation.FusedConvolution(convolution, node.Operation),
                Operation.FusedConvolution { Then: null } convolution => convolution with { Then = node.Operation },
                Operation.Linear => new Operation.FusedLinear(node.Operation),
                Operation.FusedLinear { Then: null } => new Operation.FusedLinear(node.Operation),
                _ => null,
            };
            if (fused is not null) editor.Replace(node, fused, [.. product.Inputs, .. product.Inputs.Count == 3 ? [null] : Array.Empty<int?>()], product);
        }
        return editor.Finish();
    }
}
