namespace Luma.Neural.Tests;

public class OpsTests
{
    // Each operation on the same two tensors of shape (2, 3, 4): what it gives, and how an observer sees it.
    private static readonly Dictionary<string, (Func<Tensor, Tensor, Tensor> Run, Func<Tensor, Tensor, Tensor> Expected, Operation Operation)> All = new()
    {
        ["Alias"] = ((x, _) => Ops.Alias(x), (x, _) => x, new Operation.Alias()),
        ["Add"] = ((x, y) => Ops.Add(x, y), (x, y) => x + y, new Operation.Add(InPlace: false)),
        ["Add in place"] = ((x, y) => Ops.Add(x, y, inPlace: true), (x, y) => x + y, new Operation.Add(InPlace: true)),
        ["Multiply"] = ((x, y) => Ops.Multiply(x, y), (x, y) => x * y, new Operation.Multiply()),
        ["Scale"] = ((x, _) => Ops.Scale(x, 0.17), (x, _) => x * 0.17, new Operation.Scale(0.17)),
        ["Concat"] = ((x, y) => Ops.Concat([x, y]), (x, y) => cat([x, y], 1), new Operation.Concat(1)),
        ["Concat of the last"] = ((x, y) => Ops.Concat([x, y], -1), (x, y) => cat([x, y], 2), new Operation.Concat(-1)),
        ["Flatten"] = ((x, _) => Ops.Flatten(x), (x, _) => x.view(2, 12), new Operation.Flatten(1, -1)),
        ["Flatten the first"] = ((x, _) => Ops.Flatten(x, 0, 1), (x, _) => x.view(6, 4), new Operation.Flatten(0, 1)),
        ["Reshape"] = ((x, _) => Ops.Reshape(x, 4, -1), (x, _) => x.view(4, 6), new Operation.Reshape([4, -1])),
        ["Permute"] = ((x, _) => Ops.Permute(x, 0, 2, 1), (x, _) => x.transpose(1, 2), new Operation.Permute([0, 2, 1])),
        ["Slice"] = ((x, _) => Ops.Slice(x, 2, 1, 4, 2), (x, _) => x[.., .., TensorIndex.Slice(1, 4, 2)], new Operation.Slice(2, 1, 4, 2)),
        ["ZeroPad"] = ((x, _) => Ops.ZeroPad(x, 1, 1, 2), (x, _) => nn.functional.pad(x, (0, 0, 1, 2)), new Operation.ZeroPad(1, 1, 2)),
        ["Select"] = ((x, _) => Ops.Select(x, 1, 2), (x, _) => x[.., 2], new Operation.Select(1, 2)),
        ["Expand"] = ((x, _) => Ops.Expand(x, 5, -1, -1, -1), (x, _) => stack([x, x, x, x, x]), new Operation.Expand([5, -1, -1, -1])),
        ["Chunk"] = ((x, _) => Ops.Chunk(x, 1, 2)[0], (x, _) => x, new Operation.Chunk(1, 2)),
        ["Linear"] = ((x, y) => Ops.Linear(x, y[0], null), (x, y) => x.matmul(y[0].t()), new Operation.Linear()),
        ["Attention"] = (
            (x, y) => Ops.Attention(x, y, y), (x, y) => nn.functional.scaled_dot_product_attention(x, y, y), new Operation.Attention(0)),
        ["MatMul"] = ((x, y) => Ops.MatMul(x, y.transpose(1, 2)), (x, y) => x.bmm(y.transpose(1, 2)), new Operation.MatMul()),
        ["Roll"] = (
            (x, _) => Ops.Roll(x, [-1], [1]), (x, _) => cat([x.slice(1, 1, 3, 1), x.slice(1, 0, 1, 1)], 1), new Operation.Roll([-1], [1])),
        ["Roll two"] = (
            (x, _) => Ops.Roll(x, [1, 2], [0, 2]), (x, _) => cat([x.slice(2, 2, 4, 1), x.slice(2, 0, 2, 1)], 2).flip(0),
            new Operation.Roll([1, 2], [0, 2])),
        ["IndexSelect"] = (
            (x, _) => Ops.IndexSelect(x, 1, tensor([2L, 0, 2])), (x, _) => stack([x.select(1, 2), x.select(1, 0), x.select(1, 2)], 1),
            new Operation.IndexSelect(1)),
        ["Normalize"] = (
            (x, _) => Ops.Normalize(x, 1), (x, _) => x / x.norm(1, keepdim: true, p: 2), new Operation.Normalize(1)),
        ["AtMost"] = ((x, _) => Ops.AtMost(x, 7.5), (x, _) => where(x.gt(7.5), tensor(7.5f), x), new Operation.AtMost(7.5)),
        ["Exp"] = ((x, _) => Ops.Exp(x), (x, _) => x.exp(), new Operation.Exp()),
        // Of two windows of 2x2 pixels the lower one holds the last row and, below it, the first.
        ["ShiftMask"] = (
            (x, _) => Ops.ShiftMask(x, 4, 2, 2, 1, 0),
            (_, _) => cat([zeros(16), tensor([0f, 0, 1, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 0, 0]) * -100]).view(2, 1, 4, 4),
            new Operation.ShiftMask(4, 2, 2, 1, 0)),
    };

    public static TheoryData<string> Names => [.. All.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void An_operation_gives_what_libtorch_gives_and_is_observed(string name)
    {
        using var scope = NewDisposeScope();
        var (run, expect, operation) = All[name];
        var (x, y) = (arange(24, dtype: float32).view(2, 3, 4), arange(24, dtype: float32).view(2, 3, 4).neg());
        var expected = expect(x, y).clone();
        var observer = new Recorder();

        Tensor output;
        using (Observation.Begin(observer)) output = run(x, y);

        Assert.NotSame(x, output);
        Assert.Equal(expected.shape, output.shape);
        Assert.Equal(expected.contiguous().data<float>().ToArray(), output.contiguous().data<float>().ToArray());
        var (seen, inputs, outputs) = Assert.Single(observer.Seen);
        Assert.Equivalent(operation, seen, strict: true);
        Assert.IsType(operation.GetType(), seen);
        Assert.Same(x, inputs[0]);
        Assert.Same(output, Assert.Single(outputs));
    }

    [Fact]
    public void Every_operation_is_among_the_cases()
    {
        var tested = All.Values.Select(entry => entry.Operation.GetType());

        Assert.Empty(typeof(Operation).GetNestedTypes().Except(tested));
    }

    [Fact]
    public void An_observation_that_ends_twice_ends_once()
    {
        using var scope = NewDisposeScope();
        var (outer, inner) = (new Recorder(), new Recorder());
        using var first = Observation.Begin(outer);
        var second = Observation.Begin(inner);
        second.Dispose();
        using (Observation.Begin(inner))
        {
            second.Dispose();
            Ops.Alias(ones(1));
        }

        Assert.Equal((0, 1), (outer.Seen.Count, inner.Seen.Count));
    }

    private sealed class Recorder : IForwardObserver
    {
        public List<(Operation Operation, IReadOnlyList<Tensor> Inputs, IReadOnlyList<Tensor> Outputs)> Seen { get; } = [];

        public void Entered(Block block, Tensor input)
        {
        }

        public void Left(Block block, Tensor input, Tensor output)
        {
        }

        public void Ran(Layer layer, Tensor input, Tensor output)
        {
        }

        public void Ran(Operation operation, IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> outputs) => Seen.Add((operation, inputs, outputs));
    }
}
