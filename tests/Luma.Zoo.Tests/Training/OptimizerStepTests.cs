using Luma.Zoo.Training;
using Modules = TorchSharp.Modules;

namespace Luma.Zoo.Tests.Training;

/// <summary>The optimisers' steps are TorchSharp's, and outlive a garbage collector that never rests.</summary>
public class OptimizerStepTests
{
    private const int Steps = 5;

    public static TheoryData<Optimizer> All =>
    [
        new Optimizer.Sgd { LearningRate = 0.1 },
        new Optimizer.Sgd { LearningRate = 0.1, WeightDecay = 0.01 },
        new Optimizer.Sgd { LearningRate = 0.1, WeightDecay = 0.01, Momentum = 0.9 },
        new Optimizer.Sgd { LearningRate = 0.1, WeightDecay = 0.01, Momentum = 0.9, Nesterov = true },
        new Optimizer.Adam(),
        new Optimizer.Adam { WeightDecay = 0.01, Beta1 = 0.8, Beta2 = 0.99, Epsilon = 1e-4 },
        new Optimizer.Adam { Decoupled = true },
        new Optimizer.Adam { Decoupled = true, WeightDecay = 0.05, Beta1 = 0.8 },
        new Optimizer.RmsProp(),
        new Optimizer.RmsProp { WeightDecay = 0.01, Momentum = 0.9, Alpha = 0.9, Epsilon = 1e-4 },
    ];

    [Theory]
    [MemberData(nameof(All))]
    public void Steps_are_those_of_TorchSharp_to_the_bit(Optimizer optimizer)
    {
        var ours = Run(optimizer.Create);
        var theirs = Run(groups => Theirs(optimizer, groups));

        Assert.Equal(ours, theirs);
        Assert.All(ours, value => Assert.True(float.IsFinite(value)));
        Assert.NotEqual(Run(optimizer.Create, steps: Steps - 1), ours);
    }

    [Theory, Trait("Category", "Slow")]
    [MemberData(nameof(All))]
    public void Numbers_are_held_while_the_garbage_collector_works(Optimizer optimizer)
    {
        var expected = Run(optimizer.Create, steps: 200);
        using var done = new CancellationTokenSource();
        var collector = new Thread(() =>
        {
            while (!done.IsCancellationRequested)
            {
                GC.Collect(0);
                GC.WaitForPendingFinalizers();
            }
        });
        collector.Start();
        try
        {
            Assert.Equal(expected, Run(optimizer.Create, steps: 200));
        }
        finally
        {
            done.Cancel();
            collector.Join();
        }
    }

    // The weights after a number of steps: two groups, of which the second has another rate, and a weight without a gradient.
    private static float[] Run(Func<IReadOnlyList<ParameterGroup>, optim.Optimizer> create, int steps = Steps)
    {
        using var scope = NewDisposeScope();
        var random = new Random(1);
        Modules.Parameter[] parameters = [.. new[] { 7, 16, 3, 5 }.Select(size => new Modules.Parameter(tensor(Numbers(size))))];
        using var optimizer = create([new(parameters[..2], 0.1, 0.01), new(parameters[2..], 0.02, 0)]);
        for (var step = 0; step < steps; step++)
        {
            foreach (var parameter in parameters[..3]) parameter.grad = tensor(Numbers((int)parameter.numel()));
            optimizer.step();
        }
        return [.. parameters.SelectMany(parameter => parameter.data<float>().ToArray())];

        float[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(_ => (float)(random.NextDouble() - 0.5))];
    }

    private static optim.Optimizer Theirs(Optimizer optimizer, IReadOnlyList<ParameterGroup> groups) => optimizer switch
    {
        Optimizer.Sgd sgd => new Modules.SGD(
            groups.Select(group => new Modules.SGD.ParamGroup(group.Parameters, group.LearningRate, sgd.Momentum, weight_decay: group.WeightDecay, nesterov: sgd.Nesterov)),
            sgd.LearningRate, sgd.Momentum, nesterov: sgd.Nesterov),
        Optimizer.Adam { Decoupled: true } adam => new Modules.AdamW(
            groups.Select(group => new Modules.AdamW.ParamGroup(group.Parameters, group.LearningRate, adam.Beta1, adam.Beta2, adam.Epsilon, group.WeightDecay))),
        Optimizer.Adam adam => new Modules.Adam(
            groups.Select(group => new Modules.Adam.ParamGroup(group.Parameters, group.LearningRate, adam.Beta1, adam.Beta2, adam.Epsilon, group.WeightDecay))),
        Optimizer.RmsProp rms => new Modules.RMSProp(
            groups.Select(group => new Modules.RMSProp.ParamGroup(group.Parameters, group.LearningRate, rms.Epsilon, rms.Alpha, group.WeightDecay, rms.Momentum))),
        _ => throw new InvalidOperationException($"{optimizer} has no counterpart."),
    };
}
