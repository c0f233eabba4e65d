using Luma.Neural;

namespace Luma.Zoo.Inference.Compilation;

/// <summary>Compiles networks.</summary>
public static class NetworkCompilation
{
    /// <summary>
    /// Makes of a network's evaluation mode a form that runs faster: batch normalisation goes into weights, activations and additions into the
    /// products before them, and oneDNN computes those with weights in its own order, channels last throughout.
    /// </summary>
    /// <param name="network">The network, on the CPU. Its mode stays as it is.</param>
    /// <param name="options">How; null for float32, compiled by the first call.</param>
    /// <returns>The compiled network. Later changes of the network's weights do not reach what is compiled already.</returns>
    /// <exception cref="ArgumentException">An option makes no sense.</exception>
    /// <exception cref="InputShapeException">The network does not take images of the shape that the options name.</exception>
    /// <exception cref="NotSupportedException">The network is not on the CPU, or the processor cannot compute in the type.</exception>
    public static CompiledNetwork Compile(this NeuralModule network, CompileOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(network);
        options ??= new CompileOptions();
        options.Validate();
        if (network.parameters().Any(parameter => parameter.device_type != DeviceType.CPU))
            throw new NotSupportedException("Networks are compiled for the CPU: move the network there.");

        OneDnnTypes.Require(options.Type);

        var compiled = new CompiledNetwork(network, options.Type);
        if (options.ImageShape is null) return compiled;
        try
        {
            compiled.CompileFor(options.ImageShape, options.Batch);
            return compiled;
        }
        catch
        {
            compiled.Dispose();
            throw;
        }
    }
}
