using Luma.Neural;
using Luma.Zoo.Weights;

namespace Luma.Zoo.Training;

/// <summary>Keeps the best weights in a file.</summary>
internal sealed class BestInFile(string path) : IBestWeights
{
    public void Keep(NeuralModule network, EpochRecord record)
    {
        using var weights = StateDict.Of(network);
        weights.Save(path);
    }

    public void Check() => StateDict.Open(path).Dispose();

    public void PutBack(NeuralModule network)
    {
        using var weights = StateDict.Open(path);
        network.Load(weights);
    }

    public void Dispose()
    {
    }
}
