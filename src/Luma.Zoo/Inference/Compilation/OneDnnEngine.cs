using Luma.Neural;
using Luma.Neural.Native;

namespace Luma.Zoo.Inference.Compilation;

/// <summary>oneDNN through libtorch.</summary>
internal sealed record OneDnnEngine : IInferenceEngine
{
    public string Name => "onednn";

    public string Identity
    {
        get
        {
            NativeLibraries.EnsureLoaded();
            return $"{Name}, libtorch {__version__}";
        }
    }

    public IInferenceProgram Compile(NeuralModule network, CompileOptions? options = null) => NetworkCompilation.Compile(network, options);
}
