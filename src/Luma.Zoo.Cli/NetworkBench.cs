using System.Diagnostics;
using Luma.Neural;
using Luma.Zoo.Inference.Compilation;
using static TorchSharp.torch;

namespace Luma.Zoo.Cli;

/// <summary>Measures a network in all forms that it can be run in.</summary>
internal sealed class NetworkBench : IDisposable
{
    // A block is as long as a processor needs to come to rest in it.
    private const int MostPasses = 20;
    private static readonly TimeSpan Block = TimeSpan.FromMilliseconds(300);

    private readonly long[] image;
    private readonly List<Form> forms = [];

    /// <summary>Prepares the forms.</summary>
    /// <param name="network">The network, in evaluation mode. It stays the caller's.</param>
    /// <param name="image">The shape of an image.</param>
    /// <param name="say">Is told what is prepared.</param>
    public NetworkBench(NeuralModule network, long[] image, Action<string> say)
    {
        this.image = image;
        Add("eager", () => (network.call, null));
        Add("compiled", () => Compile(ScalarType.Float32));
        Add("compiled bfloat16", () => Compile(ScalarType.BFloat16));

        (Func<Tensor, Tensor> Run, IDisposable? Owned) Compile(ScalarType type)
        {
            var compiled = network.Compile(new() { ImageShape = image, Type = type });
            return (compiled.Run, compiled);
        }

        void Add(string name, Func<(Func<Tensor, Tensor> Run, IDisposable? Owned)> prepare)
        {
            say($"preparing {name}");
            var (memory, start) = (Environment.WorkingSet, Stopwatch.GetTimestamp());
            var (run, owned) = prepare();
            var preparation = Stopwatch.GetElapsedTime(start);
            using var one = Commands.Shape.Draw([1, .. image]);
            Pass(run, one);
            forms.Add(new(name, run, owned, preparation, Math.Max(0, Environment.WorkingSet - memory)));
        }
    }

    /// <summary>Measures passes over so many images: each form a block, in turns.</summary>
    public IReadOnlyList<BenchRow> Measure(long batch, int rounds, CancellationToken cancellation)
    {
        using var images = Commands.Shape.Draw([batch, .. image]);
        var times = forms.ToDictionary(form => form, _ => new List<double>());
        for (var round = 0; round < rounds; round++)
        {
            foreach (var form in forms)
            {
                // The first pass of a block finds the caches full of another form's weights.
                Pass(form.Run, images);
                var start = Stopwatch.GetTimestamp();
                for (var pass = 0; pass < MostPasses && (pass == 0 || Stopwatch.GetElapsedTime(start) < Block); pass++)
                {
                    cancellation.ThrowIfCancellationRequested();
                    var before = Stopwatch.GetTimestamp();
                    Pass(form.Run, images);
                    times[form].Add(Stopwatch.GetElapsedTime(before).TotalMilliseconds);
                }
            }
        }

        var eager = Median(times[forms[0]]);
        return [.. forms.Select(form => Row(form, Median(times[form])))];

        BenchRow Row(Form form, double median) => new(
            form.Name, batch, median, batch * 1000 / median, median / eager, form.Preparation.TotalMilliseconds, form.Memory / 1e6);
    }

    public void Dispose() => forms.ForEach(form => form.Owned?.Dispose());

    private static void Pass(Func<Tensor, Tensor> run, Tensor images)
    {
        using var inference = inference_mode();
        run(images).Dispose();
    }

    private static double Median(List<double> times)
    {
        var sorted = times.Order().ToList();
        return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }

    private sealed record Form(string Name, Func<Tensor, Tensor> Run, IDisposable? Owned, TimeSpan Preparation, long Memory);
}
