using System.Diagnostics;
using System.Globalization;
using Luma.Zoo.Models;
using Luma.Zoo.Training;
using Luma.Zoo.Training.Data;
using TorchSharp;

namespace Luma.Zoo.Benchmarks;

/// <summary>
/// How many images a second the trainer takes LeNet-5 through, batches and optimiser included. The other side is
/// <c>scripts/bench_training.py</c>, which runs this.
/// </summary>
internal static class TrainingBenchmark
{
    private const int WarmUpSteps = 300;

    /// <summary>Prints images a second, images a second of processor time, and the mean loss.</summary>
    /// <param name="args">The folder with MNIST's files, and numbers: batch size, steps, threads; then <c>sgd</c> or <c>adam</c>.</param>
    public static int Run(string[] args)
    {
        if (args is not [var folder, _, _, _, var optimizer and ("sgd" or "adam")])
        {
            Console.Error.WriteLine("usage: training FOLDER BATCH STEPS THREADS sgd|adam");
            return 1;
        }
        var numbers = args[1..4].Select(text => int.Parse(text, CultureInfo.InvariantCulture)).ToArray();
        var (batchSize, steps, threads) = (numbers[0], numbers[1], numbers[2]);

        torch.set_num_threads(threads);
        var images = MnistDataset.Load(folder, MnistPart.Training);
        torch.manual_seed(0);
        using var model = new LeNet_5();
        var preset = ModelZoo.Weights("lenet_5")[0].Preset;
        var trainer = new Trainer(model, preset, new TrainingOptions
        {
            Epochs = 1,
            BatchSize = batchSize,
            Optimizer = optimizer == "adam" ? new Optimizer.Adam() : new Optimizer.Sgd { Momentum = 0.9 },
            Schedule = new LearningRateSchedule.Constant(),
        });

        trainer.FitAsync(First(images, WarmUpSteps * batchSize)).GetAwaiter().GetResult();
        var clock = Stopwatch.StartNew();
        var processor = Environment.CpuUsage.TotalTime;
        var result = trainer.FitAsync(First(images, steps * batchSize)).GetAwaiter().GetResult();
        processor = Environment.CpuUsage.TotalTime - processor;
        var count = (double)steps * batchSize;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{count / clock.Elapsed.TotalSeconds:F0} {count / processor.TotalSeconds:F0} {result.History[^1].Loss:F6}"));
        return 0;
    }

    private static Subset First(MnistDataset images, int count) => new(images, [.. Enumerable.Range(0, count)]);
}
