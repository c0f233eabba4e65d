namespace Luma.Zoo.Inference.Compilation;

/// <summary>
/// Measures what does the same in several ways: in blocks that alternate, with a pause before each. Threads of one library that wait by
/// spinning slow another's down, and what a processor does meanwhile slows all of them.
/// </summary>
/// <param name="time">Tells the time.</param>
/// <param name="cancellation">Stops it.</param>
internal sealed class EngineContest(TimeProvider time, CancellationToken cancellation)
{
    // libtorch optimises what it runs in the second pass.
    private const int WarmUps = 2;

    private const int MostRounds = 6, MostPasses = 50;

    // Who is so much slower after a round is not measured any more.
    private const double Hopeless = 2;

    private static readonly TimeSpan Block = TimeSpan.FromMilliseconds(40), Pause = TimeSpan.FromMilliseconds(20), Enough = TimeSpan.FromMilliseconds(500);

    /// <summary>Measures passes.</summary>
    /// <param name="passes">What is measured; each has run before.</param>
    /// <returns>The median of each, in milliseconds.</returns>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public IReadOnlyList<double> Measure(IReadOnlyList<Action> passes)
    {
        var times = passes.Select(_ => new List<double>()).ToList();
        var left = Enumerable.Range(0, passes.Count).ToList();
        foreach (var pass in passes) WarmUp(pass);
        var start = time.GetTimestamp();
        for (var round = 0; left.Count > 1 && IsWanted(round, time.GetElapsedTime(start)); round++)
        {
            foreach (var place in round % 2 == 0 ? left : left.AsEnumerable().Reverse()) times[place].AddRange(MeasureBlock(passes[place]));
            var best = left.Min(place => Median(times[place]));
            left.RemoveAll(place => Median(times[place]) > Hopeless * best);
        }
        return [.. times.Select(Median)];
    }

    /// <summary>The middle of some numbers, or the mean of the two in the middle.</summary>
    public static double Median(IReadOnlyCollection<double> numbers)
    {
        var sorted = numbers.Order().ToList();
        return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }

    // Of two blocks of one pass each nobody knows which was slow by chance: a third may take longer.
    private static bool IsWanted(int round, TimeSpan elapsed) => round < 2 || (round == 2 && elapsed < 4 * Enough) || (round < MostRounds && elapsed < Enough);

    // In passes that are long by themselves what the first ones take more is little.
    private void WarmUp(Action pass)
    {
        var start = time.GetTimestamp();
        for (var count = 0; count < WarmUps && time.GetElapsedTime(start) < Enough; count++)
        {
            cancellation.ThrowIfCancellationRequested();
            pass();
        }
    }

    private IEnumerable<double> MeasureBlock(Action pass)
    {
        Task.Delay(Pause, time, cancellation).GetAwaiter().GetResult();
        var (start, times) = (time.GetTimestamp(), new List<double>());
        do
        {
            cancellation.ThrowIfCancellationRequested();
            var before = time.GetTimestamp();
            pass();
            times.Add(time.GetElapsedTime(before).TotalMilliseconds);
        }
        while (times.Count < MostPasses && time.GetElapsedTime(start) < Block);
        // The first finds the caches full of another's weights. Of a long pass that is little, and there may be no other.
        return times.Count > 1 ? times.Skip(1) : times;
    }
}
