using System.Collections.Concurrent;
using Luma.Zoo.Images;
using Luma.Zoo.Inference;
using Luma.Zoo.Training.Augmentation;
using Luma.Zoo.Training.Data;

namespace Luma.Zoo.Tests.Training;

/// <summary>
/// Noisy images in memory, of 16x16 with ten classes that differ by the place of a bar. Remembers what it was asked for.
/// </summary>
internal sealed class Bars(int count, int seed = 1, int size = 16) : IDataset, IDisposable
{
    private readonly Tensor[] images = Draw(count, seed, size);
    private readonly ConcurrentQueue<int> asked = new();

    /// <summary>What makes no more of an image than it is.</summary>
    public static ImagePreset Preset(int size = 16) => new() { Channels = 1, ResizeSize = [size], CropSize = [size], Mean = [0], Std = [1] };

    public IReadOnlyList<int> Asked => [.. asked];

    /// <summary>After how many images the next one fails.</summary>
    public int FailAfter { get; init; } = int.MaxValue;

    /// <summary>Images that cannot be read.</summary>
    public IReadOnlyList<int> Unreadable { get; init; } = [];

    public int Count { get; } = count;

    public IReadOnlyList<string> Classes { get; init; } = [.. Enumerable.Range(0, 10).Select(i => $"bar {i}")];

    public ClassificationTask Task { get; init; }

    public LabelledImage Get(int index)
    {
        if (asked.Count >= FailAfter) throw new IOException("The disk is gone.");
        asked.Enqueue(index);
        return Unreadable.Contains(index) ? new(ImageSource.FromBytes("no picture"u8.ToArray(), $"image {index}"), GetLabels(index)) : new(ImageSource.FromTensor(images[index]), GetLabels(index));
    }

    public IReadOnlyList<int> GetLabels(int index) => [index % 10];

    /// <summary>Makes an image that is no number.</summary>
    public Bars Spoil(int index)
    {
        images[index].fill_(float.NaN);
        return this;
    }

    public void Dispose()
    {
        foreach (var image in images) image.Dispose();
    }

    private static Tensor[] Draw(int count, int seed, int size)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(index =>
        {
            var pixels = new float[size * size];
            for (var i = 0; i < pixels.Length; i++) pixels[i] = (random.NextSingle() / 4) + (i % size * 16 / size == (index % 10) + 3 ? 1 : 0);
            return tensor(pixels, [1, size, size]).DetachFromDisposeScope();
        })];
    }
}

/// <summary>Leaves a number of images alone and then shows them all wrong.</summary>
internal sealed record Spoils(int After) : InputAugmentation
{
    private int calls;

    public override Tensor Apply(Tensor input, SampleRandom random) => Interlocked.Increment(ref calls) <= After ? input : input * -10;
}
