using System.Diagnostics;
using System.Globalization;
using Luma.Zoo.Inference.Compilation;
using Luma.Zoo.OnnxRuntime;
using static TorchSharp.torch;

namespace Luma.Zoo.Benchmarks;

/// <summary>
/// Runs a network as one engine runs it. Each line on standard input asks for a block of passes over a batch, and the median in milliseconds answers
/// it: so scripts/bench_engines.py can take turns between engines, each in a process of its own.
/// </summary>
internal static class EnginesBenchmark
{
    // As scripts/bench_engines.py has it for the others.
    private const int LeastPasses = 2;
    private static readonly TimeSpan Block = TimeSpan.FromMilliseconds(250);

    public static int Run(string[] args)
    {
        if (args is not [var id, var form, var size] || !int.TryParse(size, NumberStyles.None, CultureInfo.InvariantCulture, out var batch) || Engines(form) is not var (engine, type))
        {
            Console.Error.WriteLine("usage: engines ID onednn|onednn_bfloat16|onnxruntime[:SPIN_MICROSECONDS]|auto|auto_bfloat16 BATCH");
            return 1;
        }

        using var network = ModelZoo.Create(id);
        network.eval();
        var watch = Stopwatch.StartNew();
        using var program = engine.Compile(network, new() { ImageShape = [3, 224, 224], Batch = batch, Type = type });
        var chosen = program is AutoProgram auto ? auto.Choose([3, 224, 224], batch) : null;
        Console.WriteLine(chosen is null ? $"{engine.Identity}, {get_num_threads()} threads" : $"{chosen.Engine} {chosen.Type}");
        using var inference = inference_mode();
        using var images = rand(batch, 3, 224, 224);
        while (Console.ReadLine() is not null) Console.WriteLine(MeasureBlock().ToString("f3", CultureInfo.InvariantCulture));
        return 0;

        double MeasureBlock()
        {
            // The first finds the caches full of another's weights.
            program.Run(images).Dispose();
            var times = new List<double>();
            var start = Stopwatch.GetTimestamp();
            while (times.Count < LeastPasses || Stopwatch.GetElapsedTime(start) < Block)
            {
                var before = Stopwatch.GetTimestamp();
                program.Run(images).Dispose();
                times.Add(Stopwatch.GetElapsedTime(before).TotalMilliseconds);
            }
            return EngineContest.Median(times);
        }
    }

    private static (IInferenceEngine Engine, ScalarType Type)? Engines(string form)
    {
        var auto = Engine.Auto(Engine.OneDnn, new OnnxRuntimeEngine()) with { Folder = null };
        return form switch
        {
            "onednn" => (Engine.OneDnn, ScalarType.Float32),
            "onednn_bfloat16" => (Engine.OneDnn, ScalarType.BFloat16),
            "onnxruntime" => (new OnnxRuntimeEngine(), ScalarType.Float32),
            _ when form.Split(':') is ["onnxruntime", var spin] && double.TryParse(spin, CultureInfo.InvariantCulture, out var microseconds) =>
                (new OnnxRuntimeEngine { SpinDuration = TimeSpan.FromMicroseconds(microseconds) }, ScalarType.Float32),
            "auto" => (auto, ScalarType.Float32),
            "auto_bfloat16" => (auto with { AllowBFloat16 = true }, ScalarType.Float32),
            _ => null,
        };
    }
}
