using System.CommandLine;
using System.Globalization;
using Luma.Neural.Native;
using Luma.Zoo.Training;
using Luma.Zoo.Weights;
using TorchSharp;

namespace Luma.Zoo.Cli.Commands;

/// <summary><c>luma train</c>: a network on the files of MNIST.</summary>
internal static class TrainCommand
{
    public static Command Create(Terminal terminal)
    {
        var model = Options.Model();
        var data = new Option<string>("--data") { Description = "The folder with MNIST's four files, plain or gzipped.", Required = true, HelpName = "DIR" };
        var epochs = Options.Number("--epochs", "How many times to go through the images; by default as many as the recipe says.");
        var seed = Options.Number("--seed", "Seed for the weights, the order and the distortions of the images: the same seed gives the same weights. 0 by default.", least: 0);
        var output = new Option<string>("--output") { Description = "The weight file to write: .safetensors, .pth, .pt or .bin.", Required = true, HelpName = "FILE" };
        var (mirror, offline, device, json) = (Options.Mirror(), Options.Offline(), DeviceChoice.Option(), Options.Json());

        var command = new Command("train", "Train a network on MNIST, from given weights or fresh ones, and save its weights.")
        {
            model, data, epochs, seed, output, mirror, offline, device, json,
        };
        command.SetAction((parsed, cancellation) => Task.Run(
            async () =>
            {
                var reference = ModelReference.Parse(parsed.GetValue(model)!);
                var options = RecipeFor(reference.Variant.Id) with { Seed = (int)(parsed.GetValue(seed) ?? 0) };
                if (parsed.GetValue(epochs) is { } number) options = options with { Epochs = (int)number };
                var target = parsed.GetValue(output)!;
                WeightTarget.Check(target);
                var place = parsed.GetValue(device)?.Find() ?? torch.CPU;

                var hub = Options.MakeHub(parsed.GetValue(mirror), parsed.GetValue(offline));
                if (reference.Weights is { } weights) await DownloadCommand.FetchAsync(terminal, hub, reference.Variant.Id, weights, cancellation);
                return await RunAsync(terminal, reference, hub, parsed.GetValue(data)!, options, target, place, parsed.GetValue(json), cancellation);
            },
            CancellationToken.None));
        return command;
    }

    private static async Task<int> RunAsync(
        Terminal terminal, ModelReference model, Hub hub, string folder, TrainingOptions options, string output, torch.Device device, bool json, CancellationToken cancellation)
    {
        NativeLibraries.EnsureLoaded();
        using var training = MnistDataset.Load(folder, MnistPart.Training, model.Variant.InputShape.Height);
        // The recipe is for 60,000 images; of few, no more than a tenth is kept from the learning.
        options = options with { HoldOut = Math.Min(options.HoldOut, training.Count / 10) };
        using var test = MnistDataset.Load(folder, MnistPart.Test, model.Variant.InputShape.Height);

        torch.manual_seed(options.Seed);
        using var network = ModelZoo.Create(model.Variant.Id, new ModelOptions { NumClasses = training.Classes.Count }, model.Weights, hub);
        network.to(device);
        var result = await ShowAsync(terminal, progress => new Trainer(network, options).Fit(training, progress: progress, cancellation: cancellation));
        if (result.Steps == 0) throw new OperationCanceledException(cancellation);

        network.to(torch.CPU);
        using (var state = StateDict.Of(network)) state.Save(output, cancellationToken: CancellationToken.None);
        var accuracy = Trainer.Evaluate(network, test, cancellation: CancellationToken.None);
        var report = new TrainingReport(
            model.Variant.Id, output, options.Seed, result.Epochs, result.BestEpoch, result.Cancelled, result.Best?.Accuracy, accuracy.Accuracy, accuracy.Count);
        if (json) terminal.WriteJson(report, Json.Default.TrainingReport);
        else terminal.Out.WriteLine(Describe(output, result, accuracy));
        return result.Cancelled ? CommandLine.Cancelled : CommandLine.Success;
    }

    private static string Describe(string output, TrainingResult result, Evaluation accuracy)
    {
        var weights = result.BestEpoch > 0 ? $"the weights of epoch {result.BestEpoch}" : $"the weights after {result.Steps} steps of the first epoch";
        return string.Create(CultureInfo.InvariantCulture, $"{output}: {accuracy.Accuracy:P2} of {accuracy.Count:N0} test images, {weights}");
    }

    private static TrainingOptions RecipeFor(string id)
    {
        try
        {
            return TrainingRecipes.For(id);
        }
        catch (ArgumentException exception)
        {
            throw new UsageException(exception.Message);
        }
    }

    private static Task<TrainingResult> ShowAsync(Terminal terminal, Func<IProgress<TrainingProgress>, TrainingResult> train) =>
        terminal.ShowProgressAsync("training", progress => Task.FromResult(train(new Immediate<TrainingProgress>(step =>
        {
            progress(
                step.Epoch - 1 + ((double)step.Step / step.Steps), step.Epochs,
                string.Create(CultureInfo.InvariantCulture, $"epoch {step.Epoch}/{step.Epochs} loss {step.Loss:F4}"));
            if (step.Validation is { } validation)
            {
                terminal.Say(string.Create(
                    CultureInfo.InvariantCulture, $"epoch {step.Epoch}: loss {step.Loss:F4}, {validation.Accuracy:P2} of {validation.Count:N0} held-out images"));
            }
        }))));
}
