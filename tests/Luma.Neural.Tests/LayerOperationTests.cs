using Luma.Neural.Layers;
using Luma.Neural.Observation;
using Luma.Neural.Operations;

namespace Luma.Neural.Tests;

/// <summary>What layers run: operations whose attributes are resolved to numbers.</summary>
public class LayerOperationTests
{
    private static readonly Dictionary<string, (Func<Layer> Make, long[] Input, Operation[] Evaluation, Operation[]? Training)> All = new()
    {
        ["same padding of an even window"] = (
            () => new Convolution2D(3, 4, (3, 4), padding: Pad.Same, dilation: 2), [1, 3, 9, 9],
            [new Operation.Convolution([1, 1], [2, 3], [2, 3], [2, 2], 1)], null),
        ["same padding with a row more after"] = (
            () => new Convolution2D(3, 4, (2, 4), padding: Pad.Same), [1, 3, 9, 9],
            [new Operation.Convolution([1, 1], [0, 1], [1, 2], [1, 1], 1)], null),
        ["one number for all axes"] = (
            () => new Convolution3D(2, 4, 3, stride: 2, padding: 1, groups: 2), [1, 2, 5, 5, 5],
            [new Operation.Convolution([2, 2, 2], [1, 1, 1], [1, 1, 1], [1, 1, 1], 2)], null),
        ["padding by reflection"] = (
            () => new Convolution1D(2, 3, 4, padding: Pad.Same, paddingMode: PaddingModes.Reflect), [1, 2, 9],
            [
                new Operation.Pad([0, 0, 1], [0, 0, 2], PaddingModes.Reflect, 0),
                new Operation.Convolution([1], [0], [0], [1], 1),
            ], null),
        ["dense"] = (() => new Dense(3, 4), [2, 3], [new Operation.Linear()], null),
        ["pooling with its own size for a step"] = (
            () => new Pooling2D(PoolingMode.Max, (2, 3), padding: Pad.Valid), [1, 2, 6, 6],
            [new Operation.MaxPool([2, 3], [2, 3], [0, 0], [1, 1], false)], null),
        ["same pooling"] = (
            () => new Pooling2D(PoolingMode.Average, 3, 1, Pad.Same, countIncludePad: false), [1, 2, 6, 6],
            [new Operation.AveragePool([3, 3], [1, 1], [1, 1], false, false)], null),
        ["global pooling"] = (() => new GlobalAvgPooling2D(), [1, 2, 3, 4], [new Operation.AdaptiveAveragePool([1, 1])], null),
        ["adaptive pooling to one pixel"] = (() => new AdaptiveAvgPooling2D(1), [1, 2, 3, 4], [new Operation.AdaptiveAveragePool([1, 1])], null),
        ["power-average pooling"] = (
            () => new LpPooling2D(2, 3, 1), [1, 2, 6, 6],
            [
                new Operation.Power(2), new Operation.AveragePool([3, 3], [1, 1], [0, 0], false, true), new Operation.Sign(), new Operation.Abs(),
                new Operation.ReLU(false), new Operation.Multiply(), new Operation.Scale(9), new Operation.Power(0.5),
            ], null),
        ["batch norm"] = (
            () => new BatchNorm2D(2, eps: 1e-3, momentum: 0.01), [2, 2, 3, 3],
            [new Operation.BatchNorm(1e-3, 0, false)],
            [new Operation.Increment(), new Operation.BatchNorm(1e-3, 0.01, true)]),
        ["batch norm without running statistics"] = (
            () => new BatchNorm1D(2, trackRunningStats: false), [4, 2],
            [new Operation.BatchNorm(1e-5, 0, true)], [new Operation.BatchNorm(1e-5, 0.1, true)]),
        ["batch norm of the mean over all batches"] = (
            () => new BatchNorm1D(2, momentum: null), [4, 2],
            [new Operation.BatchNorm(1e-5, 0, false)], [new Operation.Increment(), new Operation.BatchNorm(1e-5, 1, true)]),
        ["layer norm"] = (() => new LayerNorm([3, 4], 1e-6), [2, 3, 4], [new Operation.LayerNorm([3, 4], 1e-6)], null),
        ["layer norm of channels"] = (
            () => new LayerNorm2D(3), [2, 3, 4, 4],
            [new Operation.Permute([0, 2, 3, 1]), new Operation.LayerNorm([3], 1e-5), new Operation.Permute([0, 3, 1, 2])], null),
        ["local response norm"] = (
            () => LocalResponseNorm.FromPaper(), [1, 6, 2, 2], [new Operation.LocalResponseNorm(5, 5e-4, 0.75, 2)], null),
        ["rectifier in place"] = (() => new ReLU(inPlace: true), [2], [new Operation.ReLU(true)], null),
        ["leaky rectifier"] = (() => new LeakyReLU(0.2), [2], [new Operation.LeakyReLU(0.2, false)], null),
        ["dropout"] = (() => new Dropout(0.3), [2, 3], [new Operation.Identity()], [new Operation.Dropout(0.3, false)]),
        ["dropout of channels"] = (() => new Dropout2D(0.3), [2, 3, 1, 1], [new Operation.Identity()], [new Operation.ChannelDropout(0.3, false)]),
        ["stochastic depth"] = (
            () => new StochasticDepth(0.25), [2, 3], [new Operation.Identity()], [new Operation.SampleMask(0.75), new Operation.Multiply()]),
        ["stochastic depth that leaves out nothing"] = (
            () => new StochasticDepth(0), [2, 3], [new Operation.Identity()], [new Operation.Identity()]),
        ["identity"] = (() => new Identity(), [2], [new Operation.Identity()], null),
        ["flatten"] = (() => new Flatten(), [2, 3, 4], [new Operation.Flatten(1, -1)], null),
        ["permute"] = (() => new Permute(1, 0), [2, 3], [new Operation.Permute([1, 0])], null),
        ["softmax"] = (() => new Softmax(), [2, 3], [new Operation.Softmax(-1)], null),
    };

    public static TheoryData<string> Names => [.. All.Keys];

    [Theory, MemberData(nameof(Names))]
    public void A_layer_runs_operations_with_resolved_attributes(string name)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var (make, shape, evaluation, training) = All[name];
        using var layer = make();

        layer.eval();
        Assert.Equal(evaluation, Observe(layer, shape));
        layer.train();
        Assert.Equal(training ?? evaluation, Observe(layer, shape));
    }

    [Theory, MemberData(nameof(Names))]
    public void A_layer_makes_its_operations_once(string name)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var layer = All[name].Make();
        layer.eval();

        Assert.Equal(Observe(layer, All[name].Input), Observe(layer, All[name].Input), ReferenceEqualityComparer.Instance);
    }

    private static List<Operation> Observe(Layer layer, long[] shape)
    {
        var observer = new Recorder();
        using (ForwardPass.Observe(observer)) layer.call(rand(shape));
        return observer.Operations;
    }

    private sealed class Recorder : IForwardObserver
    {
        public List<Operation> Operations { get; } = [];

        public void Ran(Operation operation, ReadOnlySpan<Tensor?> inputs, Tensor output) => Operations.Add(operation);
    }
}
