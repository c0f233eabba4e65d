namespace Luma.Zoo.Training.Data;

/// <summary>Images and what they show, ready for a network.</summary>
/// <param name="Inputs">The images as the network takes them: <c>(N, C, H, W)</c>, 32-bit floats.</param>
/// <param name="Targets">
/// The index of each image's class: <c>(N)</c>, 64-bit integers. Or what each image is of each class, from 0 to 1: <c>(N, K)</c>, 32-bit floats,
/// where an image has several classes or images are mixed.
/// </param>
/// <param name="Indices">The images' places in the data set.</param>
public sealed record Batch(Tensor Inputs, Tensor Targets, IReadOnlyList<int> Indices) : IDisposable
{
    /// <summary>How many images it has; fewer than were asked for where some could not be read.</summary>
    public int Count => Indices.Count;

    /// <summary>Frees both tensors.</summary>
    public void Dispose()
    {
        Inputs.Dispose();
        Targets.Dispose();
    }
}
