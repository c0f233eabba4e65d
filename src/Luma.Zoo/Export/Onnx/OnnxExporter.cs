using System.Runtime.InteropServices;
using Luma.Neural;
using Luma.Neural.Observation;
using Luma.Neural.Passes;
using Luma.Zoo.Weights;

namespace Luma.Zoo.Export.Onnx;

/// <summary>Writes networks as ONNX models, which other runtimes run.</summary>
public static class OnnxExporter
{
    /// <summary>The version of ONNX's operations that models are made of.</summary>
    public const int Opset = 17;

    // The version of ONNX's format that came with it.
    internal const int FormatVersion = 8;

    // How much larger a network is tried on to see whether it computes the same at every size: what is rounded to a multiple, or depends on
    // what is even, differs at one of them.
    private static readonly (long Height, long Width)[] Growths = [(32, 64), (1, 3)];

    /// <summary>Writes a network as an ONNX model, as it computes in evaluation mode.</summary>
    /// <param name="network">The network. It stays as it is.</param>
    /// <param name="path">The file. One that is there is replaced; at no time is there half a model.</param>
    /// <param name="options">How it is written, with the shape of the input.</param>
    /// <param name="progress">Is told how many bytes of the weights are written.</param>
    /// <param name="cancellationToken">Stops the work; a file that is there stays as it was.</param>
    /// <returns>What was written.</returns>
    /// <remarks>
    /// The model takes any number of images. Its initialisers are the network's parameters and buffers under PyTorch's names, so that
    /// <see cref="StateDict.Open(string, WeightFileOptions?)"/> reads them back.
    /// </remarks>
    /// <exception cref="ArgumentException">The options make no sense.</exception>
    /// <exception cref="InputShapeException">The network does not take an input of the shape.</exception>
    /// <exception cref="NotSupportedException">The network computes what ONNX cannot, or is asked for in a way that it cannot be had.</exception>
    /// <exception cref="IOException">The file cannot be written; the message names it as it was given.</exception>
    public static OnnxExportReport ExportOnnx(
        this NeuralModule network, string path, OnnxExportOptions options, IProgress<ByteProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(options);
        var shape = InputShape(options);
        if (options.InputName.Length == 0 || options.OutputName.Length == 0 || options.InputName == options.OutputName)
            throw new ArgumentException("The model's input and output need a name each.", nameof(options));

        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var (samples, isDynamic) = Record(network, shape, options, cancellationToken);
        var graph = options.FoldBatchNorm ? BatchNormFolding.Apply(samples[0]) : samples[0];
        // What a network needs to know and no tensor tells.
        var facts = new Dictionary<string, string>(options.Metadata);
        foreach (var (key, value) in NetworkFacts.Of(network)) facts.TryAdd(key, value);
        return new OnnxModelBuilder(graph, new(samples), shape, isDynamic, options with { Metadata = facts }).Write(path, progress, cancellationToken);
    }

    private static long[] InputShape(OnnxExportOptions options)
    {
        options.Preset?.Validate();
        long[] shape = [.. options.InputShape ?? options.Preset?.GetInputShape() ?? throw new ArgumentException($"The shape of the input must be given: {nameof(options.InputShape)} or {nameof(options.Preset)}.", nameof(options))];
        if (shape.Length is < 1 or > 4 || Array.Exists(shape, size => size < 1))
            throw new ArgumentException($"An image has one to four sizes of at least 1, not ({string.Join(", ", shape)}).", nameof(options));
        if (options.WithPreprocessing && (options.Preset is null || !shape.SequenceEqual(options.Preset.GetInputShape())))
            throw new ArgumentException("A model that prepares images itself takes them as its preset says: give the preset, and no other shape.", nameof(options));
        return shape;
    }

    // A graph that is the same at several sizes, and for several numbers of images, holds none of them.
    private static (IReadOnlyList<Graph> Samples, bool IsDynamic) Record(
        NeuralModule network, long[] shape, OnnxExportOptions options, CancellationToken cancellationToken)
    {
        List<Graph> samples = [At(1, shape)];
        if (options.DynamicSize != false && !options.WithPreprocessing && shape.Length > 1)
        {
            if (Growths.All(growth => TryAt(samples.Count + 1, Grown(shape, growth)))) return (samples, true);
            if (options.DynamicSize == true)
                throw new NotSupportedException($"The network computes something else at other sizes of the image than ({string.Join(", ", shape)}), so the model cannot take any size.");
        }
        return ([samples[0], At(2, shape)], false);

        bool TryAt(int count, long[] size)
        {
            try
            {
                samples.Add(At(count, size));
                return IsSame(samples[0], samples[^1]);
            }
            catch (Exception error) when (error is ArgumentException or ExternalException)
            {
                return false;
            }
        }

        Graph At(int count, long[] size)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return EvaluationGraph.Record(network, size, count);
        }
    }

    private static long[] Grown(long[] shape, (long Height, long Width) growth) =>
        [.. shape.Select((size, axis) => axis == 0 ? size : size + (axis == shape.Length - 1 ? growth.Width : growth.Height + axis - 1))];

    private static bool IsSame(Graph graph, Graph other) =>
        graph.Output == other.Output && graph.Nodes.SequenceEqual(other.Nodes, GraphNode.Computation)
        && graph.Constants.Select(constant => (constant.Value, constant.Name)).SequenceEqual(other.Constants.Select(constant => (constant.Value, constant.Name)));
}
