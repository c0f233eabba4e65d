using System.Diagnostics;
using System.Globalization;
using Luma.Neural;
using Luma.Neural.Blocks;
using Luma.Neural.Layers;
using Luma.Zoo.Weights;

namespace Luma.Zoo.Benchmarks;

/// <summary>
/// Loads a file of VGG-16's weights into an existing network, by one of three ways (copied into its parameters, read into memory that the
/// network takes over as <see cref="ModelZoo.Create(string, ModelOptions, string?, Hub?)"/> does, or mapped), once for every line on standard input, and answers each with the
/// milliseconds and the memory: so scripts/bench_loading.py can take turns between this and Python.
/// </summary>
internal static class LoadingBenchmark
{
    private static readonly (int In, int Out, int Index)[] Convolutions =
    [
        (3, 64, 0), (64, 64, 2), (64, 128, 5), (128, 128, 7), (128, 256, 10), (256, 256, 12), (256, 256, 14),
        (256, 512, 17), (512, 512, 19), (512, 512, 21), (512, 512, 24), (512, 512, 26), (512, 512, 28),
    ];

    private static readonly (int In, int Out, int Index)[] Denses = [(25088, 4096, 0), (4096, 4096, 3), (4096, 1000, 6)];

    public static int Run(string[] args)
    {
        if (args is not [var path, var way and ("copy" or "read" or "map")])
        {
            Console.Error.WriteLine("usage: loading FILE copy|read|map (the file is written where it is not there)");
            return 2;
        }

        // The library's own memory is not the model's.
        using (var warm = new Dense(1, 1)) StateDict.Of(warm).Dispose();
        var before = Memory("VmRSS");
        var network = Vgg16();
        if (!File.Exists(path)) StateDict.Of(network).Save(path, WeightFormat.TorchZip);
        var bytes = StateDict.Of(network).ByteCount;

        Console.WriteLine("ready");
        while (Console.ReadLine() is not null)
        {
            if (way != "copy")
            {
                // As it is made for weights that it will take over: its own memory is never touched.
                network.Dispose();
                using (Initializers.Skip()) network = Vgg16();
            }
            var watch = Stopwatch.StartNew();
            using (var weights = StateDict.Open(path, new WeightFileOptions { Map = way == "map" }))
                WeightLoader.Load(network, weights, strict: true, rename: null, fresh: [], take: way != "copy");
            watch.Stop();

            var peak = Memory("VmHWM");
            var ratio = (peak - before) / (double)bytes;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{watch.Elapsed.TotalMilliseconds:f1} {ratio:f3}"));
        }
        network.Dispose();
        return 0;
    }

    private static Sequence Vgg16()
    {
        var features = new Sequence();
        foreach (var (from, to, index) in Convolutions) features.Add($"{index}", new Convolution2D(from, to, 3, padding: 1));
        var classifier = new Sequence();
        foreach (var (from, to, index) in Denses) classifier.Add($"{index}", new Dense(from, to));
        return new Sequence { { "features", features }, { "classifier", classifier } };
    }

    // In bytes: everything that is resident, pages of mapped files too.
    private static long Memory(string what) => File.ReadLines("/proc/self/status")
        .Where(line => line.StartsWith(what + ":", StringComparison.Ordinal))
        .Select(line => long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024)
        .Single();
}
