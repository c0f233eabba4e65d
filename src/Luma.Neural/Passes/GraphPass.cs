using Luma.Neural.Observation;

namespace Luma.Neural.Passes;

/// <summary>A rule by which a graph is made into another that computes the same.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Summary">What it does, in a few words.</param>
/// <param name="Apply">
/// Applies it. The graph that is given stays as it is, and constants that are made belong to the current dispose scope.
/// </param>
public sealed record GraphPass(string Name, string Summary, Func<Graph, Graph> Apply);

/// <summary>The passes, in the order in which compilation applies them.</summary>
public static class GraphPasses
{
    /// <summary>All passes.</summary>
    public static IReadOnlyList<GraphPass> All { get; } =
    [
        new("out-of-place", "no operation takes the place of its input", OutOfPlace.Apply),
        new("identities", "identities are dropped", IdentityRemoval.Apply),
        new("constants", "what depends on weights alone is computed once", ConstantFolding.Apply),
        new("batch-norm", "batch normalisation goes into the weights before it", BatchNormFolding.Apply),
        new("scale", "constant factors go into the weights before them", ScaleFolding.Apply),
        new("addition", "convolutions and dense layers add to shortcuts", AdditionFusion.Apply),
        new("activation", "convolutions and dense layers apply activations", ActivationFusion.Apply),
        new("one-pixel", "convolutions over one pixel become dense layers", OnePixelProducts.Apply),
        new("dead-nodes", "what nothing reads is dropped", DeadNodeRemoval.Apply),
    ];

    /// <summary>Applies passes one after the other.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="passes">The passes; null for all of them.</param>
    /// <returns>What they make of it.</returns>
    public static Graph Apply(this Graph graph, IEnumerable<GraphPass>? passes = null)
    {
        ArgumentNullException.ThrowIfNull(graph);
        return (passes ?? All).Aggregate(graph, (current, pass) => pass.Apply(current));
    }
}
