namespace Luma.Zoo.Training;

/// <summary>Labelled images, as a network takes them.</summary>
/// <remarks>
/// What a network learns from: digits in memory, a folder of photographs, a part of either (<see cref="Subset"/>). Batches are asked
/// for one at a time.
/// </remarks>
public interface IDataset : IDisposable
{
    /// <summary>How many images there are.</summary>
    int Count { get; }

    /// <summary>The names of the classes, by index.</summary>
    IReadOnlyList<string> Classes { get; }

    /// <summary>Makes a batch, ready for the network.</summary>
    /// <param name="indices">Which images, each from 0 to <see cref="Count"/> - 1.</param>
    /// <returns>The images and labels in that order; the caller's, and in the caller's dispose scope if there is one.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An index is out of range.</exception>
    Batch GetBatch(ReadOnlySpan<long> indices);
}

/// <summary>Images and their labels.</summary>
/// <param name="Inputs">The images as the network takes them: <c>(N, C, H, W)</c>, 32-bit floats.</param>
/// <param name="Labels">The index of each image's class: <c>(N)</c>, 64-bit integers.</param>
public readonly record struct Batch(Tensor Inputs, Tensor Labels) : IDisposable
{
    /// <summary>The same batch on a device.</summary>
    /// <param name="device">The device, such as the network's.</param>
    /// <returns>New tensors, on the same memory where that is on the device.</returns>
    internal Batch To(Device device) => new(Inputs.to(device), Labels.to(device));

    /// <summary>Frees both tensors.</summary>
    public void Dispose()
    {
        Inputs.Dispose();
        Labels.Dispose();
    }
}

/// <summary>Some images of a data set. Disposing of it leaves the whole set alone.</summary>
/// <param name="whole">The data set.</param>
/// <param name="members">Which of its images, each from 0 to its count - 1.</param>
public sealed class Subset(IDataset whole, IReadOnlyList<long> members) : IDataset
{
    /// <inheritdoc/>
    public int Count => members.Count;

    /// <inheritdoc/>
    public IReadOnlyList<string> Classes => whole.Classes;

    /// <inheritdoc/>
    public Batch GetBatch(ReadOnlySpan<long> indices)
    {
        var chosen = new long[indices.Length];
        for (var i = 0; i < chosen.Length; i++)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(indices[i], nameof(indices));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(indices[i], Count, nameof(indices));
            chosen[i] = members[(int)indices[i]];
        }
        return whole.GetBatch(chosen);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
