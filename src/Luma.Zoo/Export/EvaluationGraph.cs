using Luma.Neural;
using Luma.Neural.Observation;

namespace Luma.Zoo.Export;

/// <summary>Graphs of what networks compute in evaluation mode, whatever mode they are in.</summary>
internal static class EvaluationGraph
{
    /// <summary>Records a network with images of zeros.</summary>
    /// <param name="network">The network. Its mode stays as it is.</param>
    /// <param name="imageShape">The shape of an image.</param>
    /// <param name="count">How many images there are; a graph does not depend on it.</param>
    /// <returns>The graph.</returns>
    /// <exception cref="ArgumentException">A size is below 1.</exception>
    /// <exception cref="InputShapeException">The network does not take such images.</exception>
    public static Graph Record(NeuralModule network, IReadOnlyList<long> imageShape, long count = 1)
    {
        if (imageShape.Count == 0 || imageShape.Any(size => size < 1))
            throw new ArgumentException($"Every size of an image must be at least 1, got ({string.Join(", ", imageShape)}).", nameof(imageShape));

        using var image = zeros([count, .. imageShape], network.TypeOfInputs(), network.parameters().FirstOrDefault()?.device ?? CPU);
        using var modes = new ModuleModes(network);
        modes.Evaluate();
        return Graph.Record(network, image);
    }
}
