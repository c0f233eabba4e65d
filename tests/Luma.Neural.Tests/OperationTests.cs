using System.Reflection;
using Luma.Neural.Layers;
using Luma.Neural.Observation;
using Luma.Neural.Operations;
using static TorchSharp.torch.nn.functional;

namespace Luma.Neural.Tests;

/// <summary>Every kind of operation: what it gives, what it does to its inputs, and that an observer sees it.</summary>
[Collection(Generator.Name)]
public class OperationTests
{
    // An operation, the shapes of its inputs (none for one that is left out), and what libtorch gives for them.
    private sealed record Case(Operation Operation, long[]?[] Shapes, Func<Tensor[], Tensor> Expected);

    private static readonly Dictionary<string, Case> All = new()
    {
        ["Convolution 1D"] = new(
            new Operation.Convolution([2], [1], [1], [1], 1), [[2, 3, 7], [4, 3, 3], [4]],
            x => conv1d(x[0], x[1], x[2], stride: 2, padding: 1)),
        ["Convolution 2D, groups and dilation"] = new(
            new Operation.Convolution([2, 1], [0, 2], [0, 2], [1, 2], 2), [[2, 4, 7, 8], [6, 2, 3, 3], null],
            x => conv2d(x[0], x[1], null, [2, 1], [0, 2], [1, 2], 2)),
        ["Convolution 2D, more padding after"] = new(
            new Operation.Convolution([1, 1], [0, 1], [1, 2], [1, 1], 1), [[2, 3, 5, 5], [4, 3, 2, 4], [4]],
            x => conv2d(pad(x[0], (1, 2, 0, 1)), x[1], x[2])),
        ["Convolution 3D"] = new(
            new Operation.Convolution([1, 2, 1], [1, 0, 1], [1, 0, 1], [1, 1, 1], 1), [[1, 2, 4, 5, 4], [3, 2, 3, 2, 3], [3]],
            x => conv3d(x[0], x[1], x[2], [1, 2, 1], [1, 0, 1])),
        ["Linear"] = new(new Operation.Linear(), [[2, 3, 4], [5, 4], [5]], x => linear(x[0], x[1], x[2])),
        ["Linear without bias"] = new(new Operation.Linear(), [[2, 4], [5, 4], null], x => linear(x[0], x[1])),
        ["FusedConvolution"] = new(
            new Operation.FusedConvolution(new([1, 1], [1, 1], [1, 1], [1, 1], 1), new Operation.ReLU(false)), [[2, 3, 5, 5], [4, 3, 3, 3], [4], [2, 4, 5, 5]],
            x => conv2d(x[0], x[1], x[2], [1, 1], [1, 1]).add(x[3]).clamp_min(0)),
        ["FusedConvolution of a convolution alone"] = new(
            new Operation.FusedConvolution(new([1], [0], [0], [1], 1), Then: null), [[2, 3, 7], [4, 3, 3], null, null], x => conv1d(x[0], x[1])),
        ["FusedLinear"] = new(
            new Operation.FusedLinear(new Operation.GELU(GELUApproximation.None)), [[2, 3, 4], [5, 4], [5], null],
            x => linear(x[0], x[1], x[2]) is var y ? y / 2 * (1 + (y / Math.Sqrt(2)).erf()) : null!),
        ["FusedLinear that adds"] = new(new Operation.FusedLinear(Then: null), [[2, 4], [5, 4], null, [2, 5]], x => linear(x[0], x[1]) + x[3]),
        ["Attention"] = new(
            new Operation.Attention(1 / Math.Sqrt(8), 0), [[2, 3, 5, 8], [2, 3, 6, 8], [2, 3, 6, 4], null],
            x => scaled_dot_product_attention(x[0], x[1], x[2])),
        ["Attention without heads"] = new(
            new Operation.Attention(1 / Math.Sqrt(8), 0), [[2, 5, 8], [2, 6, 8], [2, 6, 4], [5, 6]],
            x => scaled_dot_product_attention(x[0], x[1], x[2], x[3])),
        ["Attention, another scale"] = new(
            new Operation.Attention(0.5, 0), [[2, 3, 5, 8], [2, 3, 6, 8], [2, 3, 6, 4], [1, 3, 5, 6]],
            x => x[0].mul(0.5).matmul(x[1].transpose(-1, -2)).add(x[3]).softmax(-1).matmul(x[2])),
        ["Attention in windows"] = new(
            new Operation.Attention(1 / Math.Sqrt(8), 0), [[2, 4, 3, 5, 8], [2, 4, 3, 6, 8], [2, 4, 3, 6, 4], [1, 3, 5, 6]],
            x => x[0].matmul(x[1].transpose(-1, -2)).div(Math.Sqrt(8)).add(x[3]).softmax(-1).matmul(x[2])),
        ["Attention in windows, each with a mask"] = new(
            new Operation.Attention(1 / Math.Sqrt(8), 0), [[2, 4, 3, 5, 8], [2, 4, 3, 6, 8], [2, 4, 3, 6, 4], [4, 1, 5, 6]],
            x => x[0].matmul(x[1].transpose(-1, -2)).div(Math.Sqrt(8)).add(x[3]).softmax(-1).matmul(x[2])),
        ["Attention of groups of windows"] = new(
            new Operation.Attention(1 / Math.Sqrt(8), 0), [[2, 2, 2, 3, 5, 8], [2, 2, 2, 3, 6, 8], [2, 2, 2, 3, 6, 4], [5, 6]],
            x => x[0].matmul(x[1].transpose(-1, -2)).div(Math.Sqrt(8)).add(x[3]).softmax(-1).matmul(x[2])),

        ["MaxPool 1D"] = new(new Operation.MaxPool([3], [2], [1], [1], true), [[2, 3, 8]], x => max_pool1d(x[0], 3, 2, 1, 1, true)),
        ["MaxPool 2D"] = new(
            new Operation.MaxPool([3, 2], [2, 1], [1, 0], [1, 2], false), [[2, 3, 8, 9]],
            x => max_pool2d(x[0], [3, 2], [2, 1], [1, 0], [1, 2])),
        ["MaxPool 3D"] = new(
            new Operation.MaxPool([2, 2, 2], [2, 2, 2], [0, 0, 0], [1, 1, 1], false), [[1, 2, 4, 4, 4]], x => max_pool3d(x[0], [2, 2, 2])),
        ["AveragePool 1D"] = new(new Operation.AveragePool([3], [2], [1], true, false), [[2, 3, 8]], x => avg_pool1d(x[0], 3, 2, 1, true, false)),
        ["AveragePool 2D"] = new(
            new Operation.AveragePool([3, 2], [2, 1], [1, 0], false, true), [[2, 3, 8, 9]], x => avg_pool2d(x[0], [3, 2], [2, 1], [1, 0])),
        ["AveragePool 2D, its own elements alone"] = new(
            new Operation.AveragePool([3, 3], [1, 1], [1, 1], false, false), [[2, 3, 4, 4]],
            x => avg_pool2d(x[0], [3, 3], [1, 1], [1, 1], false, false)),
        ["AveragePool 3D"] = new(
            new Operation.AveragePool([2, 2, 2], [2, 2, 2], [0, 0, 0], false, true), [[1, 2, 4, 4, 4]], x => avg_pool3d(x[0], [2, 2, 2])),
        ["AdaptiveAveragePool 1D"] = new(new Operation.AdaptiveAveragePool([3]), [[2, 3, 7]], x => adaptive_avg_pool1d(x[0], 3)),
        ["AdaptiveAveragePool 2D"] = new(new Operation.AdaptiveAveragePool([3, 2]), [[2, 3, 7, 5]], x => adaptive_avg_pool2d(x[0], [3, 2])),
        ["AdaptiveAveragePool 3D"] = new(
            new Operation.AdaptiveAveragePool([1, 1, 1]), [[1, 2, 3, 4, 5]], x => adaptive_avg_pool3d(x[0], [1L, 1, 1])),

        ["BatchNorm"] = new(
            new Operation.BatchNorm(1e-3, 0, BatchStatistics: false), [[4, 3, 5], [3], [3], [3], [3]],
            x => (x[0] - x[1].view(3, 1)) / (x[2].view(3, 1) + 1e-3).sqrt() * x[3].view(3, 1) + x[4].view(3, 1)),
        ["BatchNorm of the batch's statistics"] = new(
            new Operation.BatchNorm(1e-3, 0, BatchStatistics: true), [[4, 3, 5], null, null, null, null],
            x => (x[0] - x[0].mean([0, 2], keepdim: true)) / (x[0].var([0, 2], unbiased: false, keepdim: true) + 1e-3).sqrt()),
        ["LayerNorm"] = new(
            new Operation.LayerNorm([4, 5], 1e-3), [[2, 3, 4, 5], [4, 5], [4, 5]],
            x => (x[0] - x[0].mean([2, 3], keepdim: true)) / (x[0].var([2, 3], unbiased: false, keepdim: true) + 1e-3).sqrt() * x[1] + x[2]),
        ["LocalResponseNorm"] = new(
            new Operation.LocalResponseNorm(1, 0.5, 0.75, 2), [[2, 3, 4, 4]], x => x[0] / (x[0].square() * 0.5 + 2).pow(0.75)),
        ["Normalize by length"] = new(
            new Operation.Normalize(1, 2, 1e-12), [[2, 3, 4]], x => x[0] / x[0].square().sum(1, keepdim: true).sqrt()),
        ["Normalize by the sum of magnitudes"] = new(
            new Operation.Normalize(-1, 1, 1e-12), [[2, 3, 4]], x => x[0] / x[0].abs().sum(-1, keepdim: true)),
        ["Normalize what is shorter than epsilon"] = new(new Operation.Normalize(1, 2, 100), [[2, 3, 4]], x => x[0] / 100),

        ["ReLU"] = Elementwise(new Operation.ReLU(false), x => x.clamp_min(0)),
        ["ReLU in place"] = Elementwise(new Operation.ReLU(true), x => x.clamp_min(0)),
        ["ReLU6"] = Elementwise(new Operation.ReLU6(false), x => x.clamp(0, 6)),
        ["ReLU6 in place"] = Elementwise(new Operation.ReLU6(true), x => x.clamp(0, 6)),
        ["LeakyReLU"] = Elementwise(new Operation.LeakyReLU(0.2, false), x => where(x.gt(0), x, x * 0.2)),
        ["LeakyReLU in place"] = Elementwise(new Operation.LeakyReLU(0.2, true), x => where(x.gt(0), x, x * 0.2)),
        ["Tanh"] = Elementwise(new Operation.Tanh(false), x => (x.exp() - x.neg().exp()) / (x.exp() + x.neg().exp())),
        ["Tanh in place"] = Elementwise(new Operation.Tanh(true), x => x.tanh()),
        ["Sigmoid"] = Elementwise(new Operation.Sigmoid(false), x => 1 / (1 + x.neg().exp())),
        ["Sigmoid in place"] = Elementwise(new Operation.Sigmoid(true), x => 1 / (1 + x.neg().exp())),
        ["SiLU"] = Elementwise(new Operation.SiLU(false), x => x / (1 + x.neg().exp())),
        ["SiLU in place"] = Elementwise(new Operation.SiLU(true), x => x / (1 + x.neg().exp())),
        ["Hardsigmoid"] = Elementwise(new Operation.Hardsigmoid(false), x => (x + 3).clamp(0, 6) / 6),
        ["Hardsigmoid in place"] = Elementwise(new Operation.Hardsigmoid(true), x => (x + 3).clamp(0, 6) / 6),
        ["Hardswish"] = Elementwise(new Operation.Hardswish(false), x => x * (x + 3).clamp(0, 6) / 6),
        ["Hardswish in place"] = Elementwise(new Operation.Hardswish(true), x => x * (x + 3).clamp(0, 6) / 6),
        ["GELU"] = Elementwise(new Operation.GELU(GELUApproximation.None), x => x / 2 * (1 + (x / Math.Sqrt(2)).erf())),
        ["GELU by tanh"] = Elementwise(
            new Operation.GELU(GELUApproximation.Tanh), x => x / 2 * (1 + ((x + (x.pow(3) * 0.044715)) * Math.Sqrt(2 / Math.PI)).tanh())),
        ["Softmax"] = Elementwise(new Operation.Softmax(1), x => x.exp() / x.exp().sum(1, keepdim: true)),

        ["Identity"] = Elementwise(new Operation.Identity(), x => x),
        ["Cast"] = Elementwise(new Operation.Cast(ScalarType.Float32), x => x),
        ["Add"] = new(new Operation.Add(false), [[2, 3, 4], [3, 1]], x => x[0] + x[1]),
        ["Add in place"] = new(new Operation.Add(true), [[2, 3, 4], [3, 1]], x => x[0] + x[1]),
        ["Multiply"] = new(new Operation.Multiply(), [[2, 3, 4], [3, 1]], x => x[0] * x[1]),
        ["Scale"] = Elementwise(new Operation.Scale(0.17), x => x * 0.17),
        ["Increment"] = Elementwise(new Operation.Increment(), x => x + 1),
        ["Power"] = Elementwise(new Operation.Power(3), x => x * x * x),
        ["Exp"] = Elementwise(new Operation.Exp(), x => x.exp()),
        ["Sign"] = Elementwise(new Operation.Sign(), x => x.gt(0).to(float32) - x.lt(0).to(float32)),
        ["Abs"] = Elementwise(new Operation.Abs(), x => where(x.gt(0), x, x.neg())),
        ["ClampMax"] = Elementwise(new Operation.ClampMax(0.5), x => where(x.gt(0.5), tensor(0.5f), x)),
        ["Clamp"] = new(new Operation.Clamp(), [[2, 3, 4], [3, 1], [3, 1]], x =>
        {
            var raised = where(x[0] > x[1], x[0], x[1]);
            return where(raised < x[2], raised, x[2]);
        }),
        ["Clamp from below"] = new(new Operation.Clamp(), [[2, 3, 4], [3, 1], null], x => where(x[0] > x[1], x[0], x[1])),

        ["Flatten"] = new(new Operation.Flatten(1, -1), [[2, 3, 4]], x => x[0].view(2, 12)),
        ["Flatten the first"] = new(new Operation.Flatten(0, 1), [[2, 3, 4]], x => x[0].view(6, 4)),
        ["Flatten one alone"] = new(new Operation.Flatten(1, 1), [[2, 3, 4]], x => x[0].clone()),
        ["Unflatten"] = new(new Operation.Unflatten(-1, [2, -1]), [[3, 8]], x => x[0].view(3, 2, 4)),
        ["Reshape"] = new(new Operation.Reshape([4, -1]), [[2, 3, 4]], x => x[0].view(4, 6)),
        ["Permute"] = new(new Operation.Permute([2, 0, 1]), [[2, 3, 4]], x => x[0].transpose(1, 2).transpose(0, 1)),
        ["Slice"] = new(new Operation.Slice(2, 1, 4, 2), [[2, 3, 5]], x => stack([x[0].select(2, 1), x[0].select(2, 3)], 2)),
        ["Slice to the end"] = new(new Operation.Slice(1, 1, null, 1), [[2, 3]], x => stack([x[0].select(1, 1), x[0].select(1, 2)], 1)),
        ["Select"] = new(new Operation.Select(1, 2), [[2, 3, 4]], x => x[0][.., 2]),
        ["Concat of one"] = new(new Operation.Concat(1), [[2, 3]], x => x[0].clone()),
        ["Concat"] = new(new Operation.Concat(1), [[2, 3], [2, 1], [2, 2]], x => hstack([x[0], x[1], x[2]])),
        ["ExpandLike"] = new(new Operation.ExpandLike(0), [[1, 3, 4], [5, 2]], x => x[0].repeat(5, 1, 1)),
        ["Pad"] = new(
            new Operation.Pad([0, 1, 0], [0, 2, 3], PaddingModes.Constant, 0.5), [[2, 3, 4]],
            x => cat([full([2, 1, 7], 0.5f), cat([x[0], full([2, 3, 3], 0.5f)], 2), full([2, 2, 7], 0.5f)], 1)),
        ["Pad by reflection"] = new(
            new Operation.Pad([0, 0, 0, 2], [0, 0, 0, 1], PaddingModes.Reflect, 0), [[2, 3, 4, 4]],
            x => cat([x[0].slice(3, 1, 3, 1).flip(3), x[0], x[0].slice(3, 2, 3, 1)], 3)),
        ["Roll"] = new(
            new Operation.Roll([1, 2], [0, 2]), [[2, 3, 4]], x => cat([x[0].slice(2, 2, 4, 1), x[0].slice(2, 0, 2, 1)], 2).flip(0)),
        // Of two windows of 2x2 pixels the lower one holds the last row and, below it, the first.
        ["ShiftMask"] = new(
            new Operation.ShiftMask(4, 2, 2, 1, 0, float32, DeviceType.CPU, -1), [],
            _ => cat([zeros(16), tensor([0f, 0, 1, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 0, 0]) * -100]).view(2, 1, 4, 4)),

        ["Dropout of nothing"] = Elementwise(new Operation.Dropout(0, false), x => x),
        ["Dropout of everything in place"] = Elementwise(new Operation.Dropout(1, true), x => x * 0),
        ["ChannelDropout of everything"] = new(new Operation.ChannelDropout(1, false), [[2, 3, 4]], x => x[0] * 0),
        ["ChannelDropout of nothing in images"] = new(new Operation.ChannelDropout(0, false), [[2, 3, 4, 4]], x => x[0].clone()),
        ["SampleMask of all"] = new(new Operation.SampleMask(1), [[2, 3, 4]], _ => ones(2, 1, 1)),
        ["SampleMask of none"] = new(new Operation.SampleMask(0), [[2, 3, 4]], _ => zeros(2, 1, 1)),

        ["IndexSelect"] = new(new Operation.IndexSelect(1), [[2, 3, 4], [0]], x => stack([x[0].select(1, 2), x[0].select(1, 0)], 1)),
    };

    // Random operations: what can be said of them, beside the cases without chance above.
    private static readonly Dictionary<Type, Operation> Random = new()
    {
        [typeof(Operation.Dropout)] = new Operation.Dropout(0.25, false),
        [typeof(Operation.ChannelDropout)] = new Operation.ChannelDropout(0.25, false),
        [typeof(Operation.SampleMask)] = new Operation.SampleMask(0.75),
    };

    public static TheoryData<string> Names => [.. All.Keys];

    public static TheoryData<string> RandomNames => [.. Random.Keys.Select(kind => kind.Name)];

    private static Case Elementwise(Operation operation, Func<Tensor, Tensor> expected) => new(operation, [[2, 3, 4]], x => expected(x[0]));

    [Theory, MemberData(nameof(Names))]
    public void An_operation_gives_what_its_documentation_says(string name)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var (operation, inputs, expected) = Make(name);

        var output = operation.Compute(inputs);

        Assert.Equal(expected.shape, output.shape);
        Assert.InRange(output.sub(expected).abs().max().ToDouble(), 0, 2e-6 * Math.Max(1, expected.abs().max().ToDouble()));
        Assert.DoesNotContain(output, inputs, ReferenceEqualityComparer.Instance);
    }

    [Theory, MemberData(nameof(Names))]
    public void An_operation_overwrites_what_it_says_and_nothing_else(string name)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var (operation, inputs, _) = Make(name);
        var before = inputs.Select(input => input?.clone()).ToArray();

        var output = operation.Compute(inputs);

        for (var i = 0; i < inputs.Length; i++)
        {
            if (inputs[i] is { } input && !operation.Overwrites(i)) Assert.True(input.equal(before[i]!).all().item<bool>(), $"input {i}");
        }

        // Memory shows by writing to it.
        if (inputs is not [{ } first, ..] || operation.MayShareMemory()) return;
        var kept = first.clone();
        output.zero_();
        Assert.True(first.equal(kept).all().item<bool>());
    }

    [Theory, MemberData(nameof(Names))]
    public void An_operation_foresees_no_more_memory_than_it_takes(string name)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var (operation, inputs, expected) = Make(name);

        var least = operation.LeastElements(inputs);

        // A convolution is computed in blocks of 16 channels and copied; what shares memory, or makes less than it reads, is not counted.
        if (operation is Operation.Convolution or Operation.FusedConvolution)
            Assert.Equal(expected.NumberOfElements / expected.size(1) * (expected.size(1) + 16.0), least);
        else if (operation is Operation.Linear or Operation.FusedLinear or Operation.Concat or Operation.IndexSelect or Operation.GELU or Operation.Softmax or Operation.BatchNorm)
            Assert.Equal(expected.NumberOfElements, least);
        else
            Assert.InRange(least, 0, expected.NumberOfElements);
    }

    [Fact]
    public void What_no_memory_holds_is_refused_before_it_is_asked_for()
    {
        // A view of one number, as large as may be: the output would be real.
        using var endless = zeros(1).expand(1L << 44);
        using var image = zeros(1, 1, 1, 1).expand(1, 1, 1 << 20, 1 << 20);
        using var weight = zeros(4, 1, 3, 3);

        Assert.Throws<InsufficientMemoryException>(() => new Operation.Exp().Compute(endless));
        var error = Assert.Throws<InsufficientMemoryException>(() => new Operation.Convolution([1, 1], [1, 1], [1, 1], [1, 1], 1).Compute(image, weight, null));
        Assert.Contains(" MB, and ", error.Message, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Names))]
    public void An_operation_is_observed_as_it_is(string name)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var (operation, inputs, _) = Make(name);
        var observer = new Recorder();

        Tensor output;
        using (ForwardPass.Observe(observer)) output = Ops.Run(operation, inputs);

        var (seen, read, made) = Assert.Single(observer.Seen);
        Assert.Same(operation, seen);
        Assert.Equal(inputs, read, ReferenceEqualityComparer.Instance as IEqualityComparer<Tensor?>);
        Assert.Same(output, made);
    }

    [Theory, MemberData(nameof(Names))]
    public void Equal_attributes_make_equal_operations(string name)
    {
        var operation = All[name].Operation;
        var type = operation.GetType();
        var values = type.GetConstructors().Single().GetParameters().Select(parameter => type.GetProperty(parameter.Name!)!.GetValue(operation) switch
        {
            Integers numbers => Integers.Create(numbers.ToArray()),
            var value => value,
        });

        var again = Activator.CreateInstance(type, [.. values]);

        Assert.Equal(operation, again);
        Assert.Equal(operation.GetHashCode(), again!.GetHashCode());
    }

    [Theory, MemberData(nameof(RandomNames))]
    public void A_random_operation_keeps_the_mean(string kind)
    {
        using var scope = NewDisposeScope();
        manual_seed(0);

        var output = Random.Single(entry => entry.Key.Name == kind).Value.Compute(ones(20_000, 2, 3));

        Assert.Equal([0, 4f / 3], output.unique().Item1.data<float>().ToArray(), (expected, actual) => Math.Abs(expected - actual) < 1e-6);
        Assert.InRange(output.mean().ToDouble(), 0.98, 1.02);
    }

    [Fact]
    public void Every_kind_of_operation_is_among_the_cases()
    {
        var kinds = typeof(Operation).GetNestedTypes(BindingFlags.Public | BindingFlags.NonPublic).Where(type => type.IsSubclassOf(typeof(Operation)));
        var tested = All.Values.Select(entry => entry.Operation.GetType()).ToHashSet();

        Assert.All(kinds, kind => Assert.True(kind.IsAbstract || (kind.IsSealed && tested.Contains(kind)), kind.Name));
        Assert.DoesNotContain(typeof(Operation).Assembly.GetTypes(), type => type.IsSubclassOf(typeof(Operation)) && type.DeclaringType != typeof(Operation));
    }

    [Fact]
    public void In_training_batch_norm_overwrites_the_running_statistics()
    {
        using var scope = NewDisposeScope();
        var (mean, variance, x) = (zeros(3), ones(3), randn(8, 3));
        var operation = new Operation.BatchNorm(1e-5, 0.25, BatchStatistics: true);

        operation.Compute(x, mean, variance, null, null);

        Assert.Equal([false, true, true, false, false], Enumerable.Range(0, 5).Select(operation.Overwrites));
        Assert.True(mean.allclose(x.mean([0]) * 0.25));
        Assert.True(variance.allclose((x.var([0]) * 0.25) + 0.75));
    }

    [Fact]
    public void Inputs_that_are_missing_or_too_many_are_refused()
    {
        using var scope = NewDisposeScope();
        var x = ones(2, 3);

        Assert.Equal("Linear: expected 3 inputs, of which the last may be null, got 2. (Parameter 'inputs')", Refusal(new Operation.Linear(), x, x));
        Assert.Equal("ReLU: expected 1 input, got 2. (Parameter 'inputs')", Refusal(new Operation.ReLU(false), x, x));
        Assert.Equal("Concat: expected at least 1 input, got 0. (Parameter 'inputs')", Refusal(new Operation.Concat(0)));
        Assert.Equal("Add: input 1 is null. (Parameter 'inputs')", Refusal(new Operation.Add(false), x, null));

        static string Refusal(Operation operation, params Tensor?[] inputs) => Assert.Throws<ArgumentException>(nameof(inputs), () => operation.Compute(inputs)).Message;
    }

    [Fact]
    public void Observations_may_end_in_any_order()
    {
        using var scope = NewDisposeScope();
        var (outer, inner) = (new Recorder(), new Recorder());
        var first = ForwardPass.Observe(outer);
        var second = ForwardPass.Observe(inner);

        first.Dispose();
        Ops.Identity(ones(1));
        second.Dispose();
        Ops.Identity(ones(1));

        Assert.Equal((0, 1), (outer.Seen.Count, inner.Seen.Count));
    }

    [Fact]
    public void An_observation_that_ends_twice_ends_once()
    {
        using var scope = NewDisposeScope();
        var (outer, inner) = (new Recorder(), new Recorder());
        using var first = ForwardPass.Observe(outer);
        var second = ForwardPass.Observe(inner);
        second.Dispose();
        using (ForwardPass.Observe(inner))
        {
            second.Dispose();
            Ops.Identity(ones(1));
        }

        Assert.Equal((0, 1), (outer.Seen.Count, inner.Seen.Count));
    }

    [Fact]
    public void A_sum_in_place_is_observed_as_what_happened()
    {
        using var scope = NewDisposeScope();
        var observer = new Recorder();
        using (ForwardPass.Observe(observer))
        {
            Ops.Add(ones(2), ones(2), inPlace: true);
            Ops.Add(ones(2).requires_grad_().mul(2), ones(2), inPlace: true);
        }

        Assert.Equal([new Operation.Add(InPlace: true), new Operation.Add(InPlace: false)], observer.Seen.Select(seen => seen.Operation));
    }

    // Positive numbers where a variance is wanted, places where an index is, and elsewhere normal ones.
    private static (Operation Operation, Tensor?[] Inputs, Tensor Expected) Make(string name)
    {
        manual_seed(1);
        var (operation, shapes, expect) = All[name];
        var inputs = shapes.Select((shape, place) => (operation, place, shape) switch
        {
            (_, _, null) => null,
            (Operation.BatchNorm, 2, _) => rand(shape).add(0.5),
            (Operation.IndexSelect, 1, _) => tensor([2L, 0]),
            _ => randn(shape).mul(2),
        }).ToArray();
        return (operation, inputs, expect([.. inputs.Select(input => input?.clone()!)]).clone());
    }

    private sealed class Recorder : IForwardObserver
    {
        public List<(Operation Operation, Tensor?[] Inputs, Tensor Output)> Seen { get; } = [];

        public void Ran(Operation operation, ReadOnlySpan<Tensor?> inputs, Tensor output) => Seen.Add((operation, inputs.ToArray(), output));
    }
}
