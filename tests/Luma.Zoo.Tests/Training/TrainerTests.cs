using Luma.Neural;
using Luma.Neural.Blocks;
using Luma.Neural.Layers;
using Luma.Zoo.Cli;
using Luma.Zoo.Models;
using Luma.Zoo.Training;
using Luma.Zoo.Training.Augmentation;
using Luma.Zoo.Training.Data;
using static Luma.Zoo.Tests.Training.Small;

namespace Luma.Zoo.Tests.Training;

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

    [Fact]
    public async Task A_loss_that_is_not_finite_is_an_error_with_step_and_rate_and_leaves_the_best_weights()
    {
        using var data = new Bars(60);
        using var validation = new Bars(30, seed: 2);
        using var model = Linear();
        float[] best = [];
        // The rate of the sixth step is far too high.
        var options = Quick with { Schedule = new Jump(4), Optimizer = new Optimizer.Sgd { LearningRate = 0.02 } };

        var error = await Assert.ThrowsAsync<TrainingDivergedException>(() => new Trainer(model, Bars.Preset(), options).FitAsync(data, validation, new Immediate<TrainingProgress>(progress =>
        {
            if (progress.Finished is not null) best = WeightsOf(model);
        })));

        Assert.Equal((2, true), (error.Epoch, error.Step is >= 2 and <= 4));
        Assert.StartsWith(
            $"The loss is no longer finite at step {error.Step} of epoch 2, with a learning rate of {error.LearningRate:G4}. Lower the learning rate".Replace("∞", "Infinity", StringComparison.Ordinal),
            error.Message, StringComparison.Ordinal);
        Assert.NotEmpty(best);
        Assert.Equal(best, WeightsOf(model));
    }

    [Fact]
    public async Task A_validation_loss_that_is_no_number_ends_the_training()
    {
        using var data = new Bars(40);
        using var validation = new Bars(20).Spoil(3);
        using var model = Linear();

        var error = await Assert.ThrowsAsync<TrainingDivergedException>(() => new Trainer(model, Bars.Preset(), Quick).FitAsync(data, validation));

        Assert.Equal(1, error.Epoch);
        Assert.StartsWith("The validation loss is no longer finite", error.Message, StringComparison.Ordinal);
        Assert.All(WeightsOf(model), weight => Assert.True(float.IsFinite(weight)));
    }

    [Fact]
    public async Task A_data_set_that_fails_ends_the_training_with_its_own_error()
    {
        using var data = new Bars(60) { FailAfter = 100 };
        using var model = Linear();

        Assert.Equal("The disk is gone.", (await Assert.ThrowsAsync<IOException>(() => new Trainer(model, Bars.Preset(), Quick).FitAsync(data))).Message);
        Assert.All(model.parameters(), parameter => Assert.True(parameter.requires_grad));
    }

    [Fact]
    public async Task Images_that_cannot_be_read_are_told_and_none_at_all_is_an_error()
    {
        using var some = new Bars(40) { Unreadable = [3, 17] };
        using var none = new Bars(3) { Unreadable = [0, 1, 2] };
        using var model = Linear();

        var result = await new Trainer(model, Bars.Preset(), Quick).FitAsync(some);

        Assert.Equal(2, result.Unreadable.Count);
        Assert.Contains("image 17", result.Unreadable[1], StringComparison.Ordinal);
        Assert.Equal("image 0", (await Assert.ThrowsAsync<InvalidDatasetException>(() => new Trainer(model, Bars.Preset(), Quick).FitAsync(none))).Path[..7]);
        await Assert.ThrowsAsync<Luma.Zoo.Images.ImageException>(() => new Trainer(model, Bars.Preset(), Quick) { Loading = new() { StopAtUnreadable = true } }.FitAsync(some));
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

    [Theory]
    [MemberData(nameof(WrongOptions))]
    public async Task Options_out_of_range_are_refused_by_name(string name, TrainingOptions options)
    {
        using var data = new Bars(40);
        using var model = Linear();

        var error = await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => new Trainer(model, Bars.Preset(), options).FitAsync(data));

        Assert.Equal(name, error.ParamName);
    }

    public static TheoryData<string, TrainingOptions> WrongOptions => new()
    {
        { "Epochs", Quick with { Epochs = 0 } },
        { "BatchSize", Quick with { BatchSize = 0 } },
        { "Accumulate", Quick with { Accumulate = 0 } },
        { "LabelSmoothing", Quick with { Loss = new TrainingLoss.CrossEntropy { LabelSmoothing = 1 } } },
        { "LabelSmoothing", Quick with { Loss = new TrainingLoss.CrossEntropy { LabelSmoothing = double.NaN } } },
        { "Seed", Quick with { Seed = -1 } },
        { "LayerDecay", Quick with { LayerDecay = 0 } },
        { "ClipNorm", Quick with { ClipNorm = 0 } },
        { "Patience", Quick with { Patience = 0 } },
        { "Decay", Quick with { Average = new(1) } },
        { "LearningRate", Quick with { Optimizer = new Optimizer.Sgd { LearningRate = 0 } } },
        { "LearningRate", Quick with { Optimizer = new Optimizer.Adam { LearningRate = double.NaN } } },
        { "LearningRate", Quick with { Optimizer = new Optimizer.Sgd { LearningRate = 1e40 } } },
        { "WeightDecay", Quick with { Optimizer = new Optimizer.Sgd { WeightDecay = -1 } } },
        { "Momentum", Quick with { Optimizer = new Optimizer.Sgd { Momentum = 1 } } },
        { "Momentum", Quick with { Optimizer = new Optimizer.Sgd { Nesterov = true } } },
        { "Beta1", Quick with { Optimizer = new Optimizer.Adam { Beta1 = 1 } } },
        { "Beta2", Quick with { Optimizer = new Optimizer.Adam { Beta2 = -0.1 } } },
        { "Epsilon", Quick with { Optimizer = new Optimizer.Adam { Epsilon = 0 } } },
        { "Alpha", Quick with { Optimizer = new Optimizer.RmsProp { Alpha = 1 } } },
        { "Final", Quick with { Schedule = new LearningRateSchedule.Cosine { Final = 2 } } },
        { "Rise", Quick with { Schedule = new LearningRateSchedule.OneCycle { Rise = -1 } } },
        { "Parts", Quick with { Schedule = new LearningRateSchedule.Steps { Parts = 0 } } },
        { "Gamma", Quick with { Schedule = new LearningRateSchedule.Steps { Gamma = 1.5 } } },
        { "Rules", Quick with { Rules = [new("head", -1)] } },
        { "Unfreeze", Quick with { Unfreeze = [new(0, "head")] } },
    };

    [Fact]
    public async Task What_does_not_fit_together_is_said()
    {
        using var data = new Bars(40);
        using var others = new Bars(40) { Classes = [.. Enumerable.Range(0, 10).Select(i => $"other {i}")] };
        using var few = new Bars(3) { Classes = ["a", "b", "c"] };
        using var model = Deep();

        Assert.StartsWith("The images to measure with have other classes", await Refused(Quick, data, others), StringComparison.Ordinal);
        Assert.StartsWith("The network gives (3, 10) for 3 images, and the data have 3 classes.", await Refused(Quick, few), StringComparison.Ordinal);
        Assert.StartsWith("There are 2 weights for 10 classes.", await Refused(Quick with { Loss = new TrainingLoss.CrossEntropy { ClassWeights = [1, 2] } }, data), StringComparison.Ordinal);
        Assert.StartsWith("'bdy' stands for none of the network's parameters.", await Refused(Quick with { Freeze = ["bdy"] }, data), StringComparison.Ordinal);
        Assert.StartsWith("All of the network's parameters are frozen", await Refused(Quick with { Freeze = ["*"] }, data), StringComparison.Ordinal);

        async Task<string> Refused(TrainingOptions options, Bars training, Bars? validation = null) =>
            (await Assert.ThrowsAnyAsync<ArgumentException>(() => new Trainer(model, Bars.Preset(), options).FitAsync(training, validation))).Message;
    }

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

    [Fact]
    public void Parameters_are_in_groups_by_their_rules()
    {
        using var model = Deep();
        var options = Quick with
        {
            Optimizer = new Optimizer.Sgd { LearningRate = 0.1, WeightDecay = 0.01 },
            DecayNormsAndBiases = false,
            LayerDecay = 0.5,
            Rules = [new("trunk", 3), new("trunk.bias", 2, 0.5)],
        };

        var groups = Grouped(model, options);

        // The layers are trunk, norm, middle and head, with 1/8, 1/4, 1/2 and all of the rate.
        Assert.Equal((0.1 * 3 / 8, 0.01), groups["trunk.weight"], Close);
        Assert.Equal((0.1 * 2 / 8, 0.5), groups["trunk.bias"], Close);
        Assert.Equal((0.1 / 4, 0), groups["norm.weight"], Close);
        Assert.Equal((0.1 / 4, 0), groups["norm.bias"], Close);
        Assert.Equal((0.1 / 2, 0.01), groups["middle.weight"], Close);
        Assert.Equal((0.1 / 2, 0), groups["middle.bias"], Close);
        Assert.Equal((0.1, 0.01), groups["head.weight"], Close);
        Assert.Equal((0.1, 0), groups["head.bias"], Close);
        Assert.Equal(["head.weight", "head.bias"], Grouped(model, options with { Freeze = ["body"], Rules = [] }).Keys);
        Assert.Equal(4, Grouped(model, options with { Freeze = ["body"], Unfreeze = [new(3, "middle")], Rules = [] }).Count);
        Assert.All(Grouped(model, Quick with { Optimizer = options.Optimizer }).Values, group => Assert.Equal((0.1, 0.01), group));

        static bool Close((double, double) one, (double, double) other) => Math.Abs(one.Item1 - other.Item1) < 1e-12 && Math.Abs(one.Item2 - other.Item2) < 1e-12;

        static Dictionary<string, (double, double)> Grouped(NeuralModule model, TrainingOptions options)
        {
            var names = model.named_parameters().ToDictionary(entry => entry.parameter.Handle, entry => entry.name);
            return new ParameterPlan(model, options).Groups().SelectMany(group => group.Parameters.Select(parameter => (parameter, group)))
                .ToDictionary(entry => names[entry.parameter.Handle], entry => (entry.group.LearningRate, entry.group.WeightDecay));
        }
    }

    [Theory]
    [InlineData(48)]
    [InlineData(40)]
    [InlineData(36)]
    [InlineData(44)]
    public async Task Two_batches_of_eight_are_as_one_of_sixteen(int count)
    {
        var (small, large) = (await Trained(8, 2), await Trained(16, 1));

        for (var i = 0; i < small.Length; i++) Assert.Equal(large[i], small[i], 1e-6f);
        Assert.NotEqual(large, await Trained(8, 1));

        async Task<float[]> Trained(int size, int accumulate)
        {
            using var data = new Bars(count);
            using var model = Seeded(() => new Sequence { new Flatten(), new Dense(256, 20), new Tanh(), new Dense(20, 10) });
            var result = await new Trainer(model, Bars.Preset(), Quick with { BatchSize = size, Accumulate = accumulate, Schedule = Constant }).FitAsync(data);
            Assert.Equal(accumulate == 1 && size == 8 ? 0 : 3 * ((count + 15) / 16), size == 8 && accumulate == 1 ? 0 : result.Steps);
            return WeightsOf(model);
        }
    }

    [Fact]
    public async Task A_step_is_taken_where_the_last_batch_of_an_epoch_cannot_be_read()
    {
        // Without shuffling being at hand, all that is left of the images fits two batches, and one of the three is empty.
        using var data = new Bars(24) { Unreadable = [.. Enumerable.Range(0, 24)] };
        using var model = Linear();
        await Assert.ThrowsAsync<InvalidDatasetException>(() => new Trainer(model, Bars.Preset(), Quick with { BatchSize = 8, Accumulate = 4 }).FitAsync(data));

        var order = new SampleRandom(1, 1, 0, SampleRandom.Purpose.Order).NextOrder(24);
        using var some = new Bars(24) { Unreadable = order[16..] };
        var before = WeightsOf(model);
        var result = await new Trainer(model, Bars.Preset(), Quick with { Epochs = 1, BatchSize = 8, Accumulate = 4 }).FitAsync(some);

        Assert.Equal(1, result.Steps);
        Assert.NotEqual(before, WeightsOf(model));
    }

    [Theory]
    [InlineData(0.01)]
    [InlineData(0.5)]
    public async Task Gradients_are_no_longer_than_was_asked_for(double norm)
    {
        using var data = new Bars(16);
        using var model = Linear();
        var before = WeightsOf(model);

        await new Trainer(model, Bars.Preset(), Quick with { Epochs = 1, ClipNorm = norm, Optimizer = new Optimizer.Sgd { LearningRate = 1 } }).FitAsync(data);

        var length = Math.Sqrt(WeightsOf(model).Zip(before, (one, other) => Math.Pow(one - other, 2)).Sum());
        Assert.Equal(norm, length, norm * 1e-4);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task The_average_of_the_weights_is_that_of_its_formula(int every)
    {
        using var data = new Bars(64);
        using var model = Linear();
        double[]? expected = null;

        await new Trainer(model, Bars.Preset(), Quick with { Average = new(0.8, every) })
        {
            StepDone = (step, _, _) =>
            {
                var weights = WeightsOf(model);
                if ((step - 1) % every != 0) return;
                expected = expected is null ? [.. weights.Select(weight => (double)weight)] : [.. expected.Zip(weights, (mean, weight) => (0.8 * mean) + (0.2 * weight))];
            },
        }.FitAsync(data);

        var actual = WeightsOf(model);
        for (var i = 0; i < actual.Length; i++) Assert.Equal(expected![i], actual[i], 1e-6);
    }

    [Theory]
    [InlineData("body")]
    [InlineData("trunk,norm")]
    public async Task Features_kept_of_frozen_layers_give_the_same_weights(string frozen)
    {
        var (kept, computed) = (await Trained(1 << 20), await Trained(0));

        for (var i = 0; i < kept.Weights.Length; i++) Assert.Equal(computed.Weights[i], kept.Weights[i], 1e-6f);
        // Each image goes once through what is frozen, and not in each of the three epochs.
        Assert.Equal((72, 3 * 72), (kept.Asked, computed.Asked));

        async Task<(float[] Weights, int Asked)> Trained(long bytes)
        {
            using var data = new Bars(72) { Unreadable = [5, 40] };
            using var model = Deep();
            await new Trainer(model, Bars.Preset(), Quick with { Freeze = frozen.Split(','), FeatureCacheBytes = bytes }).FitAsync(data);
            return (WeightsOf(model), data.Asked.Count);
        }
    }

    [Fact]
    public void Losses_have_the_values_of_their_formulas()
    {
        using var scope = NewDisposeScope();
        var logits = tensor(new[] { 2f, 0f, 0f, 1f }, [2, 2]);
        // Of the two images: -log softmax of each class.
        double[] first = [Math.Log(1 + Math.Exp(-2)), Math.Log(1 + Math.Exp(2))], second = [Math.Log(1 + Math.Exp(1)), Math.Log(1 + Math.Exp(-1))];
        var labels = tensor(new[] { 0L, 0L });
        var mixed = tensor(new[] { 0.7f, 0.3f, 0f, 1f }, [2, 2]);

        Assert.Equal((first[0] + second[0]) / 2, Of(new TrainingLoss.CrossEntropy(), labels), 1e-6);
        Assert.Equal(((0.95 * first[0]) + (0.05 * first[1]) + (0.95 * second[0]) + (0.05 * second[1])) / 2, Of(new TrainingLoss.CrossEntropy { LabelSmoothing = 0.1 }, labels), 1e-6);
        Assert.Equal(((0.7 * first[0]) + (0.3 * first[1]) + second[1]) / 2, Of(new TrainingLoss.CrossEntropy(), mixed), 1e-6);
        // PyTorch divides by the weights of the labels that are there.
        Assert.Equal(((3 * first[0]) + (1 * second[1])) / 4, Of(new TrainingLoss.CrossEntropy { ClassWeights = [3, 1] }, tensor(new[] { 0L, 1L })), 1e-6);
        // -log sigmoid(x) = log(1 + e^-x); of what is not there, log(1 + e^x).
        var binary = (Math.Log(1 + Math.Exp(-2)) + Math.Log(2) + Math.Log(2) + Math.Log(1 + Math.Exp(-1))) / 4;
        Assert.Equal(binary, Of(new TrainingLoss.BinaryCrossEntropy(), tensor(new[] { 1f, 0f, 0f, 1f }, [2, 2])), 1e-6);
        Assert.Equal(binary, Of(new TrainingLoss.BinaryCrossEntropy(), tensor(new[] { 0L, 1L })), 1e-6);
        var weighted = ((5 * Math.Log(1 + Math.Exp(-2))) + Math.Log(2) + Math.Log(2) + (2 * Math.Log(1 + Math.Exp(-1)))) / 4;
        Assert.Equal(weighted, Of(new TrainingLoss.BinaryCrossEntropy { PositiveWeights = [5, 2] }, tensor(new[] { 1f, 0f, 0f, 1f }, [2, 2])), 1e-6);

        double Of(TrainingLoss loss, Tensor targets) => loss.Compute(logits, targets).item<float>();
    }

    [Fact]
    public async Task An_optimiser_a_schedule_and_a_loss_of_ones_own_will_do()
    {
        using var data = new Bars(160);
        using var model = Linear();
        var options = Quick with { Optimizer = new OwnAdamax { LearningRate = 0.002 }, Schedule = new Jump(1000), Loss = new Squares() };

        var result = await new Trainer(model, Bars.Preset(), options).FitAsync(data);

        Assert.InRange(result.History[^1].Loss, 0, result.History[0].Loss * 0.8);
        Assert.Throws<System.Text.Json.JsonException>(options.ToJson);
    }

    private static async Task<float[]> TrainedWeights(TrainingOptions options)
    {
        using var data = new Bars(120);
        using var model = Deep();
        await new Trainer(model, Bars.Preset(), options).FitAsync(data);
        return WeightsOf(model);
    }

}

/// <summary>Goes far too fast after some steps.</summary>
internal sealed record Jump(long After) : LearningRateSchedule
{
    public override double FactorAt(long step, long steps) => step <= After ? 1 : 1.5e40;
}

/// <summary>The mean of squared differences.</summary>
internal sealed record Squares : TrainingLoss
{
    public override Tensor Compute(Tensor output, Tensor targets) => nn.functional.mse_loss(output, nn.functional.one_hot(targets, output.size(1)).to(output.dtype));
}

/// <summary>TorchSharp's Adamax, as an optimiser that Luma.Zoo does not know.</summary>
internal sealed record OwnAdamax : Optimizer
{
    public override optim.Optimizer Create(IReadOnlyList<ParameterGroup> groups) =>
        optim.Adamax([.. groups.Select(group => new TorchSharp.Modules.Adamax.ParamGroup(group.Parameters, new TorchSharp.Modules.Adamax.Options { LearningRate = group.LearningRate, InitialLearningRate = group.LearningRate, beta1 = 0.9, beta2 = 0.999, eps = 1e-8 }))], LearningRate);
}
