using Luma.Neural;
using Luma.Zoo.Inference.Compilation;

namespace Luma.Zoo.Tests.Inference;

/// <summary>An engine that has the same answer for every image.</summary>
/// <param name="Classes">How many classes there are.</param>
/// <param name="Answer">The class that it answers.</param>
internal sealed record FixedEngine(int Classes, int Answer) : IInferenceEngine
{
    public string Name => "fixed";

    public string Identity => Name;

    public IInferenceProgram Compile(NeuralModule network, CompileOptions? options = null) => new Program(this);

    private sealed class Program(FixedEngine engine) : IInferenceProgram
    {
        public ScalarType Type => ScalarType.Float32;

        public Tensor Run(Tensor input)
        {
            var output = zeros(input.size(0), engine.Classes);
            output.select(1, engine.Answer).fill_(1);
            return output;
        }

        public void CompileFor(IReadOnlyList<long> imageShape, long batch = 1)
        {
        }

        public void Dispose()
        {
        }
    }
}
