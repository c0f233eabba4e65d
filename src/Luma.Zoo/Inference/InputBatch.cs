using System.Runtime.InteropServices;
using Luma.Zoo.Images;

namespace Luma.Zoo.Inference;

/// <summary>Images that go through the network together, on their way from the source to the results.</summary>
/// <typeparam name="T">What the network says of an image.</typeparam>
internal sealed class InputBatch<T>
{
    private readonly List<ImageItem> items = [];
    private readonly ImageException?[] errors;
    private readonly InputMemory memory;
    private readonly Tensor input;
    private readonly long first;

    // The images that are not written yet, and one more until the batch is closed.
    private int open = 1;
    private T[] values = [];
    private volatile bool isDone;

    /// <summary>Takes memory for a batch.</summary>
    /// <param name="memory">Where it is taken from, and goes back to.</param>
    /// <param name="first">The place of its first image among all.</param>
    /// <exception cref="InsufficientMemoryException">There is not so much memory.</exception>
    public InputBatch(InputMemory memory, long first)
    {
        (this.memory, this.first) = (memory, first);
        errors = new ImageException?[memory.Size];
        input = memory.Rent();
    }

    /// <summary>Whether it takes no more images.</summary>
    public bool IsFull => items.Count == errors.Length;

    /// <summary>How many images it has.</summary>
    public int Count => items.Count;

    /// <summary>Whether its results are there, or the reason why there are none.</summary>
    public bool IsDone => isDone;

    /// <summary>Whether the classifier waits for it before it closes.</summary>
    public bool IsCounted { get; set; }

    /// <summary>What went wrong with the whole batch, or null.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Adds an image, which is to be written.</summary>
    /// <returns>Its place.</returns>
    public int Add(ImageItem item)
    {
        Interlocked.Increment(ref open);
        items.Add(item);
        return items.Count - 1;
    }

    /// <summary>Writes an image's input, or notes why that cannot be.</summary>
    public void Write(int place, ImageSource source, InputWriter writer)
    {
        var floats = MemoryMarshal.Cast<byte, float>(input.bytes);
        floats = floats.Slice(place * (floats.Length / errors.Length), floats.Length / errors.Length);
        try
        {
            writer.Write(source, floats);
        }
        catch (ImageException exception)
        {
            errors[place] = exception;
            // An image that failed goes along as zeros: rare enough not to rebuild the batch for it.
            floats.Clear();
        }
        catch (Exception exception)
        {
            Fail(exception);
        }
    }

    /// <summary>Notes that the whole batch failed.</summary>
    public void Fail(Exception exception) => Failure ??= exception;

    /// <summary>Ends the writing of an image, or the adding of images.</summary>
    /// <returns>Whether that was the last, so that the batch can be computed.</returns>
    public bool Release() => Interlocked.Decrement(ref open) == 0;

    /// <summary>Computes the results, and gives the memory back.</summary>
    /// <param name="compute">Takes <c>(N, C, H, W)</c>, or null where nobody wants the results any more.</param>
    public void Compute(Func<Tensor, T[]>? compute)
    {
        try
        {
            if (compute is null || Failure is not null || errors.Take(items.Count).All(error => error is not null)) return;
            using var scope = NewDisposeScope();
            values = compute(items.Count == errors.Length ? input : input.narrow(0, 0, items.Count));
        }
        catch (Exception exception)
        {
            Fail(exception);
        }
        finally
        {
            memory.Return(input);
            isDone = true;
        }
    }

    /// <summary>The results, in the order of the images.</summary>
    public IEnumerable<BatchResult<T>> Results() => items.Select((item, place) => errors[place] is { } error
        ? new BatchResult<T>(first + place, item, default, error)
        : new BatchResult<T>(first + place, item, values[place], null));
}

/// <summary>What became of one image.</summary>
internal readonly record struct BatchResult<T>(long Index, ImageItem Item, T? Value, ImageException? Error);
