using System.Reflection;
using Luma.Neural;
using Luma.Neural.Layers;
using Luma.Neural.Operations;
using Luma.Zoo.Export.Onnx;
using Luma.Zoo.Tests.Models;
using Luma.Zoo.Tests.Weights;

namespace Luma.Zoo.Tests.Export.Onnx;

/// <summary>Each kind of operation in ONNX Runtime, against libtorch.</summary>
public class OnnxOperationTests
{
    private static readonly Type[] ForTraining =
        [typeof(Operation.Dropout), typeof(Operation.ChannelDropout), typeof(Operation.SampleMask), typeof(Operation.Increment)];

    private static readonly Dictionary<string, Case> All = new()
    {
        ["Convolution"] = new(new Operation.Convolution([2, 1], [1, 2], [1, 2], [1, 2], 2), [4, 9, 11], [6, 2, 3, 2], [6]),
        ["Convolution, padded on one side"] = new(new Operation.Convolution([2, 2], [0, 1], [1, 0], [1, 1], 1), [4, 9, 11], [6, 4, 3, 3], null),
        ["Convolution of a sequence"] = new(new Operation.Convolution([2], [1], [1], [1], 1), [4, 9], [6, 4, 3], [6]),
        ["Convolution of a volume"] = new(new Operation.Convolution([1, 1, 1], [1, 0, 1], [1, 0, 1], [1, 1, 1], 1), [2, 4, 5, 6], [3, 2, 3, 2, 1], [3]),
        ["Linear"] = new(new Operation.Linear(), [5], [7, 5], [7]),
        ["Linear without a bias"] = new(new Operation.Linear(), [5], [7, 5], null),
        ["Linear on rows"] = new(new Operation.Linear(), [4, 5], [7, 5], [7]),
        ["Linear on rows without a bias"] = new(new Operation.Linear(), [3, 4, 5], [7, 5], null),
        ["Attention"] = new(new Operation.Attention(0.3, 0), [2, 6, 5], [1, 2, 7, 5], [1, 2, 7, 4], null) { IsForOne = true },
        ["Attention with a mask"] = new(new Operation.Attention(0.3, 0), [2, 6, 5], [1, 2, 7, 5], [1, 2, 7, 4], [6, 7]) { IsForOne = true },
        ["FusedConvolution"] = new(new Operation.FusedConvolution(new([1, 1], [1, 1], [1, 1], [1, 1], 1), new Operation.ReLU(false)), [3, 5, 6], [4, 3, 3, 3], [4], [4, 5, 6]),
        ["FusedConvolution of a convolution alone"] = new(new Operation.FusedConvolution(new([1], [0], [0], [1], 1), Then: null), [3, 7], [4, 3, 3], null, null),
        ["FusedLinear"] = new(new Operation.FusedLinear(new Operation.GELU(GELUApproximation.None)), [4, 5], [7, 5], [7], null),
        ["ReLU"] = new(new Operation.ReLU(InPlace: false), [3, 4]),
        ["ReLU in place"] = new(new Operation.ReLU(InPlace: true), [3, 4]),
        ["ReLU6"] = new(new Operation.ReLU6(InPlace: false), [3, 40]) { Gain = 8 },
        ["LeakyReLU"] = new(new Operation.LeakyReLU(0.03, InPlace: false), [3, 4]),
        ["Tanh"] = new(new Operation.Tanh(InPlace: false), [3, 4]),
        ["Sigmoid"] = new(new Operation.Sigmoid(InPlace: false), [3, 4]),
        ["SiLU"] = new(new Operation.SiLU(InPlace: false), [3, 4]),
        ["Hardsigmoid"] = new(new Operation.Hardsigmoid(InPlace: false), [3, 40]) { Gain = 4 },
        ["Hardswish"] = new(new Operation.Hardswish(InPlace: false), [3, 40]) { Gain = 4 },
        ["GELU"] = new(new Operation.GELU(GELUApproximation.None), [3, 40]),
        ["GELU by tanh"] = new(new Operation.GELU(GELUApproximation.Tanh), [3, 40]),
        ["Softmax"] = new(new Operation.Softmax(-1), [3, 4]),
        ["Power"] = new(new Operation.Power(3), [3, 4]),
        ["Exp"] = new(new Operation.Exp(), [3, 4]),
        ["Sign"] = new(new Operation.Sign(), [3, 4]),
        ["Abs"] = new(new Operation.Abs(), [3, 4]),
        ["ClampMax"] = new(new Operation.ClampMax(0.25), [3, 4]),
        ["Clamp"] = new(new Operation.Clamp(), [3, 4], [3, 1], [3, 1]),
        ["Clamp from below"] = new(new Operation.Clamp(), [3, 4], [3, 1], null),
        ["Identity"] = new(new Operation.Identity(), [3, 4]),
        ["Add"] = new(new Operation.Add(InPlace: false), [3, 4], [3, 1]),
        ["Add in place"] = new(new Operation.Add(InPlace: true), [3, 4], [3, 1]),
        ["Multiply"] = new(new Operation.Multiply(), [3, 4], [4]),
        ["Scale"] = new(new Operation.Scale(-1.7), [3, 4]),
        ["BatchNorm"] = new(new Operation.BatchNorm(1e-3, 0, BatchStatistics: false), [3, 4, 5], [3], [3], [3], [3]),
        ["BatchNorm without weights"] = new(new Operation.BatchNorm(1e-3, 0, BatchStatistics: false), [3, 4, 5], [3], [3], null, null),
        ["LayerNorm"] = new(new Operation.LayerNorm([5], 1e-6), [3, 4, 5], [5], [5]),
        ["LayerNorm without weights"] = new(new Operation.LayerNorm([4, 5], 1e-6), [3, 4, 5], null, null),
        ["LocalResponseNorm"] = new(new Operation.LocalResponseNorm(5, 0.1, 0.75, 2), [7, 4, 5]),
        ["LocalResponseNorm of an even size"] = new(new Operation.LocalResponseNorm(4, 0.1, 0.75, 2), [7, 4, 5]),
        ["LocalResponseNorm of a sequence"] = new(new Operation.LocalResponseNorm(3, 0.1, 0.75, 2), [7, 4]),
        ["Normalize"] = new(new Operation.Normalize(-1, 2, 1e-12), [3, 4]),
        ["Normalize by magnitudes"] = new(new Operation.Normalize(1, 1, 1e-12), [3, 4]),
        ["MaxPool"] = new(new Operation.MaxPool([3, 2], [2, 2], [1, 0], [1, 2], CeilMode: false), [3, 9, 11]),
        ["MaxPool, rounded up"] = new(new Operation.MaxPool([3, 3], [2, 2], [0, 0], [1, 1], CeilMode: true), [3, 8, 10]),
        // The last window would begin in the padding, and so there is none.
        ["MaxPool, rounded up and padded"] = new(new Operation.MaxPool([2, 2], [2, 2], [1, 1], [1, 1], CeilMode: true), [3, 7, 9]),
        ["MaxPool of a sequence"] = new(new Operation.MaxPool([3], [2], [1], [1], CeilMode: false), [3, 9]),
        ["AveragePool"] = new(new Operation.AveragePool([3, 2], [2, 2], [1, 1], CeilMode: false, CountIncludePad: true), [3, 9, 11]),
        ["AveragePool without padding"] = new(new Operation.AveragePool([3, 2], [2, 2], [1, 1], CeilMode: false, CountIncludePad: false), [3, 9, 11]),
        ["AveragePool, rounded up"] = new(new Operation.AveragePool([3, 3], [2, 2], [0, 0], CeilMode: true, CountIncludePad: true), [3, 8, 10]),
        ["AveragePool, rounded up and padded"] = new(new Operation.AveragePool([3, 3], [2, 2], [1, 1], CeilMode: true, CountIncludePad: true), [3, 8, 10]),
        ["AveragePool, rounded up without padding"] = new(new Operation.AveragePool([3, 3], [2, 2], [1, 1], CeilMode: true, CountIncludePad: false), [3, 8, 10]),
        ["AdaptiveAveragePool to one"] = new(new Operation.AdaptiveAveragePool([1, 1]), [3, 9, 11]),
        ["AdaptiveAveragePool"] = new(new Operation.AdaptiveAveragePool([4, 3]), [3, 9, 11]),
        ["AdaptiveAveragePool to parts"] = new(new Operation.AdaptiveAveragePool([3, 2]), [3, 9, 8]),
        ["AdaptiveAveragePool to more"] = new(new Operation.AdaptiveAveragePool([7, 11]), [3, 5, 11]),
        ["AdaptiveAveragePool of a volume"] = new(new Operation.AdaptiveAveragePool([2, 3, 2]), [3, 5, 6, 7]),
        ["Flatten"] = new(new Operation.Flatten(1, -1), [3, 4, 5]),
        ["Flatten of the last"] = new(new Operation.Flatten(2, 3), [3, 4, 5]),
        ["Flatten of the batch"] = new(new Operation.Flatten(0, 1), [3, 4, 5]),
        ["Unflatten"] = new(new Operation.Unflatten(1, [2, -1]), [6, 4, 5]),
        ["Reshape"] = new(new Operation.Reshape([-1, 2, 30]), [3, 4, 5]),
        ["Permute"] = new(new Operation.Permute([0, 2, 3, 1]), [3, 4, 5]),
        ["Permute from the end"] = new(new Operation.Permute([0, -1, -2, 1]), [3, 4, 5]),
        ["Slice"] = new(new Operation.Slice(2, 1, null, 2), [3, 9, 5]),
        ["Slice from the end"] = new(new Operation.Slice(-1, -4, -1, 1), [3, 9, 5]),
        ["Select"] = new(new Operation.Select(1, 2), [3, 4]),
        ["Select from the end"] = new(new Operation.Select(-1, -2), [3, 4]),
        ["IndexSelect"] = new(new Operation.IndexSelect(1), [3, 4], [[]]) { Index = [2, 0, 2] },
        ["Concat"] = new(new Operation.Concat(0), [3, 4], [2, 3, 4]),
        ["Concat of one"] = new(new Operation.Concat(1), [3, 4]),
        ["Pad"] = new(new Operation.Pad([0, 1, 2, 0], [0, 0, 1, 3], PaddingModes.Constant, -1.5), [3, 4, 5]),
        ["Pad by reflection"] = new(new Operation.Pad([0, 0, 2, 0], [0, 0, 1, 3], PaddingModes.Reflect, 0), [3, 4, 5]),
        ["Pad by repetition"] = new(new Operation.Pad([0, 0, 2, 0], [0, 0, 1, 3], PaddingModes.Replicate, 0), [3, 4, 5]),
        ["Pad by continuation"] = new(new Operation.Pad([0, 0, 2, 0], [0, 0, 1, 3], PaddingModes.Circular, 0), [3, 4, 5]),
        ["Roll"] = new(new Operation.Roll([-2, 3], [1, 2]), [5, 7, 2]),
        ["Roll around more than once"] = new(new Operation.Roll([12], [-1]), [5, 7]),
    };

    public static TheoryData<string> Names => [.. All.Keys];

    [Fact]
    public void Every_kind_of_operation_has_a_translation()
    {
        var kinds = typeof(Operation).GetNestedTypes(BindingFlags.Public | BindingFlags.NonPublic).Where(type => type.IsSubclassOf(typeof(Operation)) && !type.IsAbstract);

        Assert.Equal(kinds.Select(kind => kind.Name).Order(), OnnxTranslations.Kinds.Select(kind => kind.Name).Order());
        // These have tests of their own below.
        Assert.Equal(
            OnnxTranslations.Kinds.Except(ForTraining).Except([typeof(Operation.Cast), typeof(Operation.ExpandLike), typeof(Operation.ShiftMask)]).Select(kind => kind.Name).Order(),
            All.Values.Select(one => one.Operation.GetType().Name).Distinct().Order());
    }

    [Theory, MemberData(nameof(Names))]
    public void An_operation_computes_in_onnx_what_it_does_here(string name)
    {
        using var scope = NewDisposeScope();
        var one = All[name];
        manual_seed(1);
        using var network = one.Build();
        Tensor[] inputs = one.IsForOne ? [randn([1, .. one.Shape])] : [randn([1, .. one.Shape]), randn([2, .. one.Shape])];

        AssertSame(network, [.. inputs.Select(input => input.mul(one.Gain))], one.Shape, dynamicSize: false);
    }

    // Sizes that are free are looked up when the model runs.
    [Theory]
    [InlineData("AdaptiveAveragePool")]
    [InlineData("AdaptiveAveragePool to parts")]
    [InlineData("AdaptiveAveragePool to more")]
    [InlineData("AdaptiveAveragePool of a volume")]
    [InlineData("Unflatten")]
    [InlineData("Flatten of the last")]
    [InlineData("MaxPool, rounded up")]
    [InlineData("Roll")]
    [InlineData("LocalResponseNorm of an even size")]
    public void At_any_size_an_operation_computes_in_onnx_what_it_does_here(string name)
    {
        using var scope = NewDisposeScope();
        var one = All[name];
        manual_seed(1);
        using var network = one.Build();
        long[] larger = [one.Shape[0], .. one.Shape.Skip(1).Select((size, axis) => size + 3 + axis)];

        AssertSame(network, [randn([2, .. one.Shape]), randn([3, .. larger])], one.Shape, dynamicSize: true);
    }

    [Fact]
    public void What_is_repeated_for_each_image_is()
    {
        using var scope = NewDisposeScope();
        using var network = new Tokens();

        AssertSame(network, [randn(1, 4, 5), randn(3, 4, 5)], [4, 5], dynamicSize: false);
    }

    [Fact]
    public void Attention_in_windows_takes_a_mask_for_each()
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        using var network = new Windows();

        AssertSame(network, [randn([1, 3, 2, 6, 5]), randn([2, 3, 2, 6, 5])], [3, 2, 6, 5], dynamicSize: false);
    }

    [Fact]
    public void Another_type_and_back_loses_what_it_does_not_hold()
    {
        using var scope = NewDisposeScope();
        using var network = new Rounding();

        AssertSame(network, [randn(1, 40), randn(3, 40)], [40], dynamicSize: false);
    }

    [Fact]
    public void A_mask_of_windows_is_a_constant()
    {
        using var scope = NewDisposeScope();
        using var network = new OneOperation(new Operation.ShiftMask(8, 12, 4, 2, 2, ScalarType.Float32, DeviceType.CPU, -1));

        AssertSame(network, [randn(1, 3)], [3], dynamicSize: false);
    }

    [Fact]
    public void What_trains_is_refused_by_name()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        foreach (var operation in (Operation[])[new Operation.Dropout(0.5, InPlace: false), new Operation.SampleMask(0.5), new Operation.Attention(1, 0.5), new Operation.BatchNorm(1e-5, 0.1, BatchStatistics: true)])
        {
            using var network = operation switch
            {
                Operation.Attention => new OneOperation(operation, randn(3, 4), randn(3, 4), null),
                Operation.BatchNorm => new OneOperation(operation, zeros(3), ones(3), null, null),
                _ => new OneOperation(operation),
            };

            var error = Assert.Throws<NotSupportedException>(() => network.ExportOnnx(folder.File("a.onnx"), new() { InputShape = [3, 4] }));

            Assert.StartsWith($"{operation.GetType().Name} in the network ", error.Message, StringComparison.Ordinal);
        }
        Assert.Empty(folder.Names);
    }

    private static void AssertSame(Block network, Tensor[] inputs, long[] shape, bool dynamicSize)
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("model.onnx");
        network.ExportOnnx(path, new() { InputShape = shape, DynamicSize = dynamicSize });

        using var model = new OnnxModel(path);
        foreach (var input in inputs)
        {
            using var noGrad = no_grad();
            var expected = network.call(input.clone()).contiguous().data<float>().ToArray();
            Assert.InRange(ModelGolden.Difference(expected, model.Run(input)), 0, 1e-5);
        }
    }

    private sealed class Rounding() : Block(nameof(Rounding))
    {
        protected override Tensor Compute(Tensor x) => Ops.Run(new Operation.Cast(ScalarType.Float32), Ops.Run(new Operation.Cast(ScalarType.Float16), x));
    }

    // One token for every image, before its own.
    private sealed class Tokens : Block
    {
        private readonly Tensor token;

        public Tokens() : base(nameof(Tokens)) => token = RegisterBuffer(nameof(token), randn(1, 1, 5));

        protected override Tensor Compute(Tensor x) => Ops.Concat([Ops.ExpandLike(token, x), x]);
    }

    // Pixels of a window that attend to each other: images, windows, heads, pixels, features.
    private sealed class Windows : Block
    {
        private readonly Tensor mask;

        public Windows() : base(nameof(Windows)) => mask = RegisterBuffer(nameof(mask), randn(3, 1, 6, 6));

        protected override Tensor Compute(Tensor x) => Ops.Attention(x, x, x, mask);
    }

    // The shapes of one image and of the further inputs, which are normal numbers; null is left out.
    private sealed record Case(Operation Operation, long[] Shape, params long[]?[] Others)
    {
        public double Gain { get; init; } = 2;

        public long[] Index { get; init; } = [];

        // Whether the further inputs have the batch too, of which only a network can make more.
        public bool IsForOne { get; init; }

        public OneOperation Build() => new(Operation, [.. Others.Select((shape, place) => (Operation, place, shape) switch
        {
            (_, _, null) => null,
            (Operation.BatchNorm, 1, _) => rand(shape).add(0.5),
            (Operation.IndexSelect, _, _) => tensor(Index),
            _ => randn(shape),
        })]);
    }
}
