using Luma.Neural;
using Luma.Neural.Passes;
using Luma.Zoo.Files;
using Luma.Zoo.Weights;
using Luma.Zoo.Weights.Formats;

namespace Luma.Zoo.Export.TorchScript;

/// <summary>Writes networks as TorchScript, which PyTorch runs from Python, C++ and TorchSharp without this library.</summary>
public static class TorchScriptExporter
{
    /// <summary>
    /// Writes a network in evaluation mode as a TorchScript archive: operators of libtorch, for any number of images, with all parameters
    /// and buffers under PyTorch's names.
    /// </summary>
    /// <param name="network">The network. Its mode stays as it is.</param>
    /// <param name="path">The file. One that is there is replaced.</param>
    /// <param name="imageShape">
    /// The shape of an image: <c>(C, H, W)</c>. Most networks take other heights and widths afterwards; those that decide by them, such as
    /// Swin Transformers, are written for these.
    /// </param>
    /// <param name="progress">Is told of the bytes that are written, or null.</param>
    /// <param name="cancellationToken">Stops it; no file is left then.</param>
    /// <exception cref="InputShapeException">The network does not take such images.</exception>
    /// <exception cref="InvalidOperationException">The network computes something that no observer can see.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <remarks>
    /// Python reads it with <c>torch.jit.load(path)</c>, TorchSharp with <c>torch.jit.load&lt;Tensor, Tensor&gt;(path)</c>, and its state dict fits
    /// torchvision's network. It is checked with PyTorch 2.6 and 2.10.
    /// </remarks>
    public static void ExportTorchScript(
        this NeuralModule network, string path, IReadOnlyList<long> imageShape, IProgress<ByteProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(imageShape);

        using var scope = NewDisposeScope();
        var graph = EvaluationGraph.Record(network, imageShape);
        graph = DeadNodeRemoval.Apply(ConstantFolding.WithoutWeights(IdentityRemoval.Apply(OutOfPlace.Apply(graph))));

        using var weights = StateDict.Of(network);
        var computed = graph.Constants.Where(constant => !weights.Contains(constant.Name)).ToList();
        using var constants = StateDict.Of(computed.Select(constant => KeyValuePair.Create(constant.Name, constant.Tensor)));
        var forward = GraphScript.Forward(graph, constant => computed.IndexOf(constant) is >= 0 and var place ? $"CONSTANTS.c{place}" : ScriptModule.Access(constant.Name));

        var parameters = network.named_parameters().Select(entry => entry.name).ToHashSet();
        var archive = new TorchScriptArchive(
            weights, name => parameters.Contains(name) ? ScriptAttribute.Parameter : ScriptAttribute.Buffer, constants, forward);
        AtomicFile.Write(path, stream => archive.Write(new WeightOutput(stream, progress, cancellationToken)));
    }
}
