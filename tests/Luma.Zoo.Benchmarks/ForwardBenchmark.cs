using System.Diagnostics;
using System.Globalization;
using Luma.Neural;
using Luma.Neural.Layers;
using TorchSharp;

namespace Luma.Zoo.Benchmarks;

/// <summary>
/// Runs a network on batches of the size that each line on standard input says, and answers each with the milliseconds of a pass: so
/// scripts/bench_forward.py can take turns between this and others. With a number of passes it measures memory instead, channels last.
/// </summary>
internal static class ForwardBenchmark
{
    // A single pass of one image is too short to measure.
    private const int PassesOfOne = 5;

    public static int Run(string[] args)
    {
        if (args is not ([_, "contiguous" or "channels_last"] or [_, "memory", _]))
        {
            Console.Error.WriteLine("usage: forward ID contiguous|channels_last|memory PASSES");
            return 1;
        }

        using var network = ModelZoo.Create(args[0]);
        network.eval();
        if (args[1] != "contiguous") network.ToChannelsLast();
        using var inference = torch.inference_mode();
        if (args is [_, _, var passes]) return Remember(network, int.Parse(passes, CultureInfo.InvariantCulture));

        Console.WriteLine($"libtorch of TorchSharp {typeof(torch).Assembly.GetName().Version}, {torch.get_num_threads()} threads");
        while (Console.ReadLine() is { } line)
        {
            var batch = int.Parse(line, CultureInfo.InvariantCulture);
            using var images = torch.rand(batch, 3, 224, 224);
            var count = batch == 1 ? PassesOfOne : 1;
            var watch = Stopwatch.StartNew();
            for (var i = 0; i < count; i++) network.call(images).Dispose();
            Console.WriteLine((watch.Elapsed.TotalMilliseconds / count).ToString("f3", CultureInfo.InvariantCulture));
        }
        return 0;
    }

    // After a tenth of the passes the caches of libtorch are full.
    private static int Remember(Block network, int passes)
    {
        using var image = torch.rand(1, 3, 224, 224);
        for (var i = 0; i < passes / 10; i++) network.call(image).Dispose();
        var (managed, resident) = (GC.GetTotalAllocatedBytes(precise: true), Environment.WorkingSet);
        var tensors = torch.Tensor.TotalCount;
        for (var i = 0; i < passes; i++) network.call(image).Dispose();
        managed = GC.GetTotalAllocatedBytes(precise: true) - managed;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{passes} passes: {managed / passes} managed bytes a pass, resident memory {resident >> 20} MB before and {Environment.WorkingSet >> 20} MB after, {torch.Tensor.TotalCount - tensors} more tensors"));
        return 0;
    }
}
