using System.CommandLine;
using Luma.Neural.Observation;
using Luma.Neural.Passes;
using Luma.Zoo.Export;
using static TorchSharp.torch;

namespace Luma.Zoo.Cli.Commands;

/// <summary><c>luma graph</c>: what a network computes, operation by operation, as it is or as compilation makes it.</summary>
internal static class GraphCommand
{
    private const string None = "none", All = "all";

    private static readonly Dictionary<string, Func<Graph, string>> Formats = new()
    {
        ["text"] = GraphText.ToText,
        ["dot"] = GraphText.ToDot,
        ["svg"] = GraphDrawing.ToSvg,
        ["mermaid"] = GraphText.ToMermaid,
    };

    public static Command Create(Terminal terminal)
    {
        var (model, chosen, json) = (Options.Model(), new NetworkOptions(), Options.Json());
        var shape = Options.Shape("The shape of the input; by default one image of the network's own size.");
        var passes = new Option<IReadOnlyList<GraphPass>>("--passes")
        {
            Description = $"Apply passes of compilation first: {None} (the default), {All}, or their names with commas between; a wrong name is answered with the list.",
            HelpName = $"{None}|{All}|NAME,NAME",
            DefaultValueFactory = _ => [],
            CustomParser = result => Parse(result.Tokens[0].Value, out var unknown) ?? Options.Report<IReadOnlyList<GraphPass>>(
                result, $"There is no pass '{unknown}': there are {string.Join(", ", GraphPasses.All.Select(pass => pass.Name))}"),
        };
        var format = new Option<string>("--format") { Description = "How to show it: as lines of text (the default), for Graphviz, as a picture, or for Markdown.", HelpName = string.Join('|', Formats.Keys), DefaultValueFactory = _ => "text" };
        format.AcceptOnlyFromAmong([.. Formats.Keys]);

        var command = new Command("graph", "Show what a network computes in evaluation mode, operation by operation, before or after the passes of compilation.")
        {
            model,
        };
        chosen.AddTo(command);
        foreach (var option in (Option[])[shape, passes, format, json]) command.Options.Add(option);
        command.SetAction(parsed =>
        {
            var reference = ModelReference.Parse(parsed.GetValue(model)!);
            var options = chosen.Read(parsed);
            var sizes = (parsed.GetValue(shape) ?? Shape.OneImage(reference)).Sizes;

            using var scope = NewDisposeScope();
            using var network = reference.BuildForLooking(options);
            var graph = Shape.Try(reference.Variant, sizes, () => EvaluationGraph.Record(network, sizes[1..]));
            graph = graph.Apply(parsed.GetValue(passes)!);
            if (parsed.GetValue(json)) terminal.WriteJson(Report(reference.Variant.Id, graph), Json.Default.GraphReport);
            else terminal.Out.Write(Formats[parsed.GetValue(format)!](graph));
        });
        return command;
    }

    private static GraphReport Report(string id, Graph graph)
    {
        var labels = new GraphLabels(graph);
        return new(
            id, graph.ShapeOf(Graph.Input), graph.Output,
            [.. graph.Nodes.Select(node => new ListedOperation(node.Output, labels.Of(node), node.Inputs, graph.ShapeOf(node.Output), node.Module))],
            [.. graph.Constants.Select(constant => new ListedConstant(constant.Value, constant.Name, graph.ShapeOf(constant.Value)))]);
    }

    private static IReadOnlyList<GraphPass>? Parse(string text, out string? unknown)
    {
        unknown = null;
        if (text == None) return [];
        if (text == All) return GraphPasses.All;

        var passes = new List<GraphPass>();
        foreach (var name in text.Split(','))
        {
            if (GraphPasses.All.FirstOrDefault(pass => pass.Name == name) is not { } pass)
            {
                unknown = name;
                return null;
            }
            passes.Add(pass);
        }
        return passes;
    }
}
