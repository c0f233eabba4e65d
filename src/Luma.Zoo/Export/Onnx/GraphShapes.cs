using Luma.Neural.Observation;

namespace Luma.Zoo.Export.Onnx;

/// <summary>
/// The shapes of a graph's values at several shapes of its input: a size that is the same in all of them is a number in the model, one that
/// differs is free.
/// </summary>
/// <param name="samples">The graph, recorded with inputs that differ in every size that is free. Values bear the same numbers in all of them.</param>
internal sealed class GraphShapes(IReadOnlyList<Graph> samples)
{
    /// <summary>The sizes of a value in each sample.</summary>
    public IReadOnlyList<long[]> Of(int value) => [.. samples.Select(sample => (long[])[.. sample.ShapeOf(value)])];

    /// <summary>The sizes of a value; null for those that are free.</summary>
    public long?[] Fixed(int value)
    {
        var all = Of(value);
        return [.. all[0].Select((size, axis) => all.All(shape => shape[axis] == size) ? size : (long?)null)];
    }
}
