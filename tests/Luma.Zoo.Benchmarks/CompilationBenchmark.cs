using System.Diagnostics;
using System.Globalization;
using Luma.Neural.Native;
using Luma.Neural.Passes;
using Luma.Zoo.Export;
using Luma.Zoo.Inference.Compilation;
using static TorchSharp.torch;

namespace Luma.Zoo.Benchmarks;

/// <summary>Compiles a network for oneDNN step by step, and says how long each takes and what memory it needs beside the network.</summary>
internal static class CompilationBenchmark
{
    public static int Run(string[] args)
    {
        if (args is not [var id, .. { Length: <= 1 } rest])
        {
            Console.Error.WriteLine("usage: compilation ID [ROUNDS]");
            return 1;
        }

        NativeLibraries.EnsureLoaded();
        using var network = ModelZoo.Create(id);
        network.eval();
        var weights = network.parameters().Concat(network.buffers()).Sum(tensor => tensor.NumberOfElements * tensor.ElementSize);
        long[] image = [3, 224, 224];
        var steps = (string[])["record", "passes", "write", "load", "prepack", "first pass", "all"];
        var times = steps.ToDictionary(step => step, _ => new List<double>());
        var peaks = new Dictionary<string, double>();
        var baseline = Resident();
        for (var round = 0; round < (rest is [var rounds] ? int.Parse(rounds, CultureInfo.InvariantCulture) : 5); round++)
        {
            Begin();
            using (var scope = NewDisposeScope())
            {
                var watch = Stopwatch.StartNew();
                var recorded = EvaluationGraph.Record(network, image);
                Say("record", watch);
                NativeHeap.GiveBack();
                var graph = recorded.Apply();
                Say("passes", watch);
                var script = new OneDnnScript(graph, ScalarType.Float32, 1);
                var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
                using (var stream = File.Create(path)) script.Write(stream);
                Say("write", watch);
                scope.Dispose();
                NativeHeap.GiveBack();
                var module = jit.load<Tensor, Tensor>(path);
                File.Delete(path);
                Say("load", watch);
                using (inference_mode()) module.invoke(OneDnnScript.Prepack);
                Say("prepack", watch);
                using (inference_mode()) module.call(zeros([1, .. image])).Dispose();
                Say("first pass", watch);
                module.invoke(OneDnnScript.Release);
                module.Dispose();
            }
        }
        Console.WriteLine(string.Join("; ", steps.SkipLast(1).Select(step => string.Create(CultureInfo.InvariantCulture, $"{step} {Median(step)} ms, up to {peaks[step]:f2} times the weights"))));

        for (var round = 0; round < times["record"].Count; round++)
        {
            Begin();
            var watch = Stopwatch.StartNew();
            using var compiled = network.Compile(new() { ImageShape = image });
            Say("all", watch);
            var after = Resident();
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"all {times["all"][^1]:f0} ms; beside the network's {weights / 1e6:f0} MB: {peaks["all"]:f2} times these at most, {(after - baseline) / (double)weights:f2} after"));
        }
        return 0;

        void Begin()
        {
            NativeHeap.GiveBack();
            baseline = Resident();
            // Counts the peak from here on.
            File.WriteAllText("/proc/self/clear_refs", "5");
        }

        void Say(string step, Stopwatch watch)
        {
            times[step].Add(watch.Elapsed.TotalMilliseconds);
            peaks[step] = (Peak() - baseline) / (double)weights;
            File.WriteAllText("/proc/self/clear_refs", "5");
            watch.Restart();
        }

        string Median(string step) => EngineContest.Median(times[step]).ToString("f0", CultureInfo.InvariantCulture);
    }

    private static long Resident() => Status("VmRSS:");

    private static long Peak() => Status("VmHWM:");

    private static long Status(string name) =>
        1024 * long.Parse(File.ReadLines("/proc/self/status").Single(line => line.StartsWith(name, StringComparison.Ordinal)).Split(':')[1].Trim().Split(' ')[0], CultureInfo.InvariantCulture);
}
