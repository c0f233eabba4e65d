using Luma.Neural;

namespace Luma.Zoo.Training;

/// <summary>The moving average of a network's weights and buffers.</summary>
internal sealed class ParameterAverage : IDisposable
{
    private readonly WeightAverage options;
    private readonly List<(string Name, Tensor Live, Tensor Average)> pairs;

    public ParameterAverage(NeuralModule network, WeightAverage options)
    {
        using var ungraded = no_grad();
        this.options = options;
        pairs = [.. network.state_dict().Select(entry => (entry.Key, entry.Value, entry.Value.detach().clone().DetachFromDisposeScope()))];
    }

    /// <summary>The averages by name.</summary>
    public IEnumerable<KeyValuePair<string, Tensor>> Tensors => pairs.Select(pair => KeyValuePair.Create(pair.Name, pair.Average));

    /// <summary>Takes in the weights after a step.</summary>
    /// <param name="steps">How many steps have been taken, this one too.</param>
    public void Update(long steps)
    {
        // As in torchvision, of every so many steps the first.
        if ((steps - 1) % options.Every != 0) return;
        using var ungraded = no_grad();
        foreach (var (_, live, average) in pairs)
        {
            // Whole numbers, such as the count of batches, have no mean.
            if (steps > 1 && average.is_floating_point()) average.MultiplyBy(options.Decay).Increase(live, 1 - options.Decay);
            else average.copy_(live);
        }
    }

    /// <summary>Puts the averages into the network and the network's weights into their place; a second time undoes it.</summary>
    public void Swap()
    {
        using var ungraded = no_grad();
        using var scope = NewDisposeScope();
        foreach (var (_, live, average) in pairs)
        {
            var kept = live.clone();
            live.copy_(average);
            average.copy_(kept);
        }
    }

    public void Dispose() => pairs.ForEach(pair => pair.Average.Dispose());
}
