using Luma.Neural;
using Luma.Zoo.Weights;

namespace Luma.Zoo.Training;

/// <summary>Keeps the best weights that a network had in a training.</summary>
internal interface IBestWeights : IDisposable
{
    /// <summary>Keeps the network's weights.</summary>
    /// <param name="network">The network.</param>
    /// <param name="record">What it does with them.</param>
    void Keep(NeuralModule network, EpochRecord record);

    /// <summary>Reads the weights that were kept by an earlier process, if only to see that they are there.</summary>
    /// <exception cref="ModelFolderException">They are not, or what is said of them is damaged.</exception>
    /// <exception cref="WeightFileException">They are damaged.</exception>
    void Check();

    /// <summary>Puts the weights that were kept back into the network.</summary>
    void PutBack(NeuralModule network);
}
