using Luma.Neural;
using Luma.Neural.Blocks;
using Luma.Neural.Layers;
using Luma.Neural.Observation;
using Luma.Neural.Operations;

namespace Luma.Zoo.Training;

/// <summary>
/// The part of a network that neither learns nor draws at random, and so gives the same for an image in every epoch, and the rest of it. Found in
/// the recorded graph, whatever the network.
/// </summary>
internal sealed class FrozenPrefix
{
    private const int Probe = 2;

    private readonly Graph graph;
    private readonly List<GraphNode> before = [], after = [];
    private readonly List<int> features = [];

    private FrozenPrefix(Graph graph)
    {
        this.graph = graph;
        var learning = graph.Constants.Where(constant => constant.Tensor.requires_grad).Select(constant => constant.Value).ToHashSet();
        var later = new HashSet<int>(learning);
        foreach (var node in graph.Nodes)
        {
            if (IsRandom(node.Operation) || node.Inputs.OfType<int>().Any(later.Contains))
            {
                after.Add(node);
                later.Add(node.Output);
            }
            else
            {
                before.Add(node);
            }
        }
        var made = before.Select(node => node.Output).Append(Graph.Input).ToHashSet();
        features.AddRange(after.SelectMany(node => node.Inputs.OfType<int>()).Distinct().Where(made.Contains).Order());
    }

    /// <summary>Finds the part.</summary>
    /// <param name="network">The network, in training mode but for what is frozen.</param>
    /// <param name="shape">The shape of an image's input, <c>[C, H, W]</c>.</param>
    /// <param name="count">How many images there are.</param>
    /// <param name="most">How many bytes may be kept of all of them.</param>
    /// <returns>The part; null where there is none, where it is not worth keeping, or where too much would have to be kept.</returns>
    public static FrozenPrefix? Find(NeuralModule network, long[] shape, int count, long most)
    {
        // In training a batch norm changes when it runs, and auxiliary heads are not in the graph.
        if (most == 0 || network is AuxiliaryNetwork { HasAuxiliaries: true } || network.modules().Any(module => module is BatchNorm { training: true })) return null;
        if (network.parameters().All(parameter => parameter.requires_grad)) return null;

        using var scope = NewDisposeScope();
        var device = network.parameters().First().device;
        var input = zeros([Probe, .. shape], network.TypeOfInputs(), device);
        FrozenPrefix prefix;
        try
        {
            prefix = new(Graph.Record(network, input));
        }
        catch (InvalidOperationException)
        {
            // A network of somebody's own, which computes what cannot be recorded.
            return null;
        }

        if (prefix.before.Count == 0 || prefix.features.Contains(Graph.Input)) return null;
        var values = prefix.ComputeFeatures(input);
        var bytes = values.Sum(value => value.NumberOfElements / Probe * value.ElementSize) * count;
        return values.All(value => value.dim() > 0 && value.shape[0] == Probe) && bytes <= most ? prefix : null;
    }

    /// <summary>Computes what the rest of the network needs.</summary>
    /// <param name="input">The images, <c>(N, C, H, W)</c>.</param>
    /// <returns>Its inputs, each <c>(N, ...)</c>, in the caller's dispose scope.</returns>
    public Tensor[] ComputeFeatures(Tensor input)
    {
        using var scope = NewDisposeScope();
        using var ungraded = no_grad();
        var values = Constants();
        values[Graph.Input] = input;
        Run(before, values);
        // Others may overwrite what a view lies on.
        return [.. features.Select(value => values[value].detach().clone().MoveToOuterDisposeScope())];
    }

    /// <summary>Runs the rest of the network.</summary>
    /// <param name="values">What <see cref="ComputeFeatures"/> gave, for any images. It may be overwritten.</param>
    /// <returns>The network's output.</returns>
    public Tensor Finish(IReadOnlyList<Tensor> values)
    {
        using var scope = NewDisposeScope();
        var known = Constants();
        foreach (var (place, value) in features.Index()) known[value] = values[place];
        Run(after, known);
        return known[graph.Output].MoveToOuterDisposeScope();
    }

    private static bool IsRandom(Operation operation) => operation is Operation.Dropout or Operation.ChannelDropout or Operation.SampleMask;

    // As the network itself runs them, so that mixed precision holds here too.
    private static void Run(List<GraphNode> nodes, Dictionary<int, Tensor> values)
    {
        foreach (var node in nodes) values[node.Output] = Ops.Run(node.Operation, [.. node.Inputs.Select(number => number is { } value ? values[value] : null)]);
    }

    private Dictionary<int, Tensor> Constants() => graph.Constants.ToDictionary(constant => constant.Value, constant => constant.Tensor);
}
