using System.Runtime.ExceptionServices;
using Luma.Neural;
using Luma.Neural.Operations;
using Luma.Zoo.Export;

namespace Luma.Zoo.Inference.Compilation;

/// <summary>A network as the engine runs it that was fastest: <see cref="AutoEngine.Compile"/> makes it. Any number of threads may use it at a time.</summary>
public sealed class AutoProgram : IInferenceProgram
{
    // Larger batches compute as this one, only longer.
    private const long LargestBatch = 8;

    private readonly NeuralModule network;
    private readonly Tensor? parameter;
    private readonly AutoEngine engine;
    private readonly IReadOnlyList<Candidate> candidates;
    private readonly ProgramCache<Inputs, Chosen> programs;

    internal AutoProgram(NeuralModule network, AutoEngine engine, ScalarType type)
    {
        (this.network, parameter, this.engine, Type) = (network, network.parameters().FirstOrDefault(), engine, type);
        ScalarType[] types = engine.AllowBFloat16 && type == ScalarType.Float32 ? [type, ScalarType.BFloat16] : [type];
        candidates = [.. from one in engine.Engines.Distinct() from which in types select new Candidate(one, which)];
        programs = new(this, Choose);
    }

    /// <summary>The type that was asked for. <see cref="Choose(IReadOnlyList{long}, long, CancellationToken)"/> tells where the engine computes in another.</summary>
    public ScalarType Type { get; }

    /// <inheritdoc/>
    /// <remarks>
    /// The first images of a shape wait until the engines are measured, for one image and for several; a larger batch is measured anew. A smaller one, such
    /// as the last of many images, is run as the larger.
    /// </remarks>
    public Tensor Run(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return Use(new([.. input.shape.Skip(1)], BatchOf(input.shape.FirstOrDefault()), MustMeasure: false, CancellationToken.None), chosen => chosen.Program.Run(input));
    }

    /// <summary>Measures the engines and compiles for a shape and a batch, where that has not been done.</summary>
    /// <param name="imageShape">The shape of an image: <c>(C, H, W)</c>.</param>
    /// <param name="batch">How many images will come at a time.</param>
    /// <param name="cancellationToken">Stops the measuring.</param>
    /// <returns>What was taken.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The batch is below 1.</exception>
    /// <exception cref="InputShapeException">The network does not take images of this shape.</exception>
    /// <exception cref="InvalidOperationException">The shape or the batch is new, and the network has been disposed of.</exception>
    /// <exception cref="NotSupportedException">No engine can run the network.</exception>
    /// <exception cref="ObjectDisposedException">The program has been disposed of.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public EngineChoice Choose(IReadOnlyList<long> imageShape, long batch = 1, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(imageShape);
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1);
        return Use(new([.. imageShape], BatchOf(batch), MustMeasure: true, cancellationToken), chosen => chosen.Choice);
    }

    /// <inheritdoc/>
    public void CompileFor(IReadOnlyList<long> imageShape, long batch = 1) => Choose(imageShape, batch);

    /// <summary>Refuses further calls, waits for those under way, and frees what was compiled. The network stays the caller's.</summary>
    public void Dispose() => programs.Dispose();

    // The power of two that is next below.
    private static long BatchOf(long count) => count >= LargestBatch ? LargestBatch : count < 2 ? 1 : 1L << (int)Math.Log2(count);

    private T Use<T>(Inputs inputs, Func<Chosen, T> use) => programs.Use(inputs, use, inputs.Cancellation);

    private Chosen Choose(Inputs inputs, IEnumerable<KeyValuePair<Inputs, Chosen>> known)
    {
        if (parameter is { IsInvalid: true })
            throw new InvalidOperationException($"The network was disposed of or moved before it was compiled for images of ({string.Join(", ", inputs.ImageShape)}), {inputs.Batch} at a time.");

        var measured = known.Where(entry => entry.Key.ImageShape == inputs.ImageShape).Select(entry => entry.Value).OrderBy(chosen => chosen.Choice.Batch);
        if (measured.FirstOrDefault(chosen => inputs.IsServedBy(chosen.Choice.Batch)) is { } serving) return serving;

        using var generator = new Generator(0);
        using var images = rand([inputs.Batch, .. inputs.ImageShape], generator: generator);
        var (memory, question) = (new EngineMemory(engine.Folder), Question(inputs));
        using var contest = new Contenders(network, inputs.ImageShape, images, known.Select(entry => entry.Value));

        if (memory.Recall(question) is { } answer && candidates.FirstOrDefault(candidate => candidate.Text == answer.Fastest) is { } fastest && contest.TryAdd(fastest))
            return contest.Take(fastest, Choice(fastest, answer, remembered: true));

        foreach (var candidate in candidates)
        {
            inputs.Cancellation.ThrowIfCancellationRequested();
            contest.TryAdd(candidate);
        }
        contest.ThrowIfEmpty();
        var passes = contest.Passes;
        var times = passes.Count == 1 ? [0] : new EngineContest(engine.Time, inputs.Cancellation).Measure([.. passes.Select(pass => pass.Run)]);
        var ranking = passes.Zip(times, (pass, time) => (pass.Candidate, Time: time)).OrderBy(pair => pair.Time).ToList();
        var found = new EngineAnswer
        {
            Question = question,
            Fastest = ranking[0].Candidate.Text,
            Milliseconds = ranking.ToDictionary(pair => pair.Candidate.Text, pair => pair.Time),
        };
        // Another time memory or disk may not be short.
        if (contest.AllCan) memory.Keep(found);
        return contest.Take(ranking[0].Candidate, Choice(ranking[0].Candidate, found, remembered: false));

        EngineChoice Choice(Candidate candidate, EngineAnswer answer, bool remembered) => new(
            candidate.Engine.Name, candidate.Type, inputs.Batch,
            answer.Milliseconds.Count < 2 ? [] :
            [
                .. from time in answer.Milliseconds
                   let one = candidates.FirstOrDefault(one => one.Text == time.Key)
                   where one is not null
                   orderby time.Value
                   select new EngineTime(one.Engine.Name, one.Type, time.Value),
            ],
            remembered);
    }

    private string Question(Inputs inputs) =>
        EngineQuestion.Of(EvaluationGraph.Record(network, inputs.ImageShape), inputs.Batch, candidates.Select(candidate => candidate.Text));

    private sealed record Inputs(Integers ImageShape, long Batch, bool MustMeasure, CancellationToken Cancellation)
    {
        public bool IsServedBy(long batch) => batch == Batch || (!MustMeasure && Batch > 1 && batch > Batch);

        public bool Equals(Inputs? other) => other is not null && ImageShape == other.ImageShape && Batch == other.Batch && MustMeasure == other.MustMeasure;

        public override int GetHashCode() => HashCode.Combine(ImageShape, Batch, MustMeasure);
    }

    private sealed record Candidate(IInferenceEngine Engine, ScalarType Type)
    {
        public string Text { get; } = $"{Engine.Identity}, {Type}";
    }

    private sealed record Chosen(Candidate Candidate, IInferenceProgram Program, EngineChoice Choice) : IDisposable
    {
        public void Dispose() => Program.Dispose();
    }

    /// <summary>The programs that take part. Those that were made for it and not taken are disposed of.</summary>
    private sealed class Contenders(NeuralModule network, Integers imageShape, Tensor images, IEnumerable<Chosen> inUse) : IDisposable
    {
        private readonly Dictionary<Candidate, IInferenceProgram> made = [], all = [];
        private readonly Dictionary<Candidate, IInferenceProgram> used = inUse.DistinctBy(chosen => chosen.Candidate).ToDictionary(chosen => chosen.Candidate, chosen => chosen.Program);
        private Exception? first;

        /// <summary>Whether those that are missing never will do it.</summary>
        public bool AllCan { get; private set; } = true;

        public IReadOnlyList<(Candidate Candidate, Action Run)> Passes => [.. all.Select(entry => (entry.Key, new Action(() => Pass(entry.Value))))];

        // One that runs the network for other inputs already takes these in as well.
        public bool TryAdd(Candidate candidate)
        {
            try
            {
                if (!used.TryGetValue(candidate, out var program) && !made.TryGetValue(candidate, out program))
                    made.Add(candidate, program = candidate.Engine.Compile(network, new() { Type = candidate.Type, ImageShape = imageShape, Batch = images.size(0) }));
                Pass(program);
                all[candidate] = program;
                return true;
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                // Whatever it is, another engine may do.
                (first, AllCan) = (first ?? error, AllCan && error is NotSupportedException);
                return false;
            }
        }

        public void ThrowIfEmpty()
        {
            if (all.Count == 0) ExceptionDispatchInfo.Throw(first!);
        }

        public Chosen Take(Candidate candidate, EngineChoice choice)
        {
            made.Remove(candidate);
            return new(candidate, all[candidate], choice);
        }

        public void Dispose()
        {
            foreach (var program in made.Values) program.Dispose();
        }

        private void Pass(IInferenceProgram program)
        {
            using var inference = inference_mode();
            program.Run(images).Dispose();
        }
    }
}
