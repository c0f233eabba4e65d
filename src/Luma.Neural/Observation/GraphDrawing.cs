using System.Globalization;
using System.Text;

namespace Luma.Neural.Observation;

/// <summary>
/// Draws graphs: a row for each operation in the order in which they run, with a column for each value that is kept for later, as in the
/// history of a repository. Long networks stay readable that way, and no line crosses a box.
/// </summary>
public static class GraphDrawing
{
    private const int RowHeight = 44, BoxHeight = 30, BoxWidth = 330, LaneWidth = 26, Margin = 20, ShapeWidth = 170;

    /// <summary>Draws a graph as a picture in SVG.</summary>
    /// <param name="graph">The graph.</param>
    /// <returns>The picture.</returns>
    public static string ToSvg(this Graph graph)
    {
        ArgumentNullException.ThrowIfNull(graph);
        var labels = new GraphLabels(graph);
        var rows = new Dictionary<int, int> { [Graph.Input] = 0 };
        foreach (var (place, node) in graph.Nodes.Index()) rows[node.Output] = place + 1;
        var last = graph.Nodes.Count + 1;

        var edges = graph.Nodes.SelectMany(node => labels.Sources(node).Select(source => (From: rows[source], To: rows[node.Output])))
            .Append((From: rows.GetValueOrDefault(graph.Output), To: last)).Distinct().ToList();
        var lanes = Lanes(edges.Where(edge => edge.To > edge.From + 1));
        var boxes = Margin + (LaneWidth * lanes.Values.DefaultIfEmpty(0).Max());
        var (width, height) = (boxes + BoxWidth + ShapeWidth + Margin, ((last + 1) * RowHeight) + (2 * Margin));

        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" font-family=\"Helvetica, Arial, sans-serif\" font-size=\"13\">\n");
        svg.Append("<style>rect{fill:#f4f7fb;stroke:#5b7aa5} .end rect{fill:#e7efe4;stroke:#6b8f5e} path{fill:none;stroke:#888} .note{fill:#666;font-size:11px}</style>\n");
        foreach (var edge in edges) Line(svg, edge, lanes.GetValueOrDefault(edge), boxes);
        Box(svg, boxes, 0, "Input", "", labels.Shape(Graph.Input), "end");
        foreach (var (place, node) in graph.Nodes.Index()) Box(svg, boxes, place + 1, labels.Of(node), node.Module, labels.Shape(node.Output), "operation");
        Box(svg, boxes, last, "Output", "", "", "end");
        return svg.Append("</svg>\n").ToString();
    }

    // Each edge that passes rows gets the innermost lane in which no other one runs beside it; shorter ones lie further in.
    private static Dictionary<(int From, int To), int> Lanes(IEnumerable<(int From, int To)> edges)
    {
        var lanes = new Dictionary<(int From, int To), int>();
        foreach (var edge in edges.OrderBy(edge => edge.To - edge.From))
        {
            var taken = lanes.Where(other => other.Key.From < edge.To && edge.From < other.Key.To).Select(other => other.Value).ToHashSet();
            lanes.Add(edge, Enumerable.Range(1, lanes.Count + 1).First(lane => !taken.Contains(lane)));
        }
        return lanes;
    }

    private static void Line(StringBuilder svg, (int From, int To) edge, int lane, int boxes)
    {
        var (top, bottom) = (Middle(edge.From) + (BoxHeight / 2), Middle(edge.To) - (BoxHeight / 2));
        if (lane == 0)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<path d=\"M{boxes + (BoxWidth / 2)} {top}V{bottom}\"/>\n");
            return;
        }
        var x = boxes - (lane * LaneWidth) + (LaneWidth / 2);
        svg.Append(CultureInfo.InvariantCulture, $"<path d=\"M{boxes} {Middle(edge.From)}H{x + 8}q-8 0 -8 8V{Middle(edge.To) - 8}q0 8 8 8H{boxes}\"/>\n");
    }

    private static void Box(StringBuilder svg, int x, int row, string label, string module, string shape, string kind)
    {
        var y = Middle(row);
        svg.Append(CultureInfo.InvariantCulture, $"<g class=\"{kind}\"><rect x=\"{x}\" y=\"{y - (BoxHeight / 2)}\" width=\"{BoxWidth}\" height=\"{BoxHeight}\" rx=\"6\"/>");
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{x + 10}\" y=\"{y + (module.Length > 0 ? -2 : 4)}\">{label}</text>");
        if (module.Length > 0) svg.Append(CultureInfo.InvariantCulture, $"<text class=\"note\" x=\"{x + 10}\" y=\"{y + 11}\">{module}</text>");
        svg.Append(CultureInfo.InvariantCulture, $"<text class=\"note\" x=\"{x + BoxWidth + 10}\" y=\"{y + 4}\">{shape}</text></g>\n");
    }

    private static int Middle(int row) => Margin + (row * RowHeight) + (RowHeight / 2);
}
