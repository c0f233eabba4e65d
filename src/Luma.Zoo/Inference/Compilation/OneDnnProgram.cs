using Luma.Neural.Native;
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

    private OneDnnProgram(jit.ScriptModule<Tensor, Tensor> module, IReadOnlyList<GraphNode> nodes, IReadOnlyList<string> constants) =>
        (this.module, this.nodes, this.constants) = (module, nodes, constants);

    /// <summary>Compiles a graph to which the passes have been applied.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="scope">Has what the passes have made, and is disposed of as soon as that is not needed any more: the weights would be there twice.</param>
    /// <param name="type">The type to compute in.</param>
    /// <param name="batch">For how many images the weights are arranged.</param>
    public static OneDnnProgram Compile(Graph graph, DisposeScope scope, ScalarType type, long batch)
    {
        string[] constants = [.. graph.Constants.Select(Describe)];
        var module = ScratchFile.Pass(
            stream =>
            {
                new OneDnnScript(graph, type, batch).Write(stream);
                scope.Dispose();
                NativeHeap.GiveBack();
            },
            path => jit.load<Tensor, Tensor>(path));
        module.eval();
        using (inference_mode()) module.invoke(OneDnnScript.Prepack);
        // What is freed on the way is each time as large as the weights, and would be kept.
        NativeHeap.GiveBack();
        return new(module, graph.Nodes, constants);
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
