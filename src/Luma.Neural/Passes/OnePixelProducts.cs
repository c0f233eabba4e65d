using Luma.Neural.Observation;
using Luma.Neural.Operations;

namespace Luma.Neural.Passes;

/// <summary>
/// Makes dense layers of convolutions over maps of a single pixel, as those of squeeze-and-excitation are: setting up a convolution takes
/// longer than so little computation does.
/// </summary>
internal static class OnePixelProducts
{
    public static Graph Apply(Graph graph)
    {
        using var noGrad = no_grad();
        var editor = new GraphEditor(graph);
        foreach (var node in graph.Nodes)
        {
            var convolution = node.Operation as Operation.Convolution ?? (node.Operation as Operation.FusedConvolution)?.Product;
            if (convolution is not { Groups: 1 } || !IsOnePixel(editor, node)) continue;
            if (editor.Constant(node.Inputs[1]) is not { } weight) continue;

            Operation operation = node.Operation is Operation.FusedConvolution fused ? new Operation.FusedLinear(fused.Then) : new Operation.Linear();
            var outputs = weight.size(0);
            var filters = editor.AddConstant(editor.NameOf(node.Inputs[1]!.Value), weight.detach().reshape(outputs, -1).clone());
            List<int?> inputs = [Flat(editor, node, node.Inputs[0]!.Value), filters, node.Inputs[2]];
            if (node.Inputs.Count == 4) inputs.Add(node.Inputs[3] is { } added ? Flat(editor, node, added) : null);

            var product = editor.Insert(node, operation, inputs, [editor.ShapeOf(node.Output)[0], outputs]);
            editor.Replace(node, new Operation.Unflatten(1, [outputs, .. Enumerable.Repeat(1L, convolution.Stride.Count)]), [product]);
        }
        return editor.Finish();
    }

    // One pixel in, one pixel wide, one pixel out: nothing is padded then.
    private static bool IsOnePixel(GraphEditor editor, GraphNode node) =>
        node.Inputs.Take(2).Append(node.Output).All(value => editor.ShapeOf(value!.Value).Skip(2).All(size => size == 1));

    // Of what was flat just before, nothing is left of being made a map.
    private static int Flat(GraphEditor editor, GraphNode before, int value) =>
        editor.Producer(value) is { Operation: Operation.Unflatten { Dimension: 1 }, Inputs: [{ } flat] } && editor.ShapeOf(flat).Count == 2
            ? flat
            : editor.Insert(before, new Operation.Flatten(1, -1), [value], [.. editor.ShapeOf(value).Take(2)]);
}
