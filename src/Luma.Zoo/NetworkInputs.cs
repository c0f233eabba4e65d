using Luma.Neural;

namespace Luma.Zoo;

/// <summary>What a network takes.</summary>
internal static class NetworkInputs
{
    /// <summary>The type of a network's inputs: that of its weights.</summary>
    public static ScalarType TypeOfInputs(this NeuralModule network) =>
        network.parameters().FirstOrDefault(parameter => parameter.is_floating_point())?.dtype ?? ScalarType.Float32;
}
