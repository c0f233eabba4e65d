using Luma.Zoo.Tests.Weights;
using Luma.Zoo.Training;
using static Luma.Zoo.Tests.Training.Small;

namespace Luma.Zoo.Tests.Training;

public sealed class PrecisionTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task The_faster_precision_gives_what_it_gives_by_itself()
    {
        var (full, mixed) = (await Weights(TrainingPrecision.Float32), await Weights(TrainingPrecision.BFloat16));

        var found = await Weights(TrainingPrecision.Auto);

        Assert.NotEqual(full, mixed);
        Assert.True(found.SequenceEqual(full) || found.SequenceEqual(mixed), "Looking for the faster precision has changed what is learnt.");
    }

    [Theory]
    [InlineData(TrainingPrecision.Float32)]
    [InlineData(TrainingPrecision.BFloat16)]
    public async Task A_training_goes_on_in_the_precision_that_was_found(TrainingPrecision found)
    {
        var expected = await Weights(found, await Begun(found, null));

        var actual = await Weights(TrainingPrecision.Auto, await Begun(TrainingPrecision.Auto, found));

        Assert.Equal(expected, actual);
    }

    // Stopped in the second epoch, in 32 bits so far, and from there on as if it had been begun with the other precision.
    private async Task<CheckpointOptions> Begun(TrainingPrecision precision, TrainingPrecision? found)
    {
        var options = new CheckpointOptions(folder.File($"{precision}")) { Resume = true };
        using (var cancellation = new CancellationTokenSource())
        {
            var left = 5;
            await Weights(TrainingPrecision.Float32, options, () =>
            {
                if (--left == 0) cancellation.Cancel();
            }, cancellation.Token);
        }

        var checkpoints = new CheckpointFolder(options);
        var (state, saved) = checkpoints.OpenLast(warning => Assert.Fail(warning))!.Value;
        using (saved)
        {
            using var scope = NewDisposeScope();
            var tensors = saved.Names.Where(name => name.Contains('/')).Select(name => KeyValuePair.Create(name, saved[name].ToTensor().clone())).ToList();
            checkpoints.Save(state with { Recipe = TrainingJson.TextOf(Recipe(precision)), Precision = found }, tensors);
        }
        return options;
    }

    private static TrainingOptions Recipe(TrainingPrecision precision) => Quick with { Precision = precision };

    private static async Task<float[]> Weights(
        TrainingPrecision precision, CheckpointOptions? checkpoints = null, Action? stepDone = null, CancellationToken cancellation = default)
    {
        using var data = new Bars(64);
        using var model = Seeded(Deep);
        var trainer = new Trainer(model, Bars.Preset(), Recipe(precision)) { Checkpoints = checkpoints, StepDone = (_, _, _) => stepDone?.Invoke() };
        await trainer.FitAsync(data, cancellation: cancellation);
        return WeightsOf(model);
    }
}
