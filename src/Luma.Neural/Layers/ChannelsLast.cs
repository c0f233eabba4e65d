namespace Luma.Neural.Layers;

/// <summary>The order in memory in which processors convolve fastest: all channels of a pixel side by side.</summary>
public static class ChannelsLast
{
    /// <summary>
    /// Lays the filters of all convolutions over images out with the channels last, so that everything from the first convolution on
    /// is computed in that order. Shapes, names and values stay as they are; outputs differ by rounding at most.
    /// </summary>
    /// <typeparam name="T">The module's type.</typeparam>
    /// <param name="module">The module, which is changed and returned.</param>
    /// <returns>The module.</returns>
    /// <remarks>
    /// PyTorch's <c>module.to(memory_format=torch.channels_last)</c>. Inputs need no turning: the first convolution does that. Not while
    /// another thread uses the module.
    /// </remarks>
    public static T ToChannelsLast<T>(this T module) where T : NeuralModule
    {
        ArgumentNullException.ThrowIfNull(module);
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        foreach (var layer in module.modules())
        {
            if (layer is not Convolution { Rank: 2 } convolution) continue;

            // TorchSharp has no memory formats, but strides say the same.
            var filters = convolution.Weight;
            filters.set_(filters.detach().permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2));
        }
        return module;
    }
}
