using Luma.Neural.Observation;
using Luma.Neural.Operations;

namespace Luma.Neural.Passes;

/// <summary>Lets no operation take the place of its input, so that values can be read at any time: the other passes expect it.</summary>
internal static class OutOfPlace
{
    public static Graph Apply(Graph graph)
    {
        var editor = new GraphEditor(graph);
        foreach (var node in graph.Nodes) editor.Replace(node, Without(node.Operation), node.Inputs);
        return editor.Finish();
    }

    private static Operation Without(Operation operation) => operation switch
    {
        Operation.Activation activation => activation with { InPlace = false },
        Operation.Add add => add with { InPlace = false },
        Operation.Dropout dropout => dropout with { InPlace = false },
        Operation.ChannelDropout dropout => dropout with { InPlace = false },
        _ => operation,
    };
}
