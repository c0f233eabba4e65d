using Luma.Zoo.Cli;
using Luma.Zoo.Training;
using Luma.Zoo.Training.Data;
using static Luma.Zoo.Tests.Training.Small;

namespace Luma.Zoo.Tests.Training;

/// <summary>What makes no sense or goes wrong in a training.</summary>
public class TrainerFailureTests
{
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
        Assert.EndsWith(" The network has its best weights up to then.", error.Message, StringComparison.Ordinal);
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
        Assert.EndsWith(" No epoch was finished before.", error.Message, StringComparison.Ordinal);
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
        foreach (var weight in (double[])[-1, 1e39, double.NaN])
        {
            Assert.StartsWith(
                "The weights of the classes must be numbers from 0 that fit 32-bit floats, and not all 0.",
                await Refused(Quick with { Loss = new TrainingLoss.CrossEntropy { ClassWeights = [weight, .. Enumerable.Repeat(1.0, 9)] } }, data), StringComparison.Ordinal);
        }
        Assert.StartsWith("The weights of the classes", await Refused(Quick with { Loss = new TrainingLoss.CrossEntropy { ClassWeights = [.. Enumerable.Repeat(1e-50, 10)] } }, data), StringComparison.Ordinal);
        Assert.StartsWith(
            "With its rule a learning rate would be 5E+38, which does not fit 32-bit floats: lower the factor.",
            await Refused(Quick with { Optimizer = new Optimizer.Sgd { LearningRate = 50 }, Rules = [new("*", 1e37)] }, data), StringComparison.Ordinal);
        Assert.StartsWith("'bdy' stands for none of the network's parameters.", await Refused(Quick with { Freeze = ["bdy"] }, data), StringComparison.Ordinal);
        Assert.StartsWith("All of the network's parameters are frozen", await Refused(Quick with { Freeze = ["*"] }, data), StringComparison.Ordinal);

        async Task<string> Refused(TrainingOptions options, Bars training, Bars? validation = null) =>
            (await Assert.ThrowsAnyAsync<ArgumentException>(() => new Trainer(model, Bars.Preset(), options).FitAsync(training, validation))).Message;
    }
}
