using Luma.Neural.Observation;
using Luma.Neural.Operations;

namespace Luma.Neural.Passes;

/// <summary>
/// Makes of a convolution over concatenated channels one convolution for each part, which add up, so that the parts need not be copied side
/// by side. Where the whole was pooled in between, each part is.
/// </summary>
internal static class ConcatenationSplitting
{
    // oneDNN computes so many channels at a time; with fewer in a part it would compute zeros.
    private const long Lanes = 16;

    public static Graph Apply(Graph graph)
    {
        using var noGrad = no_grad();
        var editor = new GraphEditor(graph);
        foreach (var node in graph.Nodes)
        {
            if (node.Operation is not Operation.Convolution { Groups: 1 } convolution) continue;
            if (editor.Constant(node.Inputs[1]) is not { } weight || editor.ShapeOf(node.Output).Count != 4) continue;
            // A shortcut is added to the result already, and a convolution adds one tensor at most.
            if (editor.OnlyReader(node.Output) is { Operation: Operation.Add }) continue;

            var value = node.Inputs[0]!.Value;
            var pool = Source(editor, value) is { Operation: Operation.MaxPool or Operation.AveragePool } pooling ? pooling : null;
            if (Source(editor, pool?.Inputs[0] ?? value) is not { Operation: Operation.Concat { Dimension: 1 } } concat) continue;

            List<int> parts = [.. concat.Inputs.OfType<int>()];
            List<long> channels = [.. parts.Select(part => editor.ShapeOf(part)[1])];
            if (parts.Count < 2 || channels.Any(count => count < Lanes) || !Pays(parts.Count, weight)) continue;

            Split(editor, node, convolution, weight, pool, parts, channels);
            if (pool is not null) editor.Remove(pool);
            editor.Remove(concat);
        }
        return editor.Finish();
    }

    // What is saved is writing and reading all channels once more; what it costs is reading and writing the results once more for each further part.
    private static bool Pays(int parts, Tensor weight) => (parts - 1) * weight.size(0) <= 2 * weight.size(1);

    private static GraphNode? Source(GraphEditor editor, int value) => editor.OnlyReader(value) is null ? null : editor.Producer(value);

    private static void Split(
        GraphEditor editor, GraphNode node, Operation.Convolution convolution, Tensor weight, GraphNode? pool, List<int> parts, List<long> channels)
    {
        var (name, shape) = (editor.NameOf(node.Inputs[1]!.Value), editor.ShapeOf(node.Output));
        var (sum, first) = (0, 0L);
        for (var place = 0; place < parts.Count; first += channels[place++])
        {
            var part = parts[place];
            if (pool is not null) part = editor.Insert(node, pool.Operation, [part], [shape[0], channels[place], .. editor.ShapeOf(pool.Output).Skip(2)]);

            var filters = editor.AddConstant(name, weight.detach().narrow(1, first, channels[place]).clone());
            var product = editor.Insert(node, convolution, [part, filters, place == 0 ? node.Inputs[2] : null], shape);
            if (place == 0) sum = product;
            else if (place < parts.Count - 1) sum = editor.Insert(node, new Operation.Add(InPlace: false), [sum, product], shape);
            else editor.Replace(node, new Operation.Add(InPlace: false), [sum, product]);
        }
    }
}
