namespace Luma.Zoo.Inference.Compilation;

/// <summary>The engines that run networks. The package Luma.Zoo.OnnxRuntime has another.</summary>
public static class Engine
{
    /// <summary>oneDNN through libtorch: what <see cref="NetworkCompilation.Compile"/> does.</summary>
    public static IInferenceEngine OneDnn { get; } = new OneDnnEngine();

    /// <summary>Takes for each network, image shape and batch what is fastest on this machine of some engines, and remembers it.</summary>
    /// <param name="engines">The engines, such as <c>Engine.OneDnn, new OnnxRuntimeEngine()</c>.</param>
    /// <returns>The engine.</returns>
    /// <exception cref="ArgumentException">There is no engine.</exception>
    public static AutoEngine Auto(params IReadOnlyList<IInferenceEngine> engines) => new() { Engines = engines };
}
