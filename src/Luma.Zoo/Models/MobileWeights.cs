using Luma.Neural;
using Luma.Neural.Layers;

namespace Luma.Zoo.Models;

/// <summary>How torchvision draws the weights of the networks that are built of inverted residuals.</summary>
internal static class MobileWeights
{
    /// <summary>
    /// Draws all convolutions anew, by He et al., "Delving Deep into Rectifiers" (2015), section 2.2, with the number of outputs, and
    /// all dense layers as the network has them. Biases become 0; norms are fresh already.
    /// </summary>
    public static void Draw(NeuralModule network, Action<Dense> drawDense)
    {
        foreach (var module in network.modules())
        {
            if (module is Convolution convolution)
            {
                Initializers.KaimingNormal(convolution.Weight, Fan.Out);
                if (convolution.Bias is { } bias) Initializers.Constant(bias, 0);
            }
            if (module is Dense dense)
            {
                drawDense(dense);
                Initializers.Constant(dense.Bias!, 0);
            }
        }
    }
}
