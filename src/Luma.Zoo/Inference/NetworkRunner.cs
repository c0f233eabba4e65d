using Luma.Neural;
using Luma.Zoo.Images;
using Luma.Zoo.Inference.Compilation;

namespace Luma.Zoo.Inference;

/// <summary>Computes what a classifier's network does, by its compiled form where there is one. Any number of threads may use it at a time.</summary>
/// <param name="network">The network, which is on the CPU and in evaluation mode, and does not change.</param>
/// <param name="preset">What makes an image into its input.</param>
/// <param name="when">When it is compiled.</param>
internal sealed class NetworkRunner(NeuralModule network, ImagePreset preset, ClassifierCompilation when) : IDisposable
{
    // Fewer images are done before a network is compiled.
    private const int ImagesBefore = 32;

    private readonly Lazy<Task<CompiledNetwork?>> compiled = new(() => Task.Run(() => Compile(network, preset)));
    private int images;

    /// <summary>Begins to compile it, where that is to be done at once.</summary>
    public void Prepare()
    {
        if (when == ClassifierCompilation.Ahead) _ = compiled.Value;
    }

    /// <summary>Computes the output; null where that is left to the network.</summary>
    /// <param name="input"><c>(N, C, H, W)</c></param>
    public Tensor? TryRun(Tensor input) => Find((int)input.size(0))?.Run(input);

    /// <summary>Waits for the compiling, and frees what came of it.</summary>
    public void Dispose()
    {
        if (compiled.IsValueCreated) compiled.Value.GetAwaiter().GetResult()?.Dispose();
    }

    private CompiledNetwork? Find(int count)
    {
        if (when == ClassifierCompilation.Ahead) return compiled.Value.GetAwaiter().GetResult();
        if (!compiled.IsValueCreated && Interlocked.Add(ref images, count) <= ImagesBefore) return null;
        return compiled.Value is { IsCompletedSuccessfully: true } done ? done.Result : null;
    }

    // A network that cannot be compiled works all the same: what somebody else wrote may compute what cannot be recorded, and memory may be short.
    private static CompiledNetwork? Compile(NeuralModule network, ImagePreset preset)
    {
        try
        {
            return network.Compile(new() { ImageShape = preset.GetInputShape() });
        }
        catch (Exception error) when (error is InvalidOperationException or ArgumentException or NotSupportedException or IOException or UnauthorizedAccessException or InsufficientMemoryException)
        {
            return null;
        }
    }
}
