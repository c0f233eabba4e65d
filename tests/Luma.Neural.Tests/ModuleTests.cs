using System.Collections.Concurrent;
using Luma.Neural.Blocks;
using Luma.Neural.Layers;
using Luma.Neural.Observation;
using Luma.Neural.Operations;

namespace Luma.Neural.Tests;

/// <summary>What holds for every kind of layer and block.</summary>
[Collection(Generator.Name)]
public class ModuleTests
{
    public static TheoryData<string> Names => Cases.Names;

    // libtorch's average pooling over volumes, through which the local response norm goes too, knows no bfloat16 on the CPU.
    private static readonly string[] WithoutBFloat16 =
    [
        "Pooling3D average", "LpPooling3D", "LocalResponseNorm", "LocalResponseNorm volume", "LocalResponseNorm from the paper",
    ];

    public static IEnumerable<object[]> NamesAndTypes =>
        Cases.All.Keys.SelectMany(name => new[] { float64, bfloat16 }, (name, type) => new object[] { name, type });

    [Theory]
    [MemberData(nameof(NamesAndTypes))]
    public void Another_type_leaves_parameters_registered_and_trainable(string name, ScalarType type)
    {
        using var module = Cases.All[name]();
        using var scope = NewDisposeScope();
        var keys = module.state_dict().Keys.ToArray();

        module.to(type);

        Assert.Equal(keys, module.state_dict().Keys);
        Assert.All(module.parameters(), parameter => Assert.True(parameter.requires_grad && parameter.is_leaf));
        Assert.All(module.state_dict(), entry =>
            Assert.Equal(entry.Key.EndsWith("num_batches_tracked", StringComparison.Ordinal) ? int64 : type, entry.Value.dtype));

        var input = randn(Goldens.Instance.Cases[name].Input).to(type);
        if (type == bfloat16 && WithoutBFloat16.Contains(name))
        {
            Assert.Contains("not implemented for 'BFloat16'", Assert.ThrowsAny<Exception>(() => module.call(input)).Message);
            return;
        }

        var output = module.call(input);
        Assert.Equal(type, output.dtype);
        if (!module.parameters().Any()) return;

        output.sum().backward();
        Assert.All(module.named_parameters(), entry => Assert.Equal(type, Assert.IsType<Tensor>(entry.parameter.grad, exactMatch: false).dtype));

        // The registered parameter is the one that the forward pass uses.
        using var noGrad = no_grad();
        module.eval();
        foreach (var parameter in module.parameters()) parameter.fill_(float.NaN);
        Assert.True(module.call(input.clone()).isnan().any().item<bool>());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_same_device_changes_nothing_and_the_meta_device_takes_parameters_along(string name)
    {
        using var module = Cases.All[name]();
        var before = module.state_dict();

        module.to(CPU);
        Assert.All(module.state_dict(), entry => Assert.Same(before[entry.Key], entry.Value));

        module.to(META);
        Assert.All(module.state_dict(), entry => Assert.Equal(DeviceType.META, entry.Value.device_type));
        Assert.Equal(before.Keys, module.state_dict().Keys);
        Assert.All(module.parameters(), parameter => Assert.True(parameter.requires_grad));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_module_made_in_a_dispose_scope_outlives_it(string name)
    {
        NeuralModule module;
        using (NewDisposeScope())
            module = Cases.All[name]();

        using (module)
        using (var input = randn(Goldens.Instance.Cases[name].Input))
        using (var output = module.call(input))
        {
            Assert.All(module.state_dict().Values, tensor => Assert.False(tensor.IsInvalid));
            Assert.False(output.IsInvalid);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_thousand_calls_leave_no_tensor_behind(string name)
    {
        using var module = Cases.All[name]();
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var input = randn(Goldens.Instance.Cases[name].Input);
        var before = (scope.DisposablesCount, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);

        // What a call leaves behind stays in the scope, so that no garbage collection hides it. The other count is of this thread's tensors,
        // those outside the scope too, and the finaliser changes nothing in it.
        for (var call = 0; call < 500; call++) module.call(input).Dispose();
        module.eval();
        for (var call = 0; call < 500; call++) module.call(input).Dispose();

        Assert.Equal(before, (scope.DisposablesCount, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_output_is_never_the_object_that_was_given(string name)
    {
        using var module = Cases.All[name]();
        using var noGrad = no_grad();
        using var input = randn(Goldens.Instance.Cases[name].Input);

        foreach (var training in (bool[])[true, false])
        {
            module.train(training);
            using var output = module.call(input);
            Assert.NotSame(input, output);
            Assert.NotEqual(input.Handle, output.Handle);
        }
        Assert.False(input.IsInvalid);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_observer_sees_what_runs_and_changes_nothing(string name)
    {
        using var module = Cases.All[name]();
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        module.eval();
        var input = randn(Goldens.Instance.Cases[name].Input);
        var expected = module.call(input.clone());

        var observer = new Recorder();
        Tensor output;
        using (ForwardPass.Observe(observer)) output = module.call(input);

        Assert.Equal(expected.data<float>().ToArray(), output.data<float>().ToArray());
        Assert.Same(input, observer.Events[0].Input);
        Assert.Same(output, observer.Events[^1].Output);

        // A block may run its layers in another order than the state dict's.
        HashSet<Layer> leaves = module is Layer layer ? [layer] : [.. module.modules().OfType<Layer>()];
        Assert.Equal(leaves, observer.Events.Select(happened => happened.Module).OfType<Layer>().ToHashSet());
    }

    [Fact]
    public void Modules_are_entered_and_left_around_what_they_hold()
    {
        using var inner = new Sequence { { "drop", new Dropout() } };
        using var outer = new Sequence { { "inner", inner }, { "last", new Identity() } };
        using var input = ones(2);
        var observer = new Recorder();

        using (ForwardPass.Observe(observer)) outer.call(input).Dispose();
        outer.call(input).Dispose();

        Assert.Equal(
            [
                ("entered", outer), ("entered", inner), ("entered", inner[0]), ("left", inner[0]), ("left", inner),
                ("entered", outer[1]), ("left", outer[1]), ("left", outer),
            ],
            observer.Events.Select(happened => (happened.Kind, happened.Module)));
    }

    [Fact]
    public void An_empty_sequence_is_an_identity()
    {
        using var module = new Sequence();
        using var input = ones(2);
        var observer = new Recorder();

        using var observed = ForwardPass.Observe(observer);
        using var output = module.call(input);

        Assert.NotSame(input, output);
        Assert.Equal([new Operation.Identity()], observer.Operations);
    }

    [Fact]
    public void Observations_nest_and_the_innermost_alone_is_told()
    {
        using var layer = new Identity();
        using var input = ones(2);
        var (outer, inner) = (new Recorder(), new Recorder());

        using (ForwardPass.Observe(outer))
        {
            using (ForwardPass.Observe(inner)) layer.call(input).Dispose();
            layer.call(input).Dispose();
            layer.call(input).Dispose();
        }

        Assert.Equal((4, 2), (outer.Events.Count, inner.Events.Count));
    }

    [Fact]
    public void Observing_on_one_thread_sees_nothing_of_another()
    {
        using var start = new Barrier(4);
        var counts = new ConcurrentBag<(bool Observing, int Events, int Foreign)>();
        var threads = Enumerable.Range(0, 4).Select(number => new Thread(() =>
        {
            using var layer = new Tanh();
            using var input = ones(3);
            var observer = new Recorder();
            var observation = number % 2 == 0 ? ForwardPass.Observe(observer) : null;
            start.SignalAndWait();
            for (var call = 0; call < 200; call++) layer.call(input).Dispose();
            observation?.Dispose();
            counts.Add((observation is not null, observer.Events.Count, observer.Events.Count(happened => happened.Module != layer)));
        })).ToArray();

        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads) thread.Join();

        Assert.Equal(4, counts.Count);
        Assert.All(counts, count => Assert.Equal((count.Observing ? 400 : 0, 0), (count.Events, count.Foreign)));
    }

    private sealed class Recorder : IForwardObserver
    {
        public List<(string Kind, NeuralModule Module, Tensor Input, Tensor? Output)> Events { get; } = [];

        public List<Operation> Operations { get; } = [];

        public void Entered(NeuralModule module, Tensor input) => Events.Add(("entered", module, input, null));

        public void Left(NeuralModule module, Tensor input, Tensor output) => Events.Add(("left", module, input, output));

        public void Ran(Operation operation, ReadOnlySpan<Tensor?> inputs, Tensor output) => Operations.Add(operation);
    }
}
