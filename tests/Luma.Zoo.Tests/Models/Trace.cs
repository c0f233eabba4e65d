using Luma.Neural;
using Luma.Neural.Observation;

namespace Luma.Zoo.Tests.Models;

/// <summary>What ran in a forward pass, in its order.</summary>
internal sealed class Trace : IForwardObserver
{
    /// <summary>The layers: kind, output shape, and parameters of their own.</summary>
    public List<(string Kind, string Shape, long Parameters)> Layers { get; } = [];

    /// <summary>The blocks in the order in which they ended.</summary>
    public List<(Block Block, string Shape)> Blocks { get; } = [];

    /// <summary>Runs a network whose weights do not matter on one image.</summary>
    public static Trace Of(Func<Block> build, params long[] image)
    {
        using var scope = NewDisposeScope();
        using var skip = Initializers.Skip();
        using var network = build();
        network.eval();
        using var inference = inference_mode();
        var trace = new Trace();
        using (ForwardPass.Observe(trace)) network.call(zeros([1, .. image]));
        return trace;
    }

    public void Left(NeuralModule module, Tensor input, Tensor output)
    {
        if (module is Block block) Blocks.Add((block, Shape(output)));
        else Layers.Add((module.GetType().Name, Shape(output), module.parameters().Sum(parameter => parameter.NumberOfElements)));
    }

    private static string Shape(Tensor tensor) => $"[{string.Join(", ", tensor.shape)}]";
}
