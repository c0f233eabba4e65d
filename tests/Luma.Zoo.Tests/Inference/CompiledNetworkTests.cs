using Luma.Neural;
using Luma.Neural.Blocks;
using Luma.Neural.Layers;
using Luma.Neural.Operations;
using Luma.Zoo.Inference.Compilation;
using Luma.Zoo.Tests.Models;

namespace Luma.Zoo.Tests.Inference;

public class CompiledNetworkTests
{
    private static readonly Dictionary<string, (Func<NeuralModule> Make, long[] Shape)> Networks = new()
    {
        ["padding on one side"] = (() => new Sequence { new Convolution2D(3, 8, 4, padding: Pad.Same), new ReLU6(), new Convolution2D(8, 4, 2, padding: Pad.Same) }, [3, 9, 7]),
        ["sequences"] = (() => new Sequence { new Convolution1D(3, 8, 3), new BatchNorm1D(8), new ReLU(inPlace: true), new GlobalAvgPooling1D(), new Flatten() }, [3, 12]),
        ["volumes"] = (() => new Sequence { new Convolution3D(2, 4, 3), new BatchNorm3D(4), new LeakyReLU(0.1) }, [2, 5, 6, 7]),
        ["a layer that runs twice"] = (() => Shared(new Convolution2D(4, 4, 3, padding: 1, bias: false)), [4, 6, 6]),
        ["a dense layer that runs twice"] = (() => Shared(new Dense(6, 6, bias: false)), [4, 6]),
        ["a weight that is read elsewhere"] = (() => new Reading(new Dense(6, 6)), [6]),
        ["sums of dense layers"] = (() => new Adding(new Dense(6, 6), new Dense(6, 6)), [3, 6]),
        ["every activation"] = (() => new Sequence
        {
            new Dense(6, 8), new SiLU(), new Dense(8, 8), new GELU(), new Dense(8, 8), new Tanh(), new Dense(8, 8), new Hardswish(), new Dense(8, 8), new Sigmoid(),
            new Dense(8, 8), new LeakyReLU(0.2), new Dense(8, 8), new Hardsigmoid(), new Dense(8, 8), new ReLU6(), new Dense(8, 8), new GELU(GELUApproximation.Tanh),
        }, [6]),
        ["local response"] = (() => new Sequence { new Convolution2D(3, 8, 3), new LocalResponseNorm(5, 0.1), new Pooling2D(PoolingMode.Max, 2) }, [3, 8, 8]),
        ["nothing"] = (() => new Sequence { new Identity() }, [3, 4]),
    };

    public static TheoryData<string> Names => [.. Networks.Keys];

    [Theory, MemberData(nameof(Names))]
    public void A_compiled_network_computes_what_the_network_does(string name)
    {
        using var scope = NewDisposeScope();
        using var network = Networks[name].Make();
        Draw(network);
        using var compiled = network.Compile();
        var hasBFloat16 = OneDnnTypes.Include(ScalarType.BFloat16);
        using var inexact = hasBFloat16 ? network.Compile(new() { Type = ScalarType.BFloat16, ImageShape = Networks[name].Shape }) : null;

        foreach (var count in (long[])[1, 5])
        {
            var x = randn([count, .. Networks[name].Shape]);
            Assert.InRange(Difference(network, compiled, x), 0, 1e-5);
            if (inexact is not null) Assert.InRange(Difference(network, inexact, x), 0, 0.05);
        }
    }

    [Fact]
    public void A_type_that_the_processor_cannot_compute_in_is_refused_at_once()
    {
        using var network = new Dense(2, 2);
        var refusal = Record.Exception(() => network.Compile(new() { Type = ScalarType.BFloat16 }).Dispose());

        if (OneDnnTypes.Include(ScalarType.BFloat16)) Assert.Null(refusal);
        else Assert.StartsWith("This processor cannot compute in bfloat16", Assert.IsType<NotSupportedException>(refusal).Message, StringComparison.Ordinal);
    }

    [Theory, Trait("Category", "Slow")]
    [InlineData("resnet18")]
    [InlineData("swin_t")]
    public void Images_of_other_sizes_are_compiled_for_when_they_come(string id)
    {
        using var scope = NewDisposeScope();
        using var network = SmallNetwork.Build(id, out _);
        using var compiled = network.Compile(new() { ImageShape = [3, 64, 64] });

        foreach (var (height, width) in new[] { (64, 64), (64, 96), (45, 33), (64, 64) })
            Assert.InRange(Difference(network, compiled, rand(2, 3, height, width)), 0, 1e-5);
    }

    [Fact]
    public void What_was_compiled_needs_the_network_no_more_and_other_sizes_do()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var network = SmallNetwork.Build("resnet18", out _);
        var x = rand(1, 3, 40, 40);
        var expected = network.call(x).data<float>().ToArray();
        using var compiled = network.Compile(new() { ImageShape = [3, 40, 40] });
        compiled.CompileFor([3, 40, 40], batch: 4);

        network.Dispose();
        Assert.InRange(ModelGolden.Difference(expected, compiled.Run(x.expand(2, -1, -1, -1)).slice(0, 1, 2, 1).data<float>().ToArray()), 0, 1e-5);

        Assert.InRange(ModelGolden.Difference(expected, compiled.Run(x).data<float>().ToArray()), 0, 1e-5);
        Assert.Contains("(3, 48, 48)", Assert.Throws<InvalidOperationException>(() => compiled.Run(rand(1, 3, 48, 48))).Message, StringComparison.Ordinal);
        Assert.InRange(ModelGolden.Difference(expected, compiled.Run(x).data<float>().ToArray()), 0, 1e-5);
    }

    [Fact]
    public void Changed_weights_and_modes_do_not_reach_what_is_compiled()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var network = Networks["sequences"].Make();
        Draw(network);
        var x = randn(2, 3, 12);
        var expected = network.call(x).data<float>().ToArray();

        network.train();
        using var compiled = network.Compile(new() { ImageShape = [3, 12], Batch = 2 });

        Assert.All(network.modules(), module => Assert.True(module.training));
        foreach (var parameter in network.parameters()) parameter.zero_();
        Assert.InRange(ModelGolden.Difference(expected, compiled.Run(x).data<float>().ToArray()), 0, 1e-5);
    }

    [Fact]
    public async Task Any_number_of_threads_may_call_it_also_the_first_time()
    {
        using var network = SmallNetwork.Build("squeezenet1_1", out var shape);
        using var x = rand([2, .. shape]);
        float[] expected;
        using (var scope = NewDisposeScope())
        {
            expected = network.call(x).data<float>().ToArray();
        }
        using var compiled = network.Compile();

        var outputs = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
        {
            using var output = compiled.Run(x);
            return output.data<float>().ToArray();
        })));

        Assert.All(outputs, output => Assert.InRange(ModelGolden.Difference(expected, output), 0, 1e-5));
    }

    [Fact]
    public void It_leaves_no_tensor_behind_and_the_input_as_it_was()
    {
        using var scope = NewDisposeScope();
        using var network = Networks["padding on one side"].Make();
        Draw(network);
        var x = randn(2, 3, 9, 7);
        var kept = x.clone();
        var before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;

        using (var compiled = network.Compile(new() { ImageShape = [3, 9, 7] }))
        {
            for (var call = 0; call < 20; call++) compiled.Run(x).Dispose();
        }

        Assert.Equal(before, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
        Assert.Equal(kept.data<float>().ToArray(), x.data<float>().ToArray());
    }

    [Fact]
    public void What_makes_no_sense_is_refused()
    {
        using var scope = NewDisposeScope();
        using var network = Networks["padding on one side"].Make();
        using var compiled = network.Compile();

        Assert.Throws<InputShapeException>(() => compiled.Run(rand(1, 4, 9, 7)));
        Assert.Throws<InputShapeException>(() => network.Compile(new() { ImageShape = [3] }));
        Assert.Throws<ArgumentException>("imageShape", () => network.Compile(new() { ImageShape = [3, 0, 4] }));
        Assert.Throws<ArgumentException>("options", () => network.Compile(new() { Type = ScalarType.Float16 }));
        Assert.Throws<ArgumentException>("options", () => network.Compile(new() { Batch = 0 }));

        compiled.Run(rand(1, 3, 9, 7));
        compiled.Dispose();
        compiled.Dispose();
        Assert.Throws<ObjectDisposedException>(() => compiled.Run(rand(1, 3, 9, 7)));
        Assert.Throws<ObjectDisposedException>(() => compiled.CompileFor([3, 9, 7]));
    }

    private static void Draw(NeuralModule network)
    {
        manual_seed(1);
        ModelGolden.Fill(network, gain: 1);
        network.eval();
    }

    private static double Difference(NeuralModule network, CompiledNetwork compiled, Tensor x)
    {
        using var noGrad = no_grad();
        var (expected, actual) = (network.call(x), compiled.Run(x));
        Assert.Equal(expected.shape, actual.shape);
        Assert.Equal(ScalarType.Float32, actual.dtype);
        return ModelGolden.Difference(expected.data<float>().ToArray(), actual.data<float>().ToArray());
    }

    private static Sequence Shared(Layer layer) => new() { new Sequence { layer }, new ReLU(), new Sequence { layer } };

    private sealed class Reading : Block
    {
        private readonly Dense dense;

        public Reading(Dense dense) : base(nameof(Reading)) => this.dense = Register("dense", dense);

        protected override Tensor Compute(Tensor input) => Ops.Add(dense.call(input), Ops.Linear(Ops.Exp(input), Ops.Permute(dense.Weight, 1, 0), null));
    }

    private sealed class Adding : Block
    {
        private readonly Dense one, other;

        public Adding(Dense one, Dense other) : base(nameof(Adding)) => (this.one, this.other) = (Register("one", one), Register("other", other));

        protected override Tensor Compute(Tensor input) => Ops.Run(new Operation.ReLU(InPlace: false), Ops.Add(one.call(input), other.call(input)));
    }
}
