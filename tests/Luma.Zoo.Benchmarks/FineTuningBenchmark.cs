using System.Diagnostics;
using System.Globalization;
using Luma.Neural;
using Luma.Neural.Layers;
using Luma.Zoo.Training;
using Luma.Zoo.Training.Augmentation;
using Luma.Zoo.Training.Data;
using TorchSharp;

namespace Luma.Zoo.Benchmarks;

/// <summary>
/// Trains a network from a folder of pictures, or only loads them, in blocks: each line on standard input asks for one, and is answered. The
/// other side is <c>scripts/bench_finetune.py</c>, which runs this. Memory is measured alone.
/// </summary>
internal static class FineTuningBenchmark
{
    private const int BatchSize = 16;

    /// <summary>Runs it.</summary>
    /// <param name="args">
    /// <c>step FOLDER ID contiguous|channels_last float32|bfloat16</c>, <c>loader FOLDER</c> or <c>memory FOLDER ID STEPS SIDE</c>.
    /// </param>
    public static int Run(string[] args)
    {
        switch (args)
        {
            case ["step", var folder, var id, "contiguous" or "channels_last", "float32" or "bfloat16"]:
                TakeSteps(folder, id, args[3] == "channels_last", args[4] == "bfloat16" ? TrainingPrecision.BFloat16 : TrainingPrecision.Float32);
                return 0;
            case ["loader", var folder]:
                Load(folder).GetAwaiter().GetResult();
                return 0;
            case ["memory", var folder, var id, var steps, var side]:
                Remember(folder, id, int.Parse(steps, CultureInfo.InvariantCulture), int.Parse(side, CultureInfo.InvariantCulture));
                return 0;
            default:
                Console.Error.WriteLine("usage: finetune step FOLDER ID contiguous|channels_last float32|bfloat16 | loader FOLDER | memory FOLDER ID STEPS SIDE");
                return 1;
        }
    }

    // Blocks of as many steps as are asked for; milliseconds of wall and of processor time a step.
    private static void TakeSteps(string folder, string id, bool channelsLast, TrainingPrecision precision)
    {
        var data = Datasets.OpenForEvaluation(folder).Validation;
        using var network = Create(id, data, channelsLast);
        var preset = ModelZoo.Weights(id)[0].Preset;
        using var cancellation = new CancellationTokenSource();
        var (asked, left) = (0, 0);
        var (clock, processor) = (new Stopwatch(), TimeSpan.Zero);
        var trainer = new Trainer(network, preset, Recipe(TrainingTransform.ImageNet(preset)) with { Precision = precision })
        {
            StepDone = (_, _, _) =>
            {
                if (--left > 0) return;
                if (asked > 0) Answer(clock.Elapsed.TotalMilliseconds / asked, (Environment.CpuUsage.TotalTime - processor).TotalMilliseconds / asked);
                else Console.WriteLine($"libtorch of TorchSharp {typeof(torch).Assembly.GetName().Version}, {torch.get_num_threads()} threads");
                if (Console.ReadLine() is not { } line)
                {
                    cancellation.Cancel();
                    return;
                }
                asked = left = int.Parse(line, CultureInfo.InvariantCulture);
                processor = Environment.CpuUsage.TotalTime;
                clock.Restart();
            },
        };
        trainer.FitAsync(data, cancellation: cancellation.Token).GetAwaiter().GetResult();
    }

    // Images a second of wall and of processor time, over as many batches as are asked for.
    private static async Task Load(string folder)
    {
        var data = Datasets.OpenForEvaluation(folder).Validation;
        var preset = ModelZoo.Weights("resnet18")[0].Preset;
        var loader = new DataLoader(data, preset, new() { BatchSize = BatchSize, Shuffle = true, DropLastImage = true, Workers = 2, Transform = TrainingTransform.ImageNet(preset) });
        Console.WriteLine("ready");
        for (var epoch = 1; Console.ReadLine() is { } line; epoch++)
        {
            var (count, wanted) = (0, int.Parse(line, CultureInfo.InvariantCulture) * BatchSize);
            var (clock, processor) = (Stopwatch.StartNew(), Environment.CpuUsage.TotalTime);
            for (; count < wanted; epoch++)
            {
                await foreach (var (_, batch) in loader.ReadAsync(epoch))
                {
                    count += batch.Count;
                    batch.Dispose();
                    if (count >= wanted) break;
                }
            }
            Answer(count / clock.Elapsed.TotalSeconds, count / (Environment.CpuUsage.TotalTime - processor).TotalSeconds);
        }
    }

    private static void Remember(string folder, string id, int steps, int side)
    {
        var data = Datasets.OpenForEvaluation(folder).Validation;
        using var network = Create(id, data, channelsLast: true);
        var preset = ModelZoo.Weights(id)[0].Preset with { ResizeSize = [side], CropSize = [side] };
        using var cancellation = new CancellationTokenSource();
        long managed = 0, tensors = 0;
        var trainer = new Trainer(network, preset, Recipe(TrainingTransform.ImageNet(preset)))
        {
            StepDone = (step, _, _) =>
            {
                if (step % (steps / 10) == 0)
                {
                    Console.WriteLine(string.Create(
                        CultureInfo.InvariantCulture,
                        $"step {step}: {Environment.WorkingSet >> 20} MB resident, {torch.Tensor.TotalCount - tensors} more tensors, {(GC.GetTotalAllocatedBytes() - managed) / (steps / 10) >> 10} KB managed a step"));
                    (managed, tensors) = (GC.GetTotalAllocatedBytes(), torch.Tensor.TotalCount);
                }
                if (step == steps) cancellation.Cancel();
            },
        };
        trainer.FitAsync(data, cancellation: cancellation.Token).GetAwaiter().GetResult();
    }

    private static Block Create(string id, IDataset data, bool channelsLast)
    {
        torch.manual_seed(0);
        var network = ModelZoo.Create(id, new ModelOptions { NumClasses = data.Classes.Count });
        return channelsLast ? network.ToChannelsLast() : network;
    }

    private static TrainingOptions Recipe(TrainingTransform transform) => new()
    {
        Epochs = 100_000,
        BatchSize = BatchSize,
        Optimizer = new Optimizer.Sgd { Momentum = 0.9 },
        Schedule = new LearningRateSchedule.Constant(),
        Transform = transform,
    };

    private static void Answer(double one, double other) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{one:F3} {other:F3}"));
}
