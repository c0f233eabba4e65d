using Luma.Neural.Observation;
using Luma.Zoo.Files;

namespace Luma.Zoo.Inference.Compilation;

/// <summary>
/// A graph that libtorch runs by itself, by the operators of oneDNN that it has for its own compiler. TorchSharp does not bind them, but
/// an archive of TorchScript can name them: one is written, loaded and thrown away.
/// </summary>
internal sealed class OneDnnProgram : IDisposable
{
    private readonly jit.ScriptModule<Tensor, Tensor> module;
    private readonly IReadOnlyList<GraphNode> nodes;
    private readonly IReadOnlyList<string> constants;

    private OneDnnProgram(jit.ScriptModule<Tensor, Tensor> module, Graph graph) =>
        (this.module, nodes, constants) = (module, graph.Nodes, [.. graph.Constants.Select(Describe)]);

    /// <summary>Compiles a graph to which the passes have been applied.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="type">The type to compute in.</param>
    /// <param name="batch">For how many images the weights are arranged.</param>
    public static OneDnnProgram Compile(Graph graph, ScalarType type, long batch)
    {
        var module = ScratchFile.Pass(stream => new OneDnnScript(graph, type, batch).Write(stream), path => jit.load<Tensor, Tensor>(path));
        module.eval();
        using (inference_mode()) module.invoke(OneDnnScript.Prepack);
        return new(module, graph);
    }

    /// <summary>Whether it computes what a graph does, which was recorded of the same network with another size.</summary>
    public bool Computes(Graph graph) =>
        nodes.SequenceEqual(graph.Nodes, GraphNode.Computation) && constants.SequenceEqual(graph.Constants.Select(Describe));

    public Tensor Run(Tensor input) => module.call(input);

    public void Dispose()
    {
        module.invoke(OneDnnScript.Release);
        module.Dispose();
    }

    // What was computed of weights alone is named after the place where, and can differ in size.
    private static string Describe(GraphConstant constant) => $"{constant.Value} {constant.Name} {string.Join('x', constant.Tensor.shape)}";
}
