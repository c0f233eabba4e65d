using System.Globalization;
using System.Text;
using Luma.Neural.Observation;

namespace Luma.Zoo.Export.TorchScript;

/// <summary>Graphs as methods of TorchScript: a line for each operation.</summary>
internal static class GraphScript
{
    /// <summary>Writes the method <c>forward</c>.</summary>
    /// <param name="graph">The graph, in which no operation works in place.</param>
    /// <param name="access">How a constant is read.</param>
    /// <param name="expression">
    /// What a node computes, of expressions for its inputs; null is <see cref="OperationScript"/>.
    /// </param>
    /// <returns>The method, indented by two.</returns>
    public static string Forward(
        Graph graph, Func<GraphConstant, string> access, Func<GraphNode, IReadOnlyList<string>, string?>? expression = null)
    {
        var names = graph.Constants.ToDictionary(constant => constant.Value, access);
        names[Graph.Input] = "x";
        var code = new StringBuilder($"  def forward(self: {TorchScriptArchive.Type}, x: Tensor) -> Tensor:\n");
        foreach (var node in graph.Nodes)
        {
            string[] inputs = [.. node.Inputs.Select(input => input is { } value ? names[value] : "None")];
            names[node.Output] = $"v{node.Output}";
            code.Append(CultureInfo.InvariantCulture, $"    v{node.Output} = {expression?.Invoke(node, inputs) ?? OperationScript.Of(graph, node, inputs)}\n");
        }
        return code.Append(CultureInfo.InvariantCulture, $"    return {names[graph.Output]}\n").ToString();
    }
}
