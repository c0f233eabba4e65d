using Luma.Neural;

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
        using (Observation.Begin(trace)) network.call(zeros([1, .. image]));
        return trace;
    }

    public void Entered(Block block, Tensor input)
    {
    }

    public void Left(Block block, Tensor input, Tensor output) => Blocks.Add((block, Shape(output)));

    public void Ran(Layer layer, Tensor input, Tensor output) =>
        Layers.Add((layer.GetType().Name, Shape(output), layer.parameters().Sum(parameter => parameter.NumberOfElements)));

    public void Ran(Operation operation, IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> outputs)
    {
    }

    private static string Shape(Tensor tensor) => $"[{string.Join(", ", tensor.shape)}]";
}
