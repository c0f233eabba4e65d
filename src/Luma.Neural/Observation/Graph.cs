using System.Runtime.InteropServices;
using Luma.Neural.Operations;

namespace Luma.Neural.Observation;

/// <summary>One step of a <see cref="Graph"/>.</summary>
/// <param name="Operation">What is computed.</param>
/// <param name="Inputs">The numbers of the values that it reads; null for an optional one that is left out.</param>
/// <param name="Output">The number of the value that it gives.</param>
/// <param name="Module">The path of the layer or block in which it ran, such as <c>layer1.0.conv1</c>; empty for the network itself.</param>
public sealed record GraphNode(Operation Operation, IReadOnlyList<int?> Inputs, int Output, string Module)
{
    /// <summary>Takes nodes for equal that compute the same of the same values, wherever they ran.</summary>
    internal static IEqualityComparer<GraphNode> Computation { get; } = EqualityComparer<GraphNode>.Create(
        (node, other) => node!.Operation == other!.Operation && node.Output == other.Output && node.Inputs.SequenceEqual(other.Inputs),
        node => HashCode.Combine(node.Operation, node.Output));
}

/// <summary>A parameter or buffer that a <see cref="Graph"/> reads.</summary>
/// <param name="Value">The number of its value.</param>
/// <param name="Name">Its name in the network, as in the state dict.</param>
/// <param name="Tensor">The network's own tensor.</param>
public sealed record GraphConstant(int Value, string Name, Tensor Tensor);

/// <summary>
/// What a network computes, as a list of operations on numbered values: the input, parameters and buffers, and results of earlier
/// operations. It holds no number of images, so it computes for a batch of any size what the network would, to the bit.
/// </summary>
/// <remarks>
/// Its parameters and buffers are the network's own tensors: keep the network alive while you use it, and record it anew when you have
/// moved it to another device or type, which gives it other tensors. Where a network decides by the height and width of its input, as Swin
/// Transformers do, a graph is for the height and width that it was recorded with.
/// <para>
/// A pass (<c>Luma.Neural.Passes</c>) makes of a graph another that computes the same. What constants it makes belong to the dispose scope
/// in which it is called, like any tensor that is computed there; the graph that it was given stays as it is.
/// </para>
/// </remarks>
public sealed class Graph
{
    private readonly Dictionary<int, int> lastReads = [];
    private readonly HashSet<int> varying = [Input];
    private readonly IReadOnlyDictionary<int, Integers> shapes;

    internal Graph(IReadOnlyDictionary<int, Integers> shapes, IReadOnlyList<GraphNode> nodes, IReadOnlyList<GraphConstant> constants, int output)
    {
        (this.shapes, Nodes, Constants, Output) = (shapes, nodes, constants, output);
        foreach (var (place, node) in nodes.Index())
        {
            foreach (var input in node.Inputs.OfType<int>())
            {
                lastReads[input] = place;
                if (varying.Contains(input)) varying.Add(node.Output);
            }
        }
    }

    /// <summary>The number of the network's input.</summary>
    public const int Input = 0;

    /// <summary>The operations in the order in which they ran.</summary>
    public IReadOnlyList<GraphNode> Nodes { get; }

    /// <summary>The parameters and buffers that the operations read, in the order in which they were first read.</summary>
    public IReadOnlyList<GraphConstant> Constants { get; }

    /// <summary>The number of the network's output.</summary>
    public int Output { get; }

    /// <summary>Runs a network once and records what it computes.</summary>
    /// <param name="network">The network, which runs in the mode in which it is: call <c>eval()</c> first for inference.</param>
    /// <param name="input">An input that the network takes; a batch of one will do.</param>
    /// <returns>The graph.</returns>
    /// <exception cref="InvalidOperationException">
    /// The network computes something that no observer can see, or reads a value that an operation in place has overwritten.
    /// </exception>
    public static Graph Record(NeuralModule network, Tensor input)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(input);
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        var recorder = new GraphRecorder(network, input);
        using (ForwardPass.Observe(recorder)) return recorder.Finish(network.call(input));
    }

    /// <summary>Whether a value depends on parameters and buffers alone, and so is the same for every input.</summary>
    /// <param name="value">The value's number.</param>
    /// <returns>Whether it can be computed once and for all.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The graph has no such value.</exception>
    public bool IsConstant(int value)
    {
        _ = ShapeOf(value);
        return !varying.Contains(value);
    }

    /// <summary>The shape that a value had when the graph was recorded.</summary>
    /// <param name="value">The value's number.</param>
    /// <returns>Its sizes, the first of which is the number of images where it has one.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The graph has no such value.</exception>
    public Integers ShapeOf(int value) =>
        shapes.TryGetValue(value, out var shape) ? shape : throw new ArgumentOutOfRangeException(nameof(value), value, "The graph has no such value.");

    /// <summary>The shapes of all values.</summary>
    internal IReadOnlyDictionary<int, Integers> Shapes => shapes;

    /// <summary>Computes the network's output by the operations alone.</summary>
    /// <param name="input">The input: any number of images of the size that was recorded.</param>
    /// <returns>The output.</returns>
    /// <exception cref="InputShapeException">The input has other channels than was recorded, or a size that the graph does not take.</exception>
    /// <exception cref="InvalidOperationException">The network has been moved to another device or type, or disposed of.</exception>
    public Tensor Run(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (Constants.Any(constant => constant.Tensor.IsInvalid))
            throw new InvalidOperationException("The network was moved to another device or type, or disposed of, since it was recorded: record it anew.");
        var inputShape = shapes[Input];
        if (input.Dimensions != inputShape.Count || !input.shape.Skip(1).Take(1).SequenceEqual(inputShape.Skip(1).Take(1))) throw WrongShape(input);

        try
        {
            return Evaluate(input);
        }
        catch (Exception error) when (error is ExternalException or ArgumentException && !input.shape.Skip(1).SequenceEqual(inputShape.Skip(1)))
        {
            throw WrongShape(input);
        }
    }

    private InputShapeException WrongShape(Tensor input) => new(
        $"The graph was recorded for (N, {string.Join(", ", shapes[Input].Skip(1))}) and does not take ({string.Join(", ", input.shape)}): record the network for that size.");

    private Tensor Evaluate(Tensor input)
    {
        using var scope = NewDisposeScope();
        var values = Constants.ToDictionary(constant => constant.Value, constant => constant.Tensor);
        values[Input] = input;

        var results = new HashSet<int>();
        foreach (var (place, node) in Nodes.Index())
        {
            values[node.Output] = node.Operation.Compute([.. node.Inputs.Select(number => number is { } value ? values[value] : null)]);
            results.Add(node.Output);

            // A result that nothing reads any more makes room.
            foreach (var read in node.Inputs.OfType<int>())
            {
                if (lastReads[read] == place && read != Output && results.Remove(read)) values[read].Dispose();
            }
        }
        // What no operation made is the caller's or the network's.
        return (results.Contains(Output) ? values[Output] : values[Output].alias()).MoveToOuterDisposeScope();
    }
}
