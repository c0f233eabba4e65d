using Luma.Neural.Blocks;
using Luma.Neural.Layers;
using Luma.Zoo.Training;
using Luma.Zoo.Training.Data;
using static Luma.Zoo.Tests.Training.Small;

namespace Luma.Zoo.Tests.Training;

/// <summary>Pictures that were there when a training began and then are not.</summary>
public sealed class DisappearingPicturesTests : IDisposable
{
    private readonly PictureFolder pictures = new PictureFolder().With([.. Enumerable.Range(0, 8).SelectMany(i => (string[])[$"train/a/{i}.png", $"train/b/{i}.png", $"val/a/{i}.png", $"val/b/{i}.png"])]);

    public void Dispose() => pictures.Dispose();

    [Fact]
    public async Task A_class_that_disappears_is_left_out_and_told()
    {
        var result = await Fit(afterStep: 4, () => Directory.Delete(pictures.PathOf("train/a"), recursive: true));

        Assert.Equal(3, result.History.Count);
        Assert.Equal(8, result.Unreadable.Count);
        Assert.All(result.Unreadable, reason => Assert.Matches(@"a[/\\]\d\.png: there is no such file", reason));
    }

    [Theory]
    [InlineData("train")]
    [InlineData("val")]
    public async Task A_part_that_disappears_ends_the_training_which_goes_on_once_it_is_back(string part)
    {
        var whole = await Fit(afterStep: 0, () => { }, "whole");
        // The second epoch, or the first that is measured, is without them.
        var error = await Assert.ThrowsAsync<InvalidDatasetException>(() => Fit(afterStep: 4, () => Directory.Move(pictures.PathOf(part), pictures.Beside("away")), "stopped"));
        var saved = Directory.GetFiles(pictures.Beside("stopped"), "step-*").Length;

        Assert.Matches($@"{part}[/\\]a[/\\]\d\.png: there is no such file; none of the other 15 images can be used either\.$", error.Message);
        Assert.NotEqual(0, saved);
        Directory.Move(pictures.Beside("away"), pictures.PathOf(part));
        var resumed = await Fit(afterStep: 0, () => { }, "stopped");
        Assert.Equal(whole.History.Select(epoch => (epoch.Loss, epoch.ValidationLoss)), resumed.History.Select(epoch => (epoch.Loss, epoch.ValidationLoss)));
    }

    private async Task<TrainingResult> Fit(int afterStep, Action disappear, string? saved = null)
    {
        using var split = Datasets.Open(pictures.Root);
        using var model = Seeded(() => new Sequence { new Flatten(), new Dense(3 * 8 * 8, 2) });
        var trainer = new Trainer(model, DataLoaderTests.Preset, Quick with { BatchSize = 4, FeatureCacheBytes = 0 })
        {
            Checkpoints = saved is null ? null : new(pictures.Beside(saved)) { Resume = true },
            StepDone = (step, _, _) =>
            {
                if (step == afterStep) disappear();
            },
        };
        return await trainer.FitAsync(split.Training, split.Validation);
    }
}
