using Luma.Neural.Blocks;
using Luma.Neural.Layers;
using Luma.Zoo.Training;
using static Luma.Zoo.Tests.Training.Small;

namespace Luma.Zoo.Tests.Training;

/// <summary>Layers that do not learn, or not yet.</summary>
public class FreezingTests
{
    private static readonly LearningRateSchedule Constant = new LearningRateSchedule.Constant();

    [Theory]
    [InlineData("body")]
    [InlineData("trunk,norm,middle")]
    [InlineData("t*k,nor*,middle.*")]
    public async Task A_frozen_body_keeps_its_weights_and_its_statistics_to_the_bit(string patterns)
    {
        using var data = new Bars(64);
        using var model = Deep();
        string[] body = ["trunk", "norm", "middle"];
        var (before, head) = (body.Select(name => WeightsOf(model, $"{name}.")).ToList(), WeightsOf(model, "head."));
        Assert.All(before, Assert.NotEmpty);

        await new Trainer(model, Bars.Preset(), Quick with { Freeze = patterns.Split(','), Optimizer = new Optimizer.Adam { WeightDecay = 0.1, Decoupled = true } }).FitAsync(data);

        Assert.Equal(before, body.Select(name => WeightsOf(model, $"{name}.")));
        Assert.NotEqual(head, WeightsOf(model, "head."));
    }

    [Fact]
    public async Task What_was_frozen_by_hand_stays_so()
    {
        using var data = new Bars(64);
        var (frozen, free) = (new BatchNorm1D(20), new BatchNorm1D(20));
        using var model = Seeded(() => new Sequence { new Flatten(), new Dense(256, 20), frozen, free, new Dense(20, 10) });
        foreach (var parameter in frozen.parameters()) parameter.requires_grad = false;

        await new Trainer(model, Bars.Preset(), Quick).FitAsync(data);

        Assert.Equal(Enumerable.Repeat(0f, 20), frozen.RunningMean!.data<float>().ToArray());
        Assert.DoesNotContain(0f, free.RunningMean!.data<float>().ToArray());
        Assert.All(frozen.parameters(), parameter => Assert.False(parameter.requires_grad));
    }

    [Fact]
    public async Task Frozen_layers_are_known_at_once_however_many_epochs_there_are()
    {
        using var data = new Bars(16);
        using var model = Deep();
        using var cancellation = new CancellationTokenSource();

        var result = await new Trainer(model, Bars.Preset(), Quick with { Epochs = int.MaxValue, Freeze = ["body"], FeatureCacheBytes = 0 }) { StepDone = (_, _, _) => cancellation.Cancel() }.FitAsync(data, cancellation: cancellation.Token);

        Assert.Equal((1, true), (result.Steps, result.Cancelled));
    }

    [Fact]
    public async Task A_body_begins_to_learn_in_its_epoch()
    {
        using var data = new Bars(64);
        using var model = Deep();
        var states = new List<(float[] Trunk, float[] Norm, float[] Middle)>();
        void Look() => states.Add((WeightsOf(model, "trunk."), WeightsOf(model, "norm."), WeightsOf(model, "middle.")));
        Look();

        await new Trainer(model, Bars.Preset(), Quick with { Epochs = 4, Freeze = ["body"], Unfreeze = [new(2, "middle"), new(3, "body")], Schedule = Constant })
        {
            EpochDone = _ => Look(),
        }.FitAsync(data);

        Assert.Equal([false, true, true, true], Changes(state => state.Middle));
        Assert.Equal([false, false, true, true], Changes(state => state.Trunk));
        Assert.Equal([false, false, true, true], Changes(state => state.Norm));

        IEnumerable<bool> Changes(Func<(float[] Trunk, float[] Norm, float[] Middle), float[]> pick) => states.Zip(states.Skip(1), (one, other) => !pick(one).SequenceEqual(pick(other)));
    }

    [Theory]
    [InlineData("body", TrainingPrecision.Float32)]
    [InlineData("trunk,norm", TrainingPrecision.Float32)]
    [InlineData("body", TrainingPrecision.BFloat16)]
    [InlineData("trunk,norm", TrainingPrecision.BFloat16)]
    public async Task Features_kept_of_frozen_layers_give_the_same_weights(string frozen, TrainingPrecision precision)
    {
        var (kept, computed) = (await Trained(1 << 20), await Trained(0));

        for (var i = 0; i < kept.Weights.Length; i++) Assert.Equal(computed.Weights[i], kept.Weights[i], precision == TrainingPrecision.Float32 ? 1e-6f : 1e-3f);
        // Each image goes once through what is frozen, and not in each of the three epochs.
        Assert.Equal((72, 3 * 72), (kept.Asked, computed.Asked));

        async Task<(float[] Weights, int Asked)> Trained(long bytes)
        {
            using var data = new Bars(72) { Unreadable = [5, 40] };
            using var model = Deep();
            await new Trainer(model, Bars.Preset(), Quick with { Freeze = frozen.Split(','), FeatureCacheBytes = bytes, Precision = precision }).FitAsync(data);
            return (WeightsOf(model), data.Asked.Count);
        }
    }
}
