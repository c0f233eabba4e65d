using System.Runtime.InteropServices;
using Luma.Neural;
using Luma.Neural.Observation;
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
    private static readonly (long Height, long Width)[] Growths = [(0, 0), (32, 64), (1, 3)];

    // So many images that no other size is likely to be the same.
    private static readonly long[] Counts = [1009, 2003, 3001];

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
        var (graph, isDynamic) = Record(network, shape, options, cancellationToken);
        // What a network needs to know and no tensor tells.
        var facts = new Dictionary<string, string>(options.Metadata);
        foreach (var (key, value) in NetworkFacts.Of(network)) facts.TryAdd(key, value);
        return new OnnxModelBuilder(graph, shape, isDynamic, options with { Metadata = facts }).Write(path, progress, cancellationToken);
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

    // A graph that is the same at several sizes holds none of them.
    private static (Graph Graph, bool IsDynamic) Record(NeuralModule network, long[] shape, OnnxExportOptions options, CancellationToken cancellationToken)
    {
        using var modes = new ModuleModes(network);
        modes.Evaluate();
        var first = network.parameters().FirstOrDefault();
        var graph = At(shape);
        if (options.DynamicSize == false || options.WithPreprocessing || shape.Length == 1) return (graph, false);

        var isDynamic = Growths.Skip(1).All(growth =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                return IsSame(graph, At(Grown(shape, growth)));
            }
            catch (Exception error) when (error is ArgumentException or ExternalException)
            {
                return false;
            }
        });
        if (options.DynamicSize == true && !isDynamic)
            throw new NotSupportedException($"The network computes something else at other sizes of the image than ({string.Join(", ", shape)}), so the model cannot take any size.");
        return (graph, isDynamic);

        Graph At(long[] size)
        {
            using var input = zeros([1, .. size], first?.dtype ?? ScalarType.Float32, first?.device);
            return Graph.Record(network, input);
        }
    }

    /// <summary>The shapes of batches that differ in every size that is free.</summary>
    internal static IEnumerable<long[]> Samples(long[] shape, bool isDynamic) =>
        Counts.Zip(Growths, (count, growth) => (long[])[count, .. isDynamic ? Grown(shape, growth) : shape]);

    private static long[] Grown(long[] shape, (long Height, long Width) growth) =>
        [.. shape.Select((size, axis) => axis == 0 ? size : size + (axis == shape.Length - 1 ? growth.Width : growth.Height + axis - 1))];

    private static bool IsSame(Graph graph, Graph other) =>
        graph.Output == other.Output && graph.Nodes.Count == other.Nodes.Count
        && graph.Nodes.Zip(other.Nodes).All(pair =>
            pair.First.Operation == pair.Second.Operation && pair.First.Output == pair.Second.Output && pair.First.Inputs.SequenceEqual(pair.Second.Inputs))
        && graph.Constants.Select(constant => (constant.Value, constant.Name)).SequenceEqual(other.Constants.Select(constant => (constant.Value, constant.Name)));
}
