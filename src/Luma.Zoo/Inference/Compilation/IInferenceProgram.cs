using Luma.Neural;

namespace Luma.Zoo.Inference.Compilation;

/// <summary>A network as an <see cref="IInferenceEngine"/> runs it. Any number of threads may use it at a time.</summary>
public interface IInferenceProgram : IDisposable
{
    /// <summary>The type that is computed in.</summary>
    ScalarType Type { get; }

    /// <summary>Computes what the network would in evaluation mode.</summary>
    /// <param name="input">Any number of images, <c>(N, C, H, W)</c>, of any floating-point type.</param>
    /// <returns>The output, as float32 on the CPU.</returns>
    /// <exception cref="InputShapeException">The network does not take images of this shape.</exception>
    /// <exception cref="InvalidOperationException">The size is new and the network has been disposed of.</exception>
    /// <exception cref="ObjectDisposedException">The program has been disposed of.</exception>
    Tensor Run(Tensor input);

    /// <summary>Gets ready for images of a size, where that has not been done: the first of them need not wait then.</summary>
    /// <param name="imageShape">The shape of an image: <c>(C, H, W)</c>.</param>
    /// <param name="batch">How many images will come at a time.</param>
    /// <exception cref="InputShapeException">The network does not take images of this shape.</exception>
    /// <exception cref="InvalidOperationException">The size is new and the network has been disposed of.</exception>
    /// <exception cref="ObjectDisposedException">The program has been disposed of.</exception>
    void CompileFor(IReadOnlyList<long> imageShape, long batch = 1);
}
