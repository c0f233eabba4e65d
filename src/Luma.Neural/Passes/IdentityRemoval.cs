using Luma.Neural.Observation;
using Luma.Neural.Operations;

namespace Luma.Neural.Passes;

/// <summary>Drops what changes nothing: identities, which is what dropout is in evaluation, and scaling by 1.</summary>
internal static class IdentityRemoval
{
    public static Graph Apply(Graph graph)
    {
        var editor = new GraphEditor(graph);
        foreach (var node in graph.Nodes)
        {
            if (!ChangesNothing(node.Operation)) continue;

            // What reads it may have been redirected since.
            editor.Redirect(node.Output, editor.Producer(node.Output)!.Inputs[0]!.Value);
            editor.Remove(node);
        }
        return editor.Finish();
    }

    private static bool ChangesNothing(Operation operation) =>
        operation is Operation.Identity or Operation.Dropout { Probability: 0 } or Operation.ChannelDropout { Probability: 0 } or Operation.Scale { Factor: 1 };
}
