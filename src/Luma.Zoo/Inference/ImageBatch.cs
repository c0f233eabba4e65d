using System.Runtime.InteropServices;
using Luma.Neural.Native;
using Luma.Zoo.Images;

namespace Luma.Zoo.Inference;

/// <summary>Images that go through the network together, and their input while it is made. Its pipeline's lock guards it.</summary>
internal sealed class ImageBatch : IDisposable
{
    private readonly List<ImageSource> sources = [];
    private readonly ImageException?[] errors;
    private readonly Tensor input;
    private int pending, firstSkipped = int.MaxValue;

    /// <summary>Makes room for a batch.</summary>
    /// <param name="capacity">The most images.</param>
    /// <param name="shape">The input of one image: <c>[C, H, W]</c>.</param>
    public ImageBatch(int capacity, long[] shape)
    {
        MemoryGuard.Ensure(shape.Aggregate((double)sizeof(float) * capacity, (product, size) => product * size), "a batch of images");
        input = empty([capacity, .. shape], ScalarType.Float32).DetachFromDisposeScope();
        errors = new ImageException?[capacity];
    }

    /// <summary>Whether no more images come.</summary>
    public bool IsClosed { get; set; }

    /// <summary>Whether no more fit.</summary>
    public bool IsFull => sources.Count == errors.Length;

    /// <summary>Whether all images that it has are ready, or will not be.</summary>
    public bool IsReady => pending == 0;

    /// <summary>How many images are ready, from the first on. Fewer than it has only where it was stopped.</summary>
    public int Count => Math.Min(sources.Count, firstSkipped);

    /// <summary>The input of the images that are ready, <c>(N, C, H, W)</c>; that of one that failed is zeros.</summary>
    public Tensor Input => input.narrow(0, 0, Count);

    /// <summary>Whether none of the images that are ready can be classified.</summary>
    public bool HasFailed => errors.AsSpan(0, Count).IndexOf((ImageException?)null) < 0;

    /// <summary>Adds an image, which is to be prepared.</summary>
    /// <returns>Its place.</returns>
    public int Add(ImageSource source)
    {
        sources.Add(source);
        pending++;
        return sources.Count - 1;
    }

    /// <summary>An image.</summary>
    public ImageSource Source(int index) => sources[index];

    /// <summary>Why an image cannot be classified, or null.</summary>
    public ImageException? Error(int index) => errors[index];

    /// <summary>Notes that an image is ready, or why it is not.</summary>
    public void Finish(int index, ImageException? error)
    {
        errors[index] = error;
        pending--;
    }

    /// <summary>Notes that an image will not be prepared, nor those after it.</summary>
    public void Skip(int index)
    {
        firstSkipped = Math.Min(firstSkipped, index);
        pending--;
    }

    /// <summary>Where the input of an image is written. Needs no lock: nobody else writes there.</summary>
    public Span<float> Floats(int index)
    {
        var floats = MemoryMarshal.Cast<byte, float>(input.bytes);
        var length = floats.Length / errors.Length;
        return floats.Slice(index * length, length);
    }

    /// <inheritdoc/>
    public void Dispose() => input.Dispose();
}
