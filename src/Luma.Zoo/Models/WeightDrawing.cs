using Luma.Neural;
using Luma.Neural.Layers;

namespace Luma.Zoo.Models;

/// <summary>Draws a network's weights anew once all its layers are there, as most papers and torchvision do.</summary>
internal static class WeightDrawing
{
    /// <summary>
    /// Draws convolutions and dense layers in the order in which they were registered. Each layer that is drawn gets biases of 0. Norms
    /// are fresh already, and a kind of layer that is not named stays as it was made.
    /// </summary>
    /// <param name="network">The network.</param>
    /// <param name="convolution">Draws a convolution's weight.</param>
    /// <param name="dense">Draws a dense layer's weight.</param>
    /// <param name="keepBiases">Whether biases stay as their layers drew them.</param>
    public static void Draw(
        NeuralModule network, Action<Convolution>? convolution = null, Action<Dense>? dense = null, bool keepBiases = false)
    {
        foreach (var module in network.modules())
        {
            if (module is Convolution foundConvolution) Apply(foundConvolution, convolution, foundConvolution.Bias);
            if (module is Dense foundDense) Apply(foundDense, dense, foundDense.Bias);
        }

        void Apply<TLayer>(TLayer layer, Action<TLayer>? draw, Tensor? bias)
        {
            if (draw is null) return;
            draw(layer);
            if (bias is not null && !keepBiases) Initializers.Constant(bias, 0);
        }
    }

    /// <summary>
    /// Draws a convolution's weight from a normal distribution by the number of its outputs: He et al., "Delving Deep into Rectifiers"
    /// (2015), section 2.2.
    /// </summary>
    /// <param name="convolution">The convolution.</param>
    public static void KaimingByOutputs(Convolution convolution) => Initializers.KaimingNormal(convolution.Weight, Fan.Out);
}
