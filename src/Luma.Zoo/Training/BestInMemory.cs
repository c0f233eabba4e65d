using Luma.Neural;

namespace Luma.Zoo.Training;

/// <summary>Keeps the best weights in memory.</summary>
internal sealed class BestInMemory(NeuralModule network) : IBestWeights
{
    private readonly List<(Tensor Live, Tensor Copy)> pairs =
        [.. network.state_dict().Values.Select(live => (live, live.detach().clone().DetachFromDisposeScope()))];

    public void Keep(NeuralModule network, EpochRecord record) => Copy(pair => pair.Copy.copy_(pair.Live));

    public void Check()
    {
    }

    public void PutBack(NeuralModule network) => Copy(pair => pair.Live.copy_(pair.Copy));

    public void Dispose() => pairs.ForEach(pair => pair.Copy.Dispose());

    private void Copy(Action<(Tensor Live, Tensor Copy)> copy)
    {
        using var ungraded = no_grad();
        pairs.ForEach(copy);
    }
}
