using System.Diagnostics;
using System.Globalization;

namespace Luma.Zoo.Benchmarks;

/// <summary>
/// Builds a network with the weights of a local file, once for every line on standard input, and answers each with the milliseconds:
/// so scripts/bench_building.py can take turns between this and Python.
/// </summary>
internal static class BuildingBenchmark
{
    public static int Run(string[] args)
    {
        if (args is not [var id, var path])
        {
            Console.Error.WriteLine("usage: building ID FILE");
            return 1;
        }

        var options = new ModelOptions { MapWeights = true };
        Console.WriteLine("ready");
        while (Console.ReadLine() is not null)
        {
            var watch = Stopwatch.StartNew();
            using var network = ModelZoo.Create(id, options, path);
            watch.Stop();
            Console.WriteLine(watch.Elapsed.TotalMilliseconds.ToString("f2", CultureInfo.InvariantCulture));
        }
        return 0;
    }
}
