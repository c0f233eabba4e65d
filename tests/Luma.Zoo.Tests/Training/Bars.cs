using Luma.Zoo.Training;

namespace Luma.Zoo.Tests.Training;

/// <summary>
/// Noisy images in memory, of 16x16 with ten classes that differ by the place of a bar. Remembers what it was asked for.
/// </summary>
internal sealed class Bars(int count, int seed = 1, int size = 16) : IDataset
{
    private readonly Tensor images = Draw(count, seed, size);
    private int batches;

    public List<long> Asked { get; } = [];

    /// <summary>The most images that it was asked for at a time.</summary>
    public int Largest { get; private set; }

    /// <summary>After how many batches the next one fails.</summary>
    public int FailAfter { get; init; } = int.MaxValue;

    public int Count { get; } = count;

    public IReadOnlyList<string> Classes { get; } = [.. Enumerable.Range(0, 10).Select(i => $"bar {i}")];

    public Batch GetBatch(ReadOnlySpan<long> indices)
    {
        if (batches++ >= FailAfter) throw new IOException("The disk is gone.");

        Asked.AddRange(indices);
        Largest = Math.Max(Largest, indices.Length);
        using var scope = NewDisposeScope();
        var chosen = tensor(indices.ToArray());
        return new Batch(images.index_select(0, chosen).MoveToOuterDisposeScope(), chosen.remainder(10).MoveToOuterDisposeScope());
    }

    public void Dispose() => images.Dispose();

    private static Tensor Draw(int count, int seed, int size)
    {
        var random = new Random(seed);
        var pixels = new float[count * size * size];
        for (var i = 0; i < pixels.Length; i++)
        {
            var (label, column) = (i / (size * size) % 10, i % size);
            pixels[i] = (random.NextSingle() / 4) + (column * 16 / size == label + 3 ? 1 : 0);
        }
        return tensor(pixels, [count, 1, size, size]).DetachFromDisposeScope();
    }
}

/// <summary>Progress that is heard at once, on the thread that reports it.</summary>
internal sealed class Listener(Action<TrainingProgress> heard) : IProgress<TrainingProgress>
{
    public void Report(TrainingProgress value) => heard(value);
}

/// <summary>Leaves a number of batches alone and then shows images that are all wrong.</summary>
internal sealed class Spoils(int after) : IAugmentation
{
    private int calls;

    public Tensor Apply(Tensor inputs, Generator random) => calls++ < after ? inputs.alias() : inputs * -10;
}

/// <summary>Changes nothing, but draws from the generator that belongs to the whole process.</summary>
internal sealed class DrawsFromTorch : IAugmentation
{
    public Tensor Apply(Tensor inputs, Generator random)
    {
        using var drawn = rand(100);
        return inputs.alias();
    }
}
