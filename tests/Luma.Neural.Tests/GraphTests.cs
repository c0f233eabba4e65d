using Luma.Neural.Blocks;
using Luma.Neural.Layers;
using Luma.Neural.Observation;
using Luma.Neural.Operations;

namespace Luma.Neural.Tests;

[Collection(Generator.Name)]
public class GraphTests
{
    [Fact]
    public void A_node_has_its_operation_its_values_and_its_modules_path()
    {
        using var scope = NewDisposeScope();
        using var network = new Sequence { { "first", new Dense(2, 3, bias: false) }, { "rest", new Sequence { new ReLU(), new Dropout() } } };
        network.eval();

        var graph = Graph.Record(network, ones(1, 2));

        Assert.Equal(
            [
                (new Operation.Linear(), "0, 1, -", 2, "first"), (new Operation.ReLU(false), "2", 3, "rest.0"), (new Operation.Identity(), "3", 4, "rest.1"),
            ],
            graph.Nodes.Select(node => (node.Operation, string.Join(", ", node.Inputs.Select(input => input is { } value ? $"{value}" : "-")), node.Output, node.Module)));
        Assert.Equal([(1, "first.weight")], graph.Constants.Select(constant => (constant.Value, constant.Name)));
        Assert.Equal(4, graph.Output);
        Assert.Equal([false, true, false, false, false], Enumerable.Range(0, 5).Select(graph.IsConstant));
    }

    [Fact]
    public void A_single_layer_and_an_empty_sequence_have_graphs()
    {
        using var scope = NewDisposeScope();
        using var layer = new Tanh();
        using var nothing = new Sequence();
        var x = randn(2, 3);

        Assert.Equal(x.tanh().data<float>().ToArray(), Graph.Record(layer, ones(1, 3)).Run(x).data<float>().ToArray());
        Assert.Equal(x.data<float>().ToArray(), Graph.Record(nothing, ones(1, 3)).Run(x).data<float>().ToArray());
    }

    [Fact]
    public void A_layer_that_runs_twice_runs_twice_in_the_graph()
    {
        using var scope = NewDisposeScope();
        var shared = new Dense(3, 3);
        using var network = new Sequence { { "one", new Sequence { shared } }, { "two", new Sequence { shared } } };
        var x = randn(4, 3);

        var graph = Graph.Record(network, ones(1, 3));

        Assert.Equal(["one.0", "two.0"], graph.Nodes.Select(node => node.Module));
        using var noGrad = no_grad();
        Assert.Equal(network.call(x).data<float>().ToArray(), graph.Run(x).data<float>().ToArray());
    }

    [Fact]
    public void A_tensor_that_no_operation_made_is_refused_with_its_place()
    {
        using var scope = NewDisposeScope();
        using var network = new Sequence { { "hidden", new Computing(x => Ops.Scale(x.neg(), 2)) } };

        var error = Assert.Throws<InvalidOperationException>(() => Graph.Record(network, ones(2)));

        Assert.Equal(
            "Scale in 'hidden' reads a tensor that is no parameter, no buffer and no output of an operation: compute it by Ops, so that it can be recorded.",
            error.Message);
    }

    [Fact]
    public void An_output_that_no_operation_made_is_refused()
    {
        using var scope = NewDisposeScope();
        using var network = new Computing(x => x.neg());

        Assert.Contains("made by no operation", Assert.Throws<InvalidOperationException>(() => Graph.Record(network, ones(2))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Reading_what_was_overwritten_in_place_is_refused_also_through_a_view()
    {
        using var scope = NewDisposeScope();
        var relu = new Operation.ReLU(InPlace: true);
        using var direct = new Computing(x =>
        {
            var y = Ops.Scale(x, 2);
            return Ops.Add(Ops.Run(relu, y), y);
        });
        using var throughView = new Computing(x =>
        {
            var y = Ops.Scale(x, 2);
            Ops.Run(relu, Ops.Flatten(y, 0));
            return Ops.Scale(y, 2);
        });

        foreach (var network in (NeuralModule[])[direct, throughView])
        {
            var error = Assert.Throws<InvalidOperationException>(() => Graph.Record(network, ones(2, 2)));
            Assert.Contains("in the network reads what an operation in place has overwritten", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void An_input_of_another_size_that_the_graph_does_not_take_is_refused_in_our_words()
    {
        using var scope = NewDisposeScope();
        using var network = new Sequence { new Convolution2D(3, 4, 3), new Flatten(), new Dense(4 * 3 * 3, 2) };
        var graph = Graph.Record(network, rand(1, 3, 5, 5));

        Assert.Equal(
            "The graph was recorded for (N, 3, 5, 5) and does not take (2, 3, 6, 5): record the network for that size.",
            Assert.Throws<InputShapeException>(() => graph.Run(rand(2, 3, 6, 5))).Message);
        Assert.Throws<InputShapeException>(() => graph.Run(rand(2, 1, 5, 5)));
        Assert.Throws<InputShapeException>(() => graph.Run(rand(3, 5, 5)));
        Assert.Throws<ArgumentOutOfRangeException>("value", () => graph.IsConstant(-1));
        Assert.Throws<ArgumentOutOfRangeException>("value", () => graph.IsConstant(99));
    }

    [Fact]
    public void A_graph_of_a_network_that_was_converted_since_is_refused()
    {
        using var scope = NewDisposeScope();
        using var network = new Sequence { new Dense(2, 3) };
        var graph = Graph.Record(network, rand(1, 2));

        network.to(float64);

        Assert.Contains("record it anew", Assert.Throws<InvalidOperationException>(() => graph.Run(rand(1, 2).to(float64))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Running_a_graph_leaves_no_tensor_behind_and_the_input_as_it_was()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var network = new Sequence { new Convolution2D(3, 4, 3), new BatchNorm2D(4), new ReLU(inPlace: true), new Flatten() };
        network.eval();
        var graph = Graph.Record(network, rand(1, 3, 5, 5));
        var x = rand(2, 3, 5, 5);
        var kept = x.clone();
        var before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;

        for (var call = 0; call < 100; call++) graph.Run(x).Dispose();

        Assert.Equal(before, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
        Assert.Equal(kept.data<float>().ToArray(), x.data<float>().ToArray());
    }

    private sealed class Computing(Func<Tensor, Tensor> compute) : Block(nameof(Computing))
    {
        protected override Tensor Compute(Tensor input) => compute(input);
    }
}
