using Luma.Neural.Observation;

namespace Luma.Neural.Passes;

/// <summary>A rule by which a graph is made into another that computes the same.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Summary">What it does, in a few words.</param>
/// <param name="Apply">
/// Applies it. The graph that is given stays as it is, and constants that are made belong to the current dispose scope.
/// </param>
/// <param name="Float32Only">Whether it adds roundings that lower precision would show, so that it is for float32 alone.</param>
public sealed record GraphPass(string Name, string Summary, Func<Graph, Graph> Apply, bool Float32Only = false);

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
        new("concatenation", "convolutions read the parts of a concatenation one by one", ConcatenationSplitting.Apply, Float32Only: true),
        new("norm-clamp", "batch normalisation and ReLU become a clamp and go into the weights after it", NormClamping.Apply, Float32Only: true),
        new("addition", "convolutions and dense layers add to shortcuts", AdditionFusion.Apply),
        new("activation", "convolutions and dense layers apply activations", ActivationFusion.Apply),
        new("one-pixel", "convolutions over one pixel become dense layers", OnePixelProducts.Apply),
        new("dead-nodes", "what nothing reads is dropped", DeadNodeRemoval.Apply),
    ];

    /// <summary>The passes for networks that compute in a type.</summary>
    public static IEnumerable<GraphPass> For(ScalarType type) => All.Where(pass => type == ScalarType.Float32 || !pass.Float32Only);

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
