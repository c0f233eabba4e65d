using Luma.Neural;
using Luma.Zoo.Images;
using Luma.Zoo.Training.Data;

namespace Luma.Zoo.Training;

/// <summary>What the frozen part of a network makes of each image, computed once.</summary>
internal sealed class FrozenFeatures : IDisposable
{
    private readonly FrozenPrefix prefix;
    private readonly Device device;
    private readonly ScalarType type;
    private readonly TrainingPrecision? precision;
    private readonly List<Tensor> values = [];

    // Where an image's values stand; -1 where it could not be read.
    private readonly int[] places;

    private FrozenFeatures(FrozenPrefix prefix, NeuralModule network, TrainingPrecision? precision, int count)
    {
        (this.prefix, this.precision, places) = (prefix, precision, new int[count]);
        (device, type) = (network.parameters().First().device, network.TypeOfInputs());
        Array.Fill(places, -1);
    }

    /// <summary>Computes them where that pays: where layers are frozen.</summary>
    /// <param name="network">The network, in the mode in which the features are to be used.</param>
    /// <param name="preset">What makes an image into its input.</param>
    /// <param name="data">The images.</param>
    /// <param name="loader">What reads them; it does not change them at random.</param>
    /// <param name="most">How many bytes the features may take.</param>
    /// <param name="precision">In which precision they are computed.</param>
    /// <param name="cancellation">Ends it early.</param>
    /// <returns>The features; null where there are none, or they would take too much memory.</returns>
    public static FrozenFeatures? TryMake(
        NeuralModule network, ImagePreset preset, IDataset data, DataLoader loader, long most, TrainingPrecision? precision, CancellationToken cancellation)
    {
        if (FrozenPrefix.Find(network, preset.GetInputShape(), data.Count, most) is not { } prefix) return null;

        var features = new FrozenFeatures(prefix, network, precision, data.Count);
        try
        {
            features.Fill(loader, cancellation);
            return features;
        }
        catch
        {
            features.Dispose();
            throw;
        }
    }

    /// <summary>How many bytes they take.</summary>
    public long ByteCount => values.Sum(value => value.NumberOfElements * value.ElementSize);

    /// <summary>The batches of an epoch, without their inputs.</summary>
    public async IAsyncEnumerable<(int Step, Batch Batch)> ReadAsync(DataLoader loader, int epoch, int firstStep)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        for (var step = firstStep; step < loader.Steps; step++)
        {
            int[] indices = [.. loader.PlacesOf(epoch, step).Where(index => places[index] >= 0)];
            if (indices.Length > 0) yield return (step, new(empty(0).DetachFromDisposeScope(), loader.TargetsOf(indices).DetachFromDisposeScope(), indices));
        }
    }

    /// <summary>Computes the network's outputs for some images.</summary>
    public Tensor Finish(IReadOnlyList<int> indices)
    {
        using var scope = NewDisposeScope();
        var chosen = tensor(indices.Select(index => (long)places[index]).ToArray());
        return prefix.Finish([.. values.Select(value => value.index_select(0, chosen).to(device))]).MoveToOuterDisposeScope();
    }

    public void Dispose() => values.ForEach(value => value.Dispose());

    private void Fill(DataLoader loader, CancellationToken cancellation)
    {
        var filled = 0;
        var batches = loader.ReadInOrderAsync(cancellation).GetAsyncEnumerator(CancellationToken.None);
        try
        {
            while (batches.MoveNextAsync().AsTask().GetAwaiter().GetResult())
            {
                using var batch = batches.Current;
                using var scope = NewDisposeScope();
                using var mixed = PrecisionTrial.Use(precision);
                using var pause = loader.Pause(device);
                var computed = prefix.ComputeFeatures(batch.Inputs.to(type, device));
                foreach (var (place, value) in computed.Index())
                {
                    if (values.Count <= place) values.Add(empty([places.Length, .. value.shape[1..]], value.dtype).DetachFromDisposeScope());
                    using var target = values[place].narrow(0, filled, batch.Count);
                    target.copy_(value);
                }
                foreach (var index in batch.Indices) places[index] = filled++;
            }
        }
        finally
        {
            batches.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }
}
