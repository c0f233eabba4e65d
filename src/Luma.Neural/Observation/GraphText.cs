using System.Globalization;
using System.Text;

namespace Luma.Neural.Observation;

/// <summary>Graphs as text, for people and for the programs that draw them.</summary>
public static class GraphText
{
    /// <summary>Writes a line for each operation: the number of its result, what it is, what it reads, the result's shape, and the module.</summary>
    /// <param name="graph">The graph.</param>
    /// <returns>The lines, and one with their number.</returns>
    public static string ToText(this Graph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        var labels = new GraphLabels(graph);
        var rows = graph.Nodes.Select(node => (
            Value: Number(node.Output), Label: labels.Of(node), Reads: string.Join(' ', labels.Sources(node).Select(Number)), Shape: labels.Shape(node.Output), node.Module)).ToList();
        rows.Insert(0, (Number(Graph.Input), "Input", "", labels.Shape(Graph.Input), ""));

        var (value, label, reads, shape) = (rows.Max(row => row.Value.Length), rows.Max(row => row.Label.Length), rows.Max(row => row.Reads.Length), rows.Max(row => row.Shape.Length));
        var text = new StringBuilder();
        foreach (var row in rows)
            text.Append($"{row.Value.PadLeft(value)}  {row.Label.PadRight(label)}  {row.Reads.PadRight(reads)}  {row.Shape.PadRight(shape)}  {row.Module}".TrimEnd()).Append('\n');
        return text.Append(CultureInfo.InvariantCulture, $"{graph.Nodes.Count} operations, {graph.Constants.Count} weights\n").ToString();
    }

    /// <summary>Writes a graph in the language of Graphviz: <c>dot -Tsvg</c> draws it.</summary>
    /// <param name="graph">The graph.</param>
    /// <returns>The text.</returns>
    public static string ToDot(this Graph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        var labels = new GraphLabels(graph);
        var text = new StringBuilder("digraph {\n  node [shape=box, style=rounded, fontname=\"Helvetica\"]\n  edge [fontname=\"Helvetica\", fontsize=10]\n  v0 [label=\"Input\"]\n");
        foreach (var node in graph.Nodes) text.Append(CultureInfo.InvariantCulture, $"  v{node.Output} [label=\"{labels.Of(node)}\\n{node.Module}\"]\n");
        foreach (var (from, to, shape) in Edges(graph, labels)) text.Append(CultureInfo.InvariantCulture, $"  v{from} -> {to} [label=\"{shape}\"]\n");
        return text.Append("  output [label=\"Output\"]\n}\n").ToString();
    }

    /// <summary>Writes a graph in the language of Mermaid, which Markdown shows on many sites.</summary>
    /// <param name="graph">The graph.</param>
    /// <returns>The text.</returns>
    public static string ToMermaid(this Graph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        var labels = new GraphLabels(graph);
        var text = new StringBuilder("flowchart TD\n  v0([Input])\n");
        foreach (var node in graph.Nodes) text.Append(CultureInfo.InvariantCulture, $"  v{node.Output}[\"{labels.Of(node)}<br/>{node.Module}\"]\n");
        text.Append("  output([Output])\n");
        foreach (var (from, to, shape) in Edges(graph, labels)) text.Append(CultureInfo.InvariantCulture, $"  v{from} -->|\"{shape}\"| {to}\n");
        return text.ToString();
    }

    /// <summary>What reads what: the values on the way from one operation to another, and to the output.</summary>
    internal static IEnumerable<(int From, string To, string Shape)> Edges(Graph graph, GraphLabels labels) =>
        graph.Nodes.SelectMany(node => labels.Sources(node).Select(source => (source, $"v{node.Output}", labels.Shape(source))))
            .Append((graph.Output, "output", labels.Shape(graph.Output)));

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
