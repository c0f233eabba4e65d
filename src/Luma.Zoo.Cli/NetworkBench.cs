using System.Diagnostics;
using Luma.Neural;
using Luma.Zoo.Inference.Compilation;
using Luma.Zoo.OnnxRuntime;
using static TorchSharp.torch;

namespace Luma.Zoo.Cli;

/// <summary>Measures a network in all forms that it can be run in.</summary>
internal sealed class NetworkBench : IDisposable
{
    // A block is as long as a processor needs to come to rest in it.
    private const int MostPasses = 20;
    private static readonly TimeSpan Block = TimeSpan.FromMilliseconds(300);

    // Threads of one library that still wait by spinning slow the next one down.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly NeuralModule network;
    private readonly long[] image;
    private readonly List<Form> forms = [];
    private readonly List<string> leftOut = [];

    /// <summary>Prepares the forms.</summary>
    /// <param name="network">The network, in evaluation mode. It stays the caller's.</param>
    /// <param name="image">The shape of an image.</param>
    /// <param name="say">Is told what is prepared.</param>
    public NetworkBench(NeuralModule network, long[] image, Action<string> say)
    {
        (this.network, this.image) = (network, image);
        Add("eager", () => (network.call, null));
        Add("compiled", () => Compile(Engine.OneDnn, ScalarType.Float32));
        AddWhereItCan("compiled bfloat16", () => Compile(Engine.OneDnn, ScalarType.BFloat16));
        AddWhereItCan("onnxruntime", () => Compile(new OnnxRuntimeEngine(), ScalarType.Float32));

        (Func<Tensor, Tensor> Run, IDisposable? Owned) Compile(IInferenceEngine engine, ScalarType type)
        {
            var program = engine.Compile(network, new() { ImageShape = image, Type = type });
            return (program.Run, program);
        }

        void AddWhereItCan(string name, Func<(Func<Tensor, Tensor> Run, IDisposable? Owned)> prepare)
        {
            try
            {
                Add(name, prepare);
            }
            catch (NotSupportedException error)
            {
                leftOut.Add($"{name}: {error.Message}");
            }
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

    /// <summary>The forms that this processor or the network has not, and why.</summary>
    public IReadOnlyList<string> LeftOut => leftOut;

    /// <summary>Measures passes over so many images: each form a block, in turns.</summary>
    public IReadOnlyList<BenchRow> Measure(long batch, int rounds, CancellationToken cancellation)
    {
        using var images = Commands.Shape.Draw([batch, .. image]);
        var times = forms.ToDictionary(form => form, _ => new List<double>());
        for (var round = 0; round < rounds; round++)
        {
            foreach (var form in forms)
            {
                cancellation.WaitHandle.WaitOne(Pause);
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

        var eager = EngineContest.Median(times[forms[0]]);
        return [.. forms.Select(form => Row(form, EngineContest.Median(times[form])))];

        BenchRow Row(Form form, double median) => new(
            form.Name, batch, median, batch * 1000 / median, median / eager, form.Preparation.TotalMilliseconds, form.Memory / 1e6);
    }

    /// <summary>What <see cref="Engine.Auto"/> takes for each batch. It measures by itself, and remembers nothing.</summary>
    public IReadOnlyList<BenchChoice> Choose(IEnumerable<long> batches, CancellationToken cancellation)
    {
        var engine = Engine.Auto(Engine.OneDnn, new OnnxRuntimeEngine()) with { Folder = null };
        using var program = engine.Compile(network, cancellationToken: cancellation);
        return [.. batches.Select(Choose)];

        BenchChoice Choose(long batch)
        {
            var choice = program.Choose(image, batch, cancellation);
            return new(batch, choice.Engine, choice.Times.ToDictionary(time => time.Engine, time => time.Milliseconds));
        }
    }

    public void Dispose() => forms.ForEach(form => form.Owned?.Dispose());

    private static void Pass(Func<Tensor, Tensor> run, Tensor images)
    {
        using var inference = inference_mode();
        run(images).Dispose();
    }

    private sealed record Form(string Name, Func<Tensor, Tensor> Run, IDisposable? Owned, TimeSpan Preparation, long Memory);
}
