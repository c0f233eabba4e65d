using Luma.Neural.Native;

namespace Luma.Zoo.Inference;

/// <summary>
/// The memory of batches, which goes from one that is done to the next. Taken anew for each batch, by whatever thread is at hand, such large blocks scatter over the C
/// library's heaps, and a process grows by hundreds of megabytes over 20,000 pictures. Any number of threads may use it at a time.
/// </summary>
/// <param name="size">How many images a batch may have.</param>
/// <param name="shape">The shape of one image's input.</param>
internal sealed class InputMemory(int size, long[] shape)
{
    private readonly Stack<Tensor> kept = [];
    private bool closed;

    /// <summary>How many images a batch may have.</summary>
    public int Size => size;

    /// <summary>Takes memory for a batch, with anything in it.</summary>
    /// <returns><c>(N, C, H, W)</c>.</returns>
    /// <exception cref="InsufficientMemoryException">There is not so much memory.</exception>
    public Tensor Rent()
    {
        lock (kept)
        {
            if (kept.TryPop(out var tensor)) return tensor;
        }
        MemoryGuard.Ensure(shape.Aggregate((double)size * sizeof(float), (product, length) => product * length), "a batch of images");
        // It outlives whatever scope the caller is in.
        return empty([size, .. shape], ScalarType.Float32).DetachFromDisposeScope();
    }

    /// <summary>Gives memory back, which nobody uses any more.</summary>
    public void Return(Tensor tensor)
    {
        lock (kept)
        {
            if (closed) tensor.Dispose();
            else kept.Push(tensor);
        }
    }

    /// <summary>Keeps nothing from now on. What comes back later goes at once.</summary>
    public void Close()
    {
        lock (kept)
        {
            closed = true;
            while (kept.TryPop(out var tensor)) tensor.Dispose();
        }
    }
}
