using Luma.Neural;

namespace Luma.Zoo.Inference.Compilation;

/// <summary>A way to run networks faster than they run themselves.</summary>
public interface IInferenceEngine
{
    /// <summary>What it is called, in lower case.</summary>
    string Name { get; }

    /// <summary>Its name, release and settings: all of it that decides how fast it is.</summary>
    string Identity { get; }

    /// <summary>Makes a program of a network, of what it computes in evaluation mode.</summary>
    /// <param name="network">The network. Its mode stays as it is; it must live as long as images of new sizes come.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <returns>The program; dispose of it.</returns>
    /// <exception cref="InputShapeException">The network does not take images of the shape that the options name.</exception>
    /// <exception cref="NotSupportedException">The engine cannot run the network, or not in the type that the options name.</exception>
    IInferenceProgram Compile(NeuralModule network, CompileOptions? options = null);
}
