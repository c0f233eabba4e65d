using System.CommandLine;
using System.Globalization;
using Luma.Neural.Native;
using Luma.Zoo.Training;
using Luma.Zoo.Weights;
using Spectre.Console;
using TorchSharp;

namespace Luma.Zoo.Cli.Commands;

/// <summary><c>luma train</c>: a network on the files of MNIST.</summary>
internal static class TrainCommand
{
    public static Command Create(Terminal terminal)
    {
        var id = Options.Id();
        var data = new Option<DirectoryInfo>("--data") { Description = "The folder with MNIST's four files, plain or gzip.", Required = true, HelpName = "DIR" };
        var epochs = Options.Positive("--epochs", "How many times to go through the images; by default the recipe's.");
        var seed = new Option<int>("--seed") { Description = "Seeds weights, order and distortions: the same seed gives the same weights.", HelpName = "S" };
        var output = new Option<string>("--output") { Description = "The weight file to write: .safetensors, .pth or .pt.", Required = true, HelpName = "FILE" };
        var json = Options.Json();

        var command = new Command("train", "Train a network on MNIST's files and write its weights.") { id, data, epochs, seed, output, json };
        command.SetAction((parsed, cancellation) => Task.Run(() => Run(
            terminal, parsed.GetValue(id)!, parsed.GetValue(data)!, parsed.GetValue(epochs), parsed.GetValue(seed), parsed.GetValue(output)!,
            parsed.GetValue(json), cancellation), CancellationToken.None));
        return command;
    }

    private static int Run(
        Terminal terminal, string id, DirectoryInfo folder, long? epochs, int seed, string output, bool json, CancellationToken cancellation)
    {
        var (_, variant) = ModelZoo.Find(id);
        var options = RecipeFor(variant.Id) with { Seed = seed };
        if (epochs is { } number) options = options with { Epochs = checked((int)number) };
        RefuseUnwritable(output);

        NativeLibraries.EnsureLoaded();
        using var training = MnistDataset.Load(folder.FullName, MnistPart.Training, variant.InputShape.Height);
        // The recipe is for 60,000 images; of few, no more than a tenth is kept from the learning.
        options = options with { HoldOut = Math.Min(options.HoldOut, training.Count / 10) };
        using var test = MnistDataset.Load(folder.FullName, MnistPart.Test, variant.InputShape.Height);

        torch.manual_seed(seed);
        using var network = variant.Build(new ModelOptions { NumClasses = training.Classes.Count });
        var result = Show(terminal, options, progress => new Trainer(network, options).Fit(training, progress: progress, cancellation: cancellation));
        if (result.BestEpoch == 0) throw new OperationCanceledException(cancellation);

        StateDict.Of(network).Save(output, cancellationToken: CancellationToken.None);
        var accuracy = Trainer.Evaluate(network, test, cancellation: CancellationToken.None);
        var report = new TrainingReport(
            variant.Id, output, seed, result.Epochs, result.BestEpoch, result.Cancelled, result.Best?.Accuracy, accuracy.Accuracy, accuracy.Count);
        if (json) terminal.WriteJson(report, Json.Default.TrainingReport);
        else terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{output}: {accuracy.Accuracy:P2} of {accuracy.Count:N0} test images, the weights of epoch {result.BestEpoch}"));
        return result.Cancelled ? CommandLine.Cancelled : CommandLine.Success;
    }

    private static TrainingOptions RecipeFor(string id)
    {
        try
        {
            return TrainingRecipes.For(id);
        }
        catch (ArgumentException exception)
        {
            throw new UserException(exception.Message);
        }
    }

    // Better now than after an hour's training.
    private static void RefuseUnwritable(string output)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(output))!;
        if (!Directory.Exists(folder)) throw new UserException($"{output}: there is no folder {folder}");
    }

    private static TrainingResult Show(Terminal terminal, TrainingOptions options, Func<IProgress<TrainingProgress>, TrainingResult> train) =>
        terminal.Progress.Progress().AutoClear(true).Start(context =>
        {
            var task = context.AddTask("training", maxValue: options.Epochs);
            return train(new Immediate<TrainingProgress>(step =>
            {
                task.Value = step.Epoch - 1 + ((double)step.Step / step.Steps);
                task.Description = string.Create(CultureInfo.InvariantCulture, $"epoch {step.Epoch}/{step.Epochs} loss {step.Loss:F4}");
                if (step.Validation is { } validation)
                {
                    terminal.Error.WriteLine(string.Create(
                        CultureInfo.InvariantCulture, $"epoch {step.Epoch}: loss {step.Loss:F4}, {validation.Accuracy:P2} of {validation.Count:N0} held-out images"));
                }
            }));
        });
}
