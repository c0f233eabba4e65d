using Luma.Neural.Layers;
using Luma.Neural.Observation;
using Luma.Neural.Operations;

namespace Luma.Neural.Tests;

public class MixedPrecisionTests
{
    [Fact]
    public void Convolutions_and_dense_layers_are_shortened_and_nothing_else()
    {
        using var scope = NewDisposeScope();
        var (x, rows, weight, matrix) = (randn(1, 3, 5, 5), randn(2, 3), randn(4, 3, 1, 1), randn(4, 3));
        var convolution = new Operation.Convolution([1, 1], [0, 0], [0, 0], [1, 1], 1);

        using (MixedPrecision.Use(ScalarType.BFloat16))
        {
            Assert.Equal(ScalarType.BFloat16, Ops.Run(convolution, x, weight, null).dtype);
            Assert.Equal(ScalarType.BFloat16, Ops.Linear(rows, matrix, null).dtype);
            Assert.Equal(ScalarType.BFloat16, Ops.Attention(rows.view(1, 1, 2, 3), rows.view(1, 1, 2, 3), rows.view(1, 1, 2, 3)).dtype);
            Assert.Equal(ScalarType.Float32, Ops.Run(new Operation.Softmax(1), rows).dtype);
            // The longer type holds where two meet.
            Assert.Equal(ScalarType.Float32, Ops.Add(Ops.Linear(rows, matrix, null), randn(4)).dtype);
            Assert.Equal(ScalarType.Float64, Ops.Linear(rows.to(ScalarType.Float64), matrix.to(ScalarType.Float64), null).dtype);
        }
        Assert.Equal(ScalarType.Float32, Ops.Linear(rows, matrix, null).dtype);
    }

    [Fact]
    public void Parameters_keep_their_type_and_get_gradients_of_it()
    {
        using var scope = NewDisposeScope();
        using var layer = new Dense(3, 4);
        using (MixedPrecision.Use(ScalarType.BFloat16)) layer.call(randn(2, 3)).sum().backward();

        Assert.All(layer.parameters(), parameter => Assert.Equal((ScalarType.Float32, ScalarType.Float32), (parameter.dtype, parameter.grad!.dtype)));
    }

    [Fact]
    public void A_recorded_graph_holds_the_casts()
    {
        using var scope = NewDisposeScope();
        using var layer = new Dense(3, 4);
        using var use = MixedPrecision.Use(ScalarType.BFloat16);
        var x = randn(2, 3);

        var graph = Graph.Record(layer, x);

        Assert.Equal([typeof(Operation.Cast), typeof(Operation.Cast), typeof(Operation.Cast), typeof(Operation.Linear)], graph.Nodes.Select(node => node.Operation.GetType()));
        Assert.True(graph.Run(x).equal(layer.call(x)).all().ToBoolean());
    }

    [Fact]
    public void Other_threads_are_not_touched()
    {
        using var scope = NewDisposeScope();
        using var use = MixedPrecision.Use(ScalarType.BFloat16);
        var type = ScalarType.BFloat16;
        var thread = new Thread(() =>
        {
            using var own = NewDisposeScope();
            type = Ops.Linear(randn(2, 3), randn(4, 3), null).dtype;
        });

        thread.Start();
        thread.Join();

        Assert.Equal(ScalarType.Float32, type);
    }

    [Fact]
    public void Only_shorter_types_are_taken() =>
        Assert.StartsWith("Mixed precision computes in BFloat16 or Float16.", Assert.Throws<ArgumentOutOfRangeException>("type", () => MixedPrecision.Use(ScalarType.Int32)).Message, StringComparison.Ordinal);
}
