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
        var (model, config, numClasses) = (Options.Model(), Options.Config(), Options.NumClasses());
        var (heads, shortcut) = (Options.AuxiliaryHeads(), Options.Shortcut());
        var shape = Options.Shape("The shape of the input; by default one image of the network's own size.");
        var passes = new Option<IReadOnlyList<GraphPass>>("--passes")
        {
            Description = $"Apply these passes first, in this order: {None} (the default), {All}, or names with commas between: {string.Join(", ", GraphPasses.All.Select(pass => $"{pass.Name} ({pass.Summary})"))}.",
            HelpName = $"{None}|{All}|NAME,...",
            DefaultValueFactory = _ => [],
            CustomParser = result => Parse(result.Tokens[0].Value, out var unknown) ?? Options.Report<IReadOnlyList<GraphPass>>(
                result, $"There is no pass '{unknown}': there are {string.Join(", ", GraphPasses.All.Select(pass => pass.Name))}"),
        };
        var format = new Option<string>("--format") { Description = "How to show it: as lines of text (the default), for Graphviz, as a picture, or for Markdown.", DefaultValueFactory = _ => "text" };
        format.AcceptOnlyFromAmong([.. Formats.Keys]);

        var command = new Command("graph", "Show what a network computes in evaluation mode, operation by operation, before or after the passes of compilation.")
        {
            model, config, numClasses, heads, shortcut, shape, passes, format,
        };
        command.SetAction(parsed =>
        {
            var reference = ModelReference.Parse(parsed.GetValue(model)!);
            var options = new ModelOptions
            {
                Config = parsed.GetValue(config),
                NumClasses = parsed.GetValue(numClasses),
                AuxiliaryHeads = parsed.GetValue(heads),
                Shortcut = parsed.GetValue(shortcut),
            };
            var sizes = (parsed.GetValue(shape) ?? Shape.OneImage(reference)).Sizes;

            using var scope = NewDisposeScope();
            using var network = reference.BuildForLooking(options);
            var graph = Shape.Try(reference.Variant, sizes, () => EvaluationGraph.Record(network, sizes[1..]));
            terminal.Out.Write(Formats[parsed.GetValue(format)!](graph.Apply(parsed.GetValue(passes)!)));
        });
        return command;
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
