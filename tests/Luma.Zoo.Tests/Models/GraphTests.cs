using Luma.Neural;
using Luma.Neural.Observation;
using Luma.Neural.Operations;

namespace Luma.Zoo.Tests.Models;

/// <summary>What an observer sees of every network of the catalogue is the network, complete.</summary>
[Collection(nameof(WholeCatalogue))]
public class GraphTests
{
    public static TheoryData<string> Ids => Catalogue.UpTo(30_000_000);

    [Theory, Trait("Category", "Slow"), MemberData(nameof(Ids))]
    public void A_graph_recorded_with_one_image_is_closed_and_computes_what_the_network_does_for_any_number(string id)
    {
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        using var network = SmallNetwork.Build(id, out var shape);

        var graph = Graph.Record(network, SmallNetwork.DrawImages(1, shape));

        AssertClosed(graph, network);
        // Large ones spend their time on reading their weights again.
        var large = network.parameters().Sum(parameter => parameter.numel()) > 20_000_000;
        foreach (var count in large ? (long[])[3] : [1, 3])
        {
            var images = SmallNetwork.DrawImages(count, shape);
            var (expected, replayed) = (network.call(images), graph.Run(images));
            Assert.Equal(expected.shape, replayed.shape);
            Assert.Equal(expected.data<float>().ToArray(), replayed.data<float>().ToArray());
        }
    }

    [Theory]
    [InlineData("swin_t", 2)]
    [InlineData("swin_v2_t", 1)]
    public void What_depends_on_parameters_alone_is_told_apart(string id, int stagesOfSeveralWindows)
    {
        using var scope = NewDisposeScope();
        using var network = SmallNetwork.Build(id, out _);
        var graph = Graph.Record(network, zeros(1, 3, 64, 64));

        var folded = graph.Nodes.Where(node => graph.IsConstant(node.Output)).ToList();

        // The biases of all twelve blocks, and a mask where the second block of a stage shifts its windows.
        Assert.Equal(12, folded.Count(node => node.Operation is Operation.IndexSelect));
        Assert.Equal(stagesOfSeveralWindows, folded.Count(node => node.Operation is Operation.ShiftMask));
        Assert.All(graph.Nodes, node => Assert.Equal(node.Inputs.All(input => input is null || graph.IsConstant(input.Value)), graph.IsConstant(node.Output)));
        if (id == "swin_v2_t") Assert.Equal(24, folded.Count(node => node.Module.Contains("cpb_mlp", StringComparison.Ordinal) && node.Operation is Operation.Linear));
    }

    // Operations read the network's own parameters and buffers, its input, and earlier results; nothing else, and leave none out.
    private static void AssertClosed(Graph graph, NeuralModule network)
    {
        var own = network.named_parameters().Select(entry => (entry.name, Tensor: (Tensor)entry.parameter))
            .Concat(network.named_buffers(include_nonpersistent: true).Select(entry => (entry.name, Tensor: entry.buffer)))
            .ToDictionary(entry => entry.name, entry => entry.Tensor);
        Assert.All(graph.Constants, constant => Assert.Same(own[constant.Name], constant.Tensor));

        // Counters and auxiliary heads are for training.
        Assert.All(own.Keys.Except(graph.Constants.Select(constant => constant.Name)), unread => Assert.True(
            unread.EndsWith("num_batches_tracked", StringComparison.Ordinal) || unread.StartsWith("aux", StringComparison.OrdinalIgnoreCase), unread));

        var known = graph.Constants.Select(constant => constant.Value).Append(Graph.Input).ToHashSet();
        var paths = network.named_modules().Select(entry => entry.name).Append("").ToHashSet();
        foreach (var node in graph.Nodes)
        {
            Assert.All(node.Inputs, input => Assert.True(input is null || known.Contains(input.Value)));
            Assert.True(known.Add(node.Output));
            Assert.Contains(node.Module, paths);
        }
        Assert.Contains(graph.Output, known);
    }
}
