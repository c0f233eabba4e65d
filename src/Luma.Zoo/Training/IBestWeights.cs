using Luma.Neural;

namespace Luma.Zoo.Training;

/// <summary>Keeps the best weights that a network had in a training.</summary>
internal interface IBestWeights : IDisposable
{
    /// <summary>Keeps the network's weights.</summary>
    /// <param name="network">The network.</param>
    /// <param name="record">What it does with them.</param>
    void Keep(NeuralModule network, EpochRecord record);

    /// <summary>Puts the weights that were kept back into the network.</summary>
    void PutBack(NeuralModule network);
}
