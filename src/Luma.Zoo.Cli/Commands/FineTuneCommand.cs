using System.CommandLine;
using System.Globalization;
using Luma.Neural.Native;
using Luma.Zoo.Training;
using Luma.Zoo.Training.Data;

namespace Luma.Zoo.Cli.Commands;

/// <summary><c>luma finetune</c> and <c>luma train</c>: a network learns from a user's own pictures.</summary>
internal static class FineTuneCommand
{
    // A folder may have gone, with all of its pictures.
    private const int MostShown = 20;

    /// <summary>The command that begins with pretrained weights where there are some.</summary>
    public static Command Create(Terminal terminal) => Create(
        terminal, "finetune", "Train a network on your own pictures, from pretrained weights on, into a run folder, which is a model folder with the best weights.", isFresh: false);

    /// <summary>The command that begins with fresh weights.</summary>
    public static Command CreateTrain(Terminal terminal) => Create(
        terminal, "train", "Train a network from fresh weights: the same as 'luma finetune ID:none'.", isFresh: true);

    private static Command Create(Terminal terminal, string name, string description, bool isFresh)
    {
        var input = new ClassifierInput();
        var recipe = new RecipeOptions();
        var data = DataOptions.Data();
        var output = new Option<string>("--output") { Description = "The folder of the run, which gets all that comes out.", Required = true, HelpName = "RUN" };
        var resume = new Option<bool>("--resume") { Description = "Go on with the run in the folder, if there is one; the same command line then ends with the same weights." };
        var fraction = DataOptions.ValidationFraction();
        var strict = DataOptions.Strict();
        var workers = DataOptions.Workers();
        var cache = Options.Number("--cache", "Keep up to N megabytes of decoded pictures in memory. 0 by default.", least: 0);
        var every = Options.Number("--checkpoint-every", "Save the run after every N steps too, and not just after each epoch and ten minutes.");
        var (device, json) = (DeviceChoice.Option(), Options.Json());
        var command = new Command(name, description) { input.Model, data, output, resume };
        recipe.AddTo(command);
        foreach (var option in new Option[] { fraction, strict, workers, cache, every }) command.Options.Add(option);
        input.AddForTrainingTo(command);
        command.Options.Add(device);
        command.Options.Add(json);

        command.SetAction((parsed, cancellation) => Task.Run(
            async () =>
            {
                var folder = WeightOptions.Path(parsed.GetValue(output)!);
                FileTarget.CheckName(folder);
                var isResumed = parsed.GetValue(resume);
                RunFolder.Check(folder, isResumed);
                var start = input.Read(parsed) with { Device = parsed.GetValue(device)?.Find(), Weights = input.NamedWeights(parsed) };
                var model = parsed.GetValue(input.Model)!;
                if (isFresh) model = Fresh(model, start);
                var source = input.Reference(parsed).Source;
                var loaded = recipe.Load(parsed);
                var changes = recipe.Changes(parsed);
                NativeLibraries.EnsureLoaded();
                if (!isFresh && !StartingPoint.IsFresh(source) && source.Folder is null)
                    await DownloadCommand.FetchAsync(terminal, start.Hub!, source.Variant.Id, source.Weights ?? ModelZoo.DefaultWeights, cancellation);

                var options = new FineTuneOptions
                {
                    Model = model,
                    Data = WeightOptions.Path(parsed.GetValue(data)!),
                    Output = folder,
                    Recipe = loaded,
                    ChangeRecipe = changes,
                    Dataset = new() { ValidationFraction = parsed.GetValue(fraction) ?? new DatasetOptions().ValidationFraction, Task = start.Task },
                    Start = start,
                    Loading = new()
                    {
                        Workers = (int?)parsed.GetValue(workers),
                        CacheBytes = (parsed.GetValue(cache) ?? 0) << 20,
                        StopAtUnreadable = parsed.GetValue(strict),
                        Decoding = start.Decoding!,
                    },
                    Resume = isResumed,
                    CheckpointEverySteps = (int?)parsed.GetValue(every),
                };
                try
                {
                    var result = await ShowAsync(terminal, progress => FineTuner.RunAsync(options, progress, new TerminalLogger(terminal), cancellation));
                    return Say(terminal, options, result, parsed.GetValue(json));
                }
                catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
                {
                    terminal.Error.WriteLine($"luma: cancelled before the first step; the same command with --resume {(RunFolder.HasRun(folder) ? "goes on with the run" : "begins the run")}");
                    return CommandLine.Cancelled;
                }
            },
            CancellationToken.None));
        return command;
    }

    private static string Fresh(string model, ClassifierOptions start)
    {
        if (start.Weights is not null) throw new UsageException("train begins with fresh weights, so it takes no --weights: luma finetune goes on from weights");
        if (model.Contains(':', StringComparison.Ordinal) || !ModelZoo.Has(model))
            throw new UsageException($"train begins with fresh weights, so it takes a network's id alone, not '{model}': luma finetune goes on from weights");
        return $"{model}:none";
    }

    private static int Say(Terminal terminal, FineTuneOptions options, FineTuneResult result, bool json)
    {
        var (training, evaluation) = (result.Training, result.Evaluation);
        if (json)
        {
            terminal.WriteJson(
                new(
                    ModelSource.Find(options.Model).Variant.Id, result.Folder, result.Recipe.Seed, training.History.Count, training.Best?.Epoch, training.Steps, training.Cancelled,
                    evaluation?.Accuracy, evaluation?.Top5Accuracy, evaluation?.MeanAveragePrecision, evaluation?.Loss, evaluation?.Count,
                    result.Test?.Accuracy, result.Test?.Count, result.Unreadable, result.Warnings),
                Json.Default.FineTuneReport);
        }
        else if (evaluation is not null)
        {
            terminal.Out.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{result.Folder}: {Describe(evaluation)} of {evaluation.Count:N0} validation pictures, the weights of epoch {training.Best!.Epoch}"));
            if (result.Test is { } test) terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{result.Folder}: {Describe(test)} of {test.Count:N0} test pictures"));
        }
        if (training.Cancelled)
        {
            terminal.Error.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"luma: cancelled after {training.Steps:N0} {(training.Steps == 1 ? "step" : "steps")}; the same command with --resume goes on from there"));
        }
        if (!json)
        {
            foreach (var error in result.Unreadable.Take(MostShown)) terminal.Error.WriteLine($"luma: left out: {error}");
            if (result.Unreadable.Count > MostShown)
                terminal.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"luma: left out: {result.Unreadable.Count - MostShown:N0} more pictures, which --json names"));
        }
        return training.Cancelled ? CommandLine.Cancelled : result.Unreadable.Count > 0 ? CommandLine.Failure : CommandLine.Success;
    }

    private static string Describe(Evaluation evaluation) => evaluation.MeanAveragePrecision is { } precision
        ? string.Create(CultureInfo.InvariantCulture, $"mean average precision {precision:P2}, exactly right {evaluation.Accuracy:P2}")
        : string.Create(CultureInfo.InvariantCulture, $"{evaluation.Accuracy:P2}");

    private static Task<FineTuneResult> ShowAsync(Terminal terminal, Func<IProgress<TrainingProgress>, Task<FineTuneResult>> train) =>
        terminal.ShowProgressAsync("training", progress => train(new Immediate<TrainingProgress>(step =>
        {
            var best = step.Best is { Score: { } score } ? string.Create(CultureInfo.InvariantCulture, $", best {score:P2}") : "";
            progress(
                step.Epoch - 1 + ((double)step.Step / step.Steps), step.Epochs,
                string.Create(CultureInfo.InvariantCulture, $"epoch {step.Epoch}/{step.Epochs}, loss {step.Loss:F4}, {step.ImagesPerSecond:F0} images/s{best}"));
            if (step.Finished is { } done)
            {
                terminal.Say(string.Create(
                    CultureInfo.InvariantCulture,
                    $"epoch {done.Epoch}/{step.Epochs}: loss {done.Loss:F4}, validation {(done.MeanAveragePrecision is null ? "accuracy" : "mean average precision")} {done.Score:P2}, loss {done.ValidationLoss:F4}, {done.ImagesPerSecond:F0} images/s{(done.IsBest ? ", the best so far" : "")}"));
            }
        })));
}
