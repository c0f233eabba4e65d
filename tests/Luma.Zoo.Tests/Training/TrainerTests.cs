using Luma.Zoo.Cli;
using Luma.Zoo.Models;
using Luma.Zoo.Training;
using Luma.Zoo.Training.Augmentation;
using static Luma.Zoo.Tests.Training.Small;

namespace Luma.Zoo.Tests.Training;

/// <summary>What a training learns, keeps and tells.</summary>
public class TrainerTests
{
    private static readonly LearningRateSchedule Constant = new LearningRateSchedule.Constant();

    [Fact]
    public async Task LeNet_learns_to_tell_bars_apart()
    {
        using var data = new Bars(180, size: 32);
        using var chosen = new Bars(20, seed: 3, size: 32);
        using var test = new Bars(50, seed: 2, size: 32);
        using var model = Seeded(() => new LeNet_5());
        var evaluator = new Evaluator(model, Bars.Preset(32));

        var before = await evaluator.RunAsync(test);
        var result = await new Trainer(model, Bars.Preset(32), Quick with { Epochs = 8, Optimizer = new Optimizer.Sgd { LearningRate = 0.05, Momentum = 0.9 } }).FitAsync(data, chosen);
        var after = await evaluator.RunAsync(test);

        Assert.InRange(before.Accuracy, 0, 0.5);
        Assert.Equal(1, after.Accuracy);
        Assert.InRange(after.Loss, 0, before.Loss / 2);
        Assert.Equal((8, 8 * 12L, false), (result.History.Count, result.Steps, result.Cancelled));
    }

    [Fact]
    public async Task The_same_seed_gives_the_same_weights_to_the_bit()
    {
        var options = Quick with { Transform = new TrainingTransform { Inputs = [new DigitDistortion()] } };

        Assert.Equal(await TrainedWeights(options), await TrainedWeights(options));
        Assert.NotEqual(await TrainedWeights(Quick), await TrainedWeights(Quick with { Seed = 2 }));
    }

    [Fact]
    public async Task Every_image_is_seen_once_an_epoch_in_an_order_of_its_own()
    {
        using var data = new Bars(40);
        using var model = Linear();

        // One thread asks in the order of the batches.
        await new Trainer(model, Bars.Preset(), Quick with { Epochs = 2 }) { Loading = new() { Workers = 1 } }.FitAsync(data);

        var epochs = data.Asked.Chunk(40).ToArray();
        Assert.Equal(2, epochs.Length);
        Assert.All(epochs, epoch => Assert.Equal(Enumerable.Range(0, 40), epoch.Order()));
        Assert.NotEqual(epochs[0], epochs[1]);
    }

    [Fact]
    public async Task The_best_weights_are_kept_and_not_the_last()
    {
        using var data = new Bars(60);
        using var validation = new Bars(30, seed: 2);
        using var model = Linear();
        var seen = new List<(EpochRecord Record, float[] Weights)>();
        // From the fourth epoch on, what the network learns is wrong.
        var options = Quick with { Epochs = 6, Transform = new TrainingTransform { Inputs = [new Spoils(After: 180)] }, Schedule = Constant };

        var result = await new Trainer(model, Bars.Preset(), options).FitAsync(data, validation, new Immediate<TrainingProgress>(progress =>
        {
            if (progress.Finished is { } record) seen.Add((record, WeightsOf(model)));
        }));

        var best = seen.MaxBy(epoch => (epoch.Record.Accuracy, -epoch.Record.ValidationLoss));
        Assert.InRange(best.Record.Epoch, 1, 3);
        Assert.Equal(best.Record, result.Best);
        Assert.Equal(best.Weights, WeightsOf(model));
        var again = await new Evaluator(model, Bars.Preset()).RunAsync(validation);
        Assert.Equal((result.Best!.Accuracy, result.Best.ValidationLoss!.Value), (again.Accuracy, again.Loss), (one, other) => one.Item1 == other.Item1 && Math.Abs(one.Item2 - other.Item2) < 1e-6);
    }

    [Fact]
    public async Task Without_validation_images_the_last_weights_are_kept()
    {
        using var data = new Bars(40);
        using var model = Linear();
        float[] last = [];

        var result = await new Trainer(model, Bars.Preset(), Quick) { StepDone = (_, _, _) => last = WeightsOf(model) }.FitAsync(data);

        Assert.Equal((3, 3), (result.Best!.Epoch, result.History.Count));
        Assert.Null(result.Best.Accuracy);
        Assert.Equal(last, WeightsOf(model));
    }

    [Fact]
    public async Task A_training_ends_early_where_nothing_gets_better()
    {
        using var data = new Bars(60);
        using var validation = new Bars(30, seed: 2);
        using var model = Linear();
        // What is learnt after the first epoch is all wrong.
        var options = Quick with { Epochs = 20, Patience = 3, Transform = new TrainingTransform { Inputs = [new Spoils(After: 60)] }, Schedule = Constant };

        var result = await new Trainer(model, Bars.Preset(), options).FitAsync(data, validation);

        Assert.Equal(result.Best!.Epoch + 3, result.History.Count);
        Assert.InRange(result.History.Count, 4, 19);
        Assert.False(result.Cancelled);
    }

    [Fact]
    public async Task A_cancelled_training_leaves_the_best_weights_so_far()
    {
        using var data = new Bars(60);
        using var validation = new Bars(30, seed: 2);
        using var model = Linear();
        using var cancellation = new CancellationTokenSource();
        float[] afterFirst = [];

        var trainer = new Trainer(model, Bars.Preset(), Quick with { Epochs = 1000 }) { StepDone = (step, _, _) => { if (step == 6) cancellation.Cancel(); } };
        var result = await trainer.FitAsync(data, validation, new Immediate<TrainingProgress>(progress =>
        {
            if (progress.Finished is not null) afterFirst = WeightsOf(model);
        }), cancellation.Token);

        Assert.Equal((true, 1, 1, 6L), (result.Cancelled, result.History.Count, result.Best!.Epoch, result.Steps));
        Assert.Equal(afterFirst, WeightsOf(model));
    }

    [Fact]
    public async Task A_training_cancelled_before_it_begins_changes_nothing()
    {
        using var data = new Bars(60);
        using var model = Linear();
        var before = WeightsOf(model);

        var result = await new Trainer(model, Bars.Preset(), Quick).FitAsync(data, cancellation: new CancellationToken(canceled: true));

        Assert.Equal((true, 0, 0L), (result.Cancelled, result.History.Count, result.Steps));
        Assert.Null(result.Best);
        Assert.Equal(before, WeightsOf(model));
    }

    [Fact]
    public async Task What_the_steps_of_the_first_epoch_have_learnt_stays_when_it_is_cancelled()
    {
        using var data = new Bars(200);
        using var model = Linear();
        using var cancellation = new CancellationTokenSource();
        var before = WeightsOf(model);

        var result = await new Trainer(model, Bars.Preset(), Quick) { StepDone = (step, _, _) => { if (step == 5) cancellation.Cancel(); } }.FitAsync(data, cancellation: cancellation.Token);

        Assert.Equal((true, 0, 5L), (result.Cancelled, result.History.Count, result.Steps));
        Assert.NotEqual(before, WeightsOf(model));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_modes_of_the_network_are_as_they_were(bool training)
    {
        using var data = new Bars(40);
        using var model = Deep();
        model.train(training);

        await new Trainer(model, Bars.Preset(), Quick with { Freeze = ["norm"] }).FitAsync(data);
        Assert.All(model.modules(), module => Assert.Equal(training, module.training));
        Assert.All(model.parameters(), parameter => Assert.True(parameter.requires_grad));
        await new Evaluator(model, Bars.Preset()).RunAsync(data);
        Assert.All(model.modules(), module => Assert.Equal(training, module.training));
    }

    [Fact]
    public async Task Progress_comes_to_the_end_of_each_epoch()
    {
        using var data = new Bars(100);
        using var model = Linear();
        var reports = new List<TrainingProgress>();
        var rates = new List<double>();

        await new Trainer(model, Bars.Preset(), Quick) { StepDone = (_, _, rate) => rates.Add(rate) }.FitAsync(data, progress: new Immediate<TrainingProgress>(reports.Add));

        Assert.Equal([1, 2, 3], reports.Where(report => report.Finished is not null).Select(report => report.Finished!.Epoch));
        Assert.All(reports, report => Assert.Equal((3, 7), (report.Epochs, report.Steps)));
        // Half a cosine over 21 steps.
        Assert.Equal(21, rates.Count);
        for (var i = 0; i < 21; i++) Assert.Equal(0.02 * (1 + Math.Cos(Math.PI * i / 21)) / 2, rates[i], 1e-12);
    }

    [Fact]
    public async Task The_rate_rises_along_a_line_before_its_schedule_begins()
    {
        using var data = new Bars(64);
        using var model = Linear();
        var rates = new List<double>();

        await new Trainer(model, Bars.Preset(), Quick with { Warmup = new(Epochs: 1.5, Initial: 0.1), Schedule = new LearningRateSchedule.Steps { Parts = 2, Gamma = 0.5 } })
        {
            StepDone = (_, _, rate) => rates.Add(rate / 0.02),
        }.FitAsync(data);

        // Six of twelve steps of warm-up: 0.1 + 0.9 k/6.
        double[] expected = [0.1, 0.25, 0.4, 0.55, 0.7, 0.85, 1, 1, 1, 0.5, 0.5, 0.5];
        Assert.Equal(expected.Length, rates.Count);
        for (var i = 0; i < expected.Length; i++) Assert.Equal(expected[i], rates[i], 1e-12);
    }

    private static async Task<float[]> TrainedWeights(TrainingOptions options)
    {
        using var data = new Bars(120);
        using var model = Deep();
        await new Trainer(model, Bars.Preset(), options).FitAsync(data);
        return WeightsOf(model);
    }
}
