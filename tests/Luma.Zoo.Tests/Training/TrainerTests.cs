using Luma.Neural;
using Luma.Neural.Blocks;
using Luma.Neural.Layers;
using Luma.Zoo.Models;
using Luma.Zoo.Training;

namespace Luma.Zoo.Tests.Training;

public class TrainerTests
{
    private static readonly TrainingOptions Quick = new()
    {
        Epochs = 3,
        BatchSize = 16,
        Optimizer = new Optimizer.Sgd { LearningRate = 0.02, Momentum = 0.9 },
        HoldOut = 20,
        Seed = 1,
    };

    [Fact]
    public void LeNet_learns_to_tell_bars_apart()
    {
        using var data = new Bars(200, size: 32);
        using var test = new Bars(50, seed: 2, size: 32);
        using var model = Seeded(() => new LeNet_5());

        var before = Trainer.Evaluate(model, test);
        var result = new Trainer(model, Quick with { Epochs = 8, Optimizer = new Optimizer.Sgd { LearningRate = 0.05, Momentum = 0.9 } }).Fit(data);
        var after = Trainer.Evaluate(model, test);

        Assert.InRange(before.Accuracy, 0, 0.5);
        Assert.Equal(1, after.Accuracy);
        Assert.InRange(after.Loss, 0, before.Loss / 2);
        Assert.Equal((8, 20), (result.Epochs, result.Best!.Count));
        Assert.False(result.Cancelled);
    }

    [Fact]
    public void The_same_seed_gives_the_same_weights_to_the_bit()
    {
        var options = Quick with { Augmentation = new DigitDistortion() };

        Assert.Equal(TrainedWeights(options), TrainedWeights(options));
    }

    [Fact]
    public void Another_seed_gives_other_weights() =>
        Assert.NotEqual(TrainedWeights(Quick), TrainedWeights(Quick with { Seed = 2 }));

    [Fact]
    public void The_order_of_the_images_does_not_depend_on_torchs_generator()
    {
        using var data = new Bars(40);
        using var model = Small();
        var options = Quick with { HoldOut = 0, Epochs = 1 };

        new Trainer(model, options).Fit(data);
        var first = data.Asked.ToArray();
        data.Asked.Clear();
        new Trainer(model, options with { Augmentation = new DrawsFromTorch() }).Fit(data);

        Assert.Equal(first, data.Asked);
    }

    [Fact]
    public void An_epoch_sees_every_image_once_and_in_another_order_than_the_last()
    {
        using var data = new Bars(40);
        using var model = Small();

        new Trainer(model, Quick with { HoldOut = 0, Epochs = 2 }).Fit(data);

        var epochs = data.Asked.Chunk(40).ToArray();
        Assert.Equal(2, epochs.Length);
        Assert.All(epochs, epoch => Assert.Equal(Enumerable.Range(0, 40).Select(i => (long)i), epoch.Order()));
        Assert.NotEqual(epochs[0], epochs[1]);
    }

    [Fact]
    public void Held_out_images_are_not_learnt_from()
    {
        using var data = new Bars(40);
        using var model = Small();

        new Trainer(model, Quick with { HoldOut = 10, Epochs = 2 }).Fit(data);

        // An epoch asks for 30 images to learn from, then for the 10 to choose by.
        var (learnt, held) = (data.Asked[..30].Order().ToArray(), data.Asked[30..40].Order().ToArray());
        Assert.Equal(Enumerable.Range(0, 40).Select(i => (long)i), learnt.Concat(held).Order());
        Assert.Equal(learnt, data.Asked[40..70].Order());
        Assert.Equal(held, data.Asked[70..].Order());
    }

    [Fact]
    public void The_best_weights_are_kept_and_not_the_last()
    {
        using var data = new Bars(60);
        using var validation = new Bars(30, seed: 2);
        using var model = Small();
        var seen = new List<(Evaluation Evaluation, float[] Weights)>();
        // Four steps an epoch: from the fourth epoch on, what the network learns is wrong.
        var options = Quick with { Epochs = 6, Augmentation = new Spoils(after: 12), Schedule = new LearningRateSchedule.Constant() };

        var result = new Trainer(model, options).Fit(data, validation, new Listener(progress =>
        {
            if (progress.Validation is { } evaluation) seen.Add((evaluation, Weights(model)));
        }));

        var best = seen.Index().MaxBy(epoch => (epoch.Item.Evaluation.Correct, -epoch.Item.Evaluation.Loss));
        Assert.InRange(best.Index + 1, 1, 3);
        Assert.Equal(best.Index + 1, result.BestEpoch);
        Assert.Equal(best.Item.Evaluation, result.Best);
        Assert.Equal(best.Item.Weights, Weights(model));
        Assert.Equal(result.Best, Trainer.Evaluate(model, validation, Quick.BatchSize));
    }

    [Fact]
    public void Without_validation_images_the_last_weights_are_kept()
    {
        using var data = new Bars(40);
        using var model = Small();
        float[] last = [];

        var result = new Trainer(model, Quick with { HoldOut = 0 }).Fit(data, progress: new Listener(_ => last = Weights(model)));

        Assert.Null(result.Best);
        Assert.Equal(3, result.BestEpoch);
        Assert.Equal(last, Weights(model));
    }

    [Fact]
    public void A_cancelled_training_leaves_the_best_weights_so_far()
    {
        using var data = new Bars(60);
        using var model = Small();
        using var cancellation = new CancellationTokenSource();
        float[] afterFirst = [];

        var result = new Trainer(model, Quick with { Epochs = 1000 }).Fit(data, progress: new Listener(progress =>
        {
            if (progress.Validation is not null) afterFirst = Weights(model);
            if (progress.Epoch == 2) cancellation.Cancel();
        }), cancellation: cancellation.Token);

        Assert.Equal((true, 1, 1), (result.Cancelled, result.Epochs, result.BestEpoch));
        Assert.Equal(afterFirst, Weights(model));
    }

    [Fact]
    public void A_training_cancelled_before_it_begins_changes_nothing()
    {
        using var data = new Bars(60);
        using var model = Small();
        var before = Weights(model);

        var result = new Trainer(model, Quick).Fit(data, cancellation: new CancellationToken(canceled: true));

        Assert.Equal((true, 0, 0), (result.Cancelled, result.Epochs, result.BestEpoch));
        Assert.Equal(before, Weights(model));
    }

    [Fact]
    public void A_loss_that_is_not_finite_is_an_error_and_leaves_the_best_weights()
    {
        using var data = new Bars(60);
        using var model = Small();
        var before = Weights(model);

        var error = Assert.Throws<TrainingDivergedException>(() =>
            new Trainer(model, Quick with { Optimizer = new Optimizer.Sgd { LearningRate = 1e38 } }).Fit(data));

        Assert.Equal(1, error.Epoch);
        Assert.StartsWith($"The loss is no longer finite at step {error.Step} of epoch 1. Lower the learning rate", error.Message, StringComparison.Ordinal);
        Assert.Equal(before, Weights(model));
    }

    [Fact]
    public void A_data_set_that_fails_leaves_the_best_weights()
    {
        using var data = new Bars(60) { FailAfter = 3 };
        using var model = Small();
        var before = Weights(model);

        Assert.Throws<IOException>(() => new Trainer(model, Quick).Fit(data));

        Assert.Equal(before, Weights(model));
    }

    [Fact]
    public void Buffers_are_kept_with_the_weights()
    {
        using var data = new Bars(60);
        using var model = Seeded(() => new Sequence { new Flatten(), new Dense(256, 10), new BatchNorm1D(10) });
        using var cancellation = new CancellationTokenSource();
        var running = model.state_dict()["2.running_mean"];
        float[] best = [];

        new Trainer(model, Quick).Fit(data, progress: new Listener(progress =>
        {
            if (progress.Validation is not null) best = running.data<float>().ToArray();
            if (progress is { Epoch: 2, Step: > 1 }) cancellation.Cancel();
        }), cancellation: cancellation.Token);

        Assert.NotEmpty(best);
        Assert.Equal(best, running.data<float>().ToArray());
    }

    [Fact]
    public void Frozen_parameters_stay_as_they_are()
    {
        using var data = new Bars(60);
        using var model = Seeded(() => new Sequence { new Flatten(), { "trunk", new Dense(256, 20) }, new Tanh(), { "head", new Dense(20, 10) } });
        var (trunk, head) = (((Dense)model[1]).Weight, ((Dense)model[3]).Weight);
        foreach (var frozen in model[1].parameters()) frozen.requires_grad = false;
        var (trunkBefore, headBefore) = (trunk.data<float>().ToArray(), head.data<float>().ToArray());

        new Trainer(model, Quick).Fit(data);

        Assert.Equal(trunkBefore, trunk.data<float>().ToArray());
        Assert.NotEqual(headBefore, head.data<float>().ToArray());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_mode_of_the_network_is_as_it_was(bool training)
    {
        using var data = new Bars(40);
        using var model = Small();
        model.train(training);

        new Trainer(model, Quick).Fit(data);
        Assert.Equal(training, model.training);
        Trainer.Evaluate(model, data);
        Assert.Equal(training, model.training);
    }

    [Fact]
    public void Progress_counts_steps_and_epochs_to_the_end()
    {
        using var data = new Bars(120);
        using var model = Small();
        var reports = new List<TrainingProgress>();

        new Trainer(model, Quick).Fit(data, progress: new Listener(reports.Add));

        // 100 images to learn from make 7 steps of up to 16.
        Assert.Equal(Enumerable.Range(0, 21).Select(i => ((i / 7) + 1, (i % 7) + 1)), reports.Select(p => (p.Epoch, p.Step)));
        Assert.All(reports, p => Assert.Equal((3, 7, p.Step == 7), (p.Epochs, p.Steps, p.Validation is not null)));
        Assert.Equal(reports.Select(p => p.LearningRate).OrderDescending(), reports.Select(p => p.LearningRate));
        Assert.Equal(0.02, reports[0].LearningRate);
    }

    [Fact]
    public void No_tensor_outlives_its_step()
    {
        using var data = new Bars(64);
        using var model = Small();
        new Trainer(model, Quick).Fit(data);
        var counts = new List<long>();

        new Trainer(model, Quick with { Epochs = 20, Augmentation = new DigitDistortion() })
            .Fit(data, progress: new Listener(_ => counts.Add(DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount)));

        // The tensors that this thread made and has not disposed of: finalisers have a thread of their own and change nothing.
        // The optimiser makes its momentum in the first step; the rest is the same at the same place of every epoch.
        var steps = counts.Count / 20;
        Assert.True(counts[0] > 0, "tensors are counted on the thread that trains");
        for (var i = steps; i < counts.Count; i++) Assert.Equal(counts[i % steps + steps], counts[i]);
    }

    [Theory]
    [MemberData(nameof(WrongOptions))]
    public void Options_out_of_range_are_refused_by_name(string name, TrainingOptions options)
    {
        using var data = new Bars(40);
        using var model = Small();

        var error = Assert.Throws<ArgumentOutOfRangeException>(() => new Trainer(model, options).Fit(data));

        Assert.Equal(name, error.ParamName);
    }

    public static TheoryData<string, TrainingOptions> WrongOptions => new()
    {
        { "Epochs", Quick with { Epochs = 0 } },
        { "BatchSize", Quick with { BatchSize = 0 } },
        { "LabelSmoothing", Quick with { LabelSmoothing = 1 } },
        { "LabelSmoothing", Quick with { LabelSmoothing = double.NaN } },
        { "HoldOut", Quick with { HoldOut = -1 } },
        { "Seed", Quick with { Seed = -1 } },
        { "LearningRate", Quick with { Optimizer = new Optimizer.Sgd { LearningRate = 0 } } },
        { "LearningRate", Quick with { Optimizer = new Optimizer.Adam { LearningRate = double.NaN } } },
        { "WeightDecay", Quick with { Optimizer = new Optimizer.Sgd { WeightDecay = -1 } } },
        { "Momentum", Quick with { Optimizer = new Optimizer.Sgd { Momentum = 1 } } },
        { "Momentum", Quick with { Optimizer = new Optimizer.Sgd { Nesterov = true } } },
        { "Beta1", Quick with { Optimizer = new Optimizer.Adam { Beta1 = 1 } } },
        { "Beta2", Quick with { Optimizer = new Optimizer.Adam { Beta2 = -0.1 } } },
        { "Epsilon", Quick with { Optimizer = new Optimizer.Adam { Epsilon = 0 } } },
        { "Final", Quick with { Schedule = new LearningRateSchedule.Cosine { Final = 2 } } },
        { "Rise", Quick with { Schedule = new LearningRateSchedule.OneCycle { Rise = -1 } } },
        { "Parts", Quick with { Schedule = new LearningRateSchedule.Steps { Parts = 0 } } },
        { "Gamma", Quick with { Schedule = new LearningRateSchedule.Steps { Gamma = 1.5 } } },
    };

    [Fact]
    public void Holding_out_all_images_is_refused()
    {
        using var data = new Bars(20);
        using var model = Small();

        var error = Assert.Throws<ArgumentException>("training", () => new Trainer(model, Quick).Fit(data));

        Assert.StartsWith("There are 20 images, and 20 of them are to be held out", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("lenet_1")]
    [InlineData("lenet_4")]
    [InlineData("lenet_5")]
    public void The_digit_networks_have_a_recipe(string id)
    {
        var recipe = TrainingRecipes.For(id);

        recipe.Validate();
        Assert.True(recipe.HoldOut > 0, "weights must not be chosen by the test images");
    }

    [Fact]
    public void A_model_without_a_recipe_is_named()
    {
        var error = Assert.Throws<ArgumentException>(() => TrainingRecipes.For("resnet50"));

        Assert.StartsWith("There is no training recipe for 'resnet50'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_steps_of_the_first_epoch_have_learnt_stays_when_it_is_cancelled()
    {
        using var data = new Bars(200);
        using var model = Small();
        using var cancellation = new CancellationTokenSource();
        var before = Weights(model);

        var result = new Trainer(model, Quick).Fit(data, progress: new Told(progress =>
        {
            if (progress.Step == 5) cancellation.Cancel();
        }), cancellation: cancellation.Token);

        Assert.Equal((true, 0, 0, 5L), (result.Cancelled, result.Epochs, result.BestEpoch, result.Steps));
        Assert.NotEqual(before, Weights(model));
    }

    [Fact]
    public void A_validation_loss_that_is_no_number_ends_the_training()
    {
        using var data = new Bars(40);
        using var validation = new Spoilt(20);
        using var model = Small();

        var error = Assert.Throws<TrainingDivergedException>(() => new Trainer(model, Quick).Fit(data, validation));

        Assert.Equal(1, error.Epoch);
        Assert.StartsWith("The validation loss is no longer finite", error.Message, StringComparison.Ordinal);
        Assert.All(Weights(model), weight => Assert.True(float.IsFinite(weight)));
    }

    [Fact]
    public void The_evaluation_takes_batches_of_the_size_of_the_training()
    {
        using var data = new Bars(64);
        using var validation = new Bars(100);
        using var model = Small();

        new Trainer(model, Quick with { BatchSize = 7, Epochs = 1 }).Fit(data, validation);

        Assert.Equal(7, validation.Largest);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_frozen_batch_norm_stays_as_it_is(bool byMode)
    {
        using var data = new Bars(64);
        var (frozen, free) = (new BatchNorm1D(20), new BatchNorm1D(20));
        using var model = Seeded(() => new Sequence { new Flatten(), new Dense(256, 20), frozen, free, new Dense(20, 10) });
        if (byMode) frozen.eval();
        else foreach (var parameter in frozen.parameters()) parameter.requires_grad = false;

        new Trainer(model, Quick with { HoldOut = 16 }).Fit(data);

        Assert.Equal(Enumerable.Repeat(0f, 20), frozen.RunningMean!.data<float>().ToArray());
        Assert.DoesNotContain(0f, free.RunningMean!.data<float>().ToArray());
        // The flags are as before.
        Assert.Equal((true, !byMode, true), (model.training, frozen.training, free.training));
    }

    private static Sequence Small() => Seeded(() => new Sequence { new Flatten(), new Dense(256, 10) });

    private static T Seeded<T>(Func<T> make)
    {
        manual_seed(3);
        return make();
    }

    private static float[] Weights(NeuralModule model) => [.. model.state_dict().Values.SelectMany(t => t.detach().data<float>().ToArray())];

    private static float[] TrainedWeights(TrainingOptions options)
    {
        using var data = new Bars(120);
        using var model = Seeded(() => new Sequence { new Flatten(), new Dense(256, 40), new Tanh(), new Dropout(0.5), new Dense(40, 10) });
        new Trainer(model, options).Fit(data);
        return Weights(model);
    }

    private sealed class Told(Action<TrainingProgress> tell) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => tell(value);
    }

    /// <summary>Images of which one is not a number.</summary>
    private sealed class Spoilt(int count) : IDataset
    {
        private readonly Bars bars = new(count);

        public int Count => bars.Count;

        public IReadOnlyList<string> Classes => bars.Classes;

        public Batch GetBatch(ReadOnlySpan<long> indices)
        {
            var batch = bars.GetBatch(indices);
            batch.Inputs[0].fill_(float.NaN);
            return batch;
        }

        public void Dispose() => bars.Dispose();
    }
}
