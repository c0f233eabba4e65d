using Luma.Neural;
using Luma.Neural.Layers;

namespace Luma.Zoo;

/// <summary>How many trainable numbers a network has.</summary>
/// <param name="Weights">All but the biases: weights of convolutions and dense layers, gamma and beta of norms.</param>
/// <param name="Biases">The biases of convolutions and dense layers.</param>
public sealed record ModelFigures(long Weights, long Biases)
{
    /// <summary>Weights and biases together.</summary>
    public long Parameters => Weights + Biases;

    /// <summary>Counts the numbers of a network; a parameter that is used twice counts once.</summary>
    /// <param name="network">The network.</param>
    /// <returns>The figures.</returns>
    public static ModelFigures Of(NeuralModule network)
    {
        ArgumentNullException.ThrowIfNull(network);
        var parameters = network.parameters().Where(parameter => parameter.requires_grad).Sum(parameter => parameter.NumberOfElements);
        var biases = network.modules().Distinct().Sum(module => module switch
        {
            Convolution { Bias: { requires_grad: true } bias } => bias.NumberOfElements,
            Dense { Bias: { requires_grad: true } bias } => bias.NumberOfElements,
            _ => 0,
        });
        return new(parameters - biases, biases);
    }
}
