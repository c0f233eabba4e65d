using Luma.Zoo.Inference;
using Luma.Zoo.Inference.Compilation;
using Luma.Zoo.Training.Data;
using Luma.Zoo.Training.Reporting;
using Luma.Zoo.Weights;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Luma.Zoo.Training;

/// <summary>From a folder of pictures to a network that knows them, in one call.</summary>
public static class FineTuner
{
    /// <summary>
    /// Trains a network on pictures and writes all that comes out to a folder: the best weights as a model folder, checkpoints, the course as
    /// a table and as curves, the confusion of the classes, the worst mistakes, and a card that says how it was made.
    /// </summary>
    /// <param name="options">What is learnt by which network, and where it goes.</param>
    /// <param name="progress">What hears how it goes, a few times a second at most.</param>
    /// <param name="logger">Is told what matters.</param>
    /// <param name="cancellationToken">Ends the training within a step, or the measuring at its end. It is saved, and <see cref="FineTuneOptions.Resume"/> goes on with it.</param>
    /// <returns>What came of it.</returns>
    /// <exception cref="InvalidDatasetException">There is something wrong with the pictures; the message says what.</exception>
    /// <exception cref="UnknownModelException">There is no such network.</exception>
    /// <exception cref="ModelReferenceException">The model's name makes no sense.</exception>
    /// <exception cref="ModelFolderException">There is no model in the folder, or what it says of itself is wrong.</exception>
    /// <exception cref="ArgumentException">A part of the recipe or of the preset makes no sense.</exception>
    /// <exception cref="WeightFileException">A weight file is damaged.</exception>
    /// <exception cref="WeightMismatchException">The weights are another network's.</exception>
    /// <exception cref="DownloadException">The weights could not be fetched.</exception>
    /// <exception cref="CheckpointException">The run cannot go on: another recipe, other pictures, or pictures prepared in another way.</exception>
    /// <exception cref="TrainingDivergedException">The loss is no longer finite.</exception>
    /// <exception cref="IOException">The folder cannot be written, or there is a run in it already.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled before the training began or went on.</exception>
    public static async Task<FineTuneResult> RunAsync(
        FineTuneOptions options, IProgress<TrainingProgress>? progress = null, ILogger? logger = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        RunFolder.Check(options.Output, options.Resume);
        RunFolder.CheckApart(options.Output, options.Data);
        // Whether it can be written is found out before the work.
        using var run = RunFolder.Open(options.Output, options.Resume);
        var source = await Task.Run(() => ModelSource.Find(options.Model, options.Start.Weights), cancellationToken).ConfigureAwait(false);
        var isFresh = StartingPoint.IsFresh(source);
        var recipe = options.Recipe ?? UsualRecipe(options, source);
        if (options.ChangeRecipe is { } change) recipe = change(recipe);
        recipe.Validate();

        var dataset = options.Dataset with { Seed = recipe.Seed };
        using var data = await Task.Run(() => Datasets.Open(options.Data, WithOrder(dataset, source), cancellationToken), cancellationToken).ConfigureAwait(false);
        CheckLoss(recipe, data);
        if (!isFresh && source.Folder is null)
            await ModelZoo.DownloadAsync(source.Variant.Id, source.Weights ?? ModelZoo.DefaultWeights, options.Start.Hub, null, cancellationToken).ConfigureAwait(false);

        var start = await Task.Run(
            () => StartingPoint.Make(source, options.Start, data.Classes, data.Training.Task, recipe.Seed), cancellationToken).ConfigureAwait(false);
        using var network = start.Network;

        var log = logger ?? NullLogger.Instance;
        List<string> doubts = [.. data.Warnings];
        if (recipe.Precision == TrainingPrecision.BFloat16 && !OneDnnTypes.Include(ScalarType.BFloat16) && start.Network.parameters().All(parameter => parameter.device_type == DeviceType.CPU))
            doubts.Add("This processor has no instructions for bfloat16: the training is much slower than with precision float32.");
        List<string> warnings = [.. doubts, .. start.Notes];
        foreach (var doubt in doubts) log.Warn(doubt);
        using var report = new RunReport(run, recipe, start.Manifest.Model, options.Data, log);
        var trainer = new Trainer(network, start.Manifest.Preset, recipe, log)
        {
            Loading = options.Loading,
            Checkpoints = new(run.Checkpoints) { Resume = true, EverySteps = options.CheckpointEverySteps, Keep = options.KeepCheckpoints },
            // Not before what was saved is known to fit: another recipe must not take the place of the run's own.
            Started = report.Begin,
            NetworkName = start.Manifest.Model,
            KeepBest = () => new BestInRun(run.Path, start.Manifest),
            StepDone = report.StepDone,
            EpochDone = report.EpochDone,
        };
        var result = await trainer.FitAsync(data.Training, data.Validation, progress, cancellationToken).ConfigureAwait(false);
        if (result.Cancelled || result.Best is null) return new(run.Path, recipe, result, null, warnings);

        try
        {
            var evaluator = new Evaluator(network, start.Manifest.Preset) { Loading = options.Loading with { BatchSize = recipe.BatchSize } };
            var evaluation = await evaluator.RunAsync(data.Validation, cancellation: cancellationToken).ConfigureAwait(false);
            var test = data.Test is null ? null : await evaluator.RunAsync(data.Test, cancellation: cancellationToken).ConfigureAwait(false);
            await Task.Run(() => report.Finish(new(start, data, result, evaluation, test, doubts, options.Loading.Decoding)), cancellationToken).ConfigureAwait(false);
            return new(run.Path, recipe, result, evaluation, warnings) { Test = test };
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // All is learnt and saved; whoever goes on measures it.
            return new(run.Path, recipe, result with { Cancelled = true }, null, warnings);
        }
    }

    private static void CheckLoss(TrainingOptions options, DatasetSplit data)
    {
        if (options.Loss is TrainingLoss.CrossEntropy && data.Training.Task == ClassificationTask.MultiLabel)
        {
            throw new ArgumentException(
                "The recipe's loss is the cross entropy of one class a picture, but these pictures have several: leave it out with its label smoothing and weights, or take binary_cross_entropy.",
                nameof(options));
        }
        try
        {
            options.Loss?.Validate(data.Classes.Count);
        }
        catch (ArgumentException error)
        {
            throw new ArgumentException(error.Message.Split(" (Parameter ")[0], nameof(options), error);
        }
    }

    private static TrainingOptions UsualRecipe(FineTuneOptions options, ModelSource source) => UsualRecipe(source, StartingPoint.PresetOf(source, options.Start), options.Data);

    /// <summary>The recipe where none is given.</summary>
    /// <param name="source">The model to begin with, or null for none in particular.</param>
    /// <param name="preset">What makes an image into its input.</param>
    /// <param name="data">Where the pictures are.</param>
    internal static TrainingOptions UsualRecipe(ModelSource? source, Images.ImagePreset preset, string data)
    {
        var recipe = source is null ? new() : TrainingRecipes.For(source.Variant.Id, pretrained: !StartingPoint.IsFresh(source));
        return recipe.Transform is null ? recipe with { Transform = TrainingRecipes.TransformFor(preset, data) } : recipe;
    }

    /// <summary>A model that knows the same classes keeps their order, and so its head.</summary>
    internal static DatasetOptions WithOrder(DatasetOptions options, ModelSource source) =>
        options.Classes is null && StartingPoint.ClassesOf(source) is { } classes ? options with { PreferredOrder = classes } : options;
}
