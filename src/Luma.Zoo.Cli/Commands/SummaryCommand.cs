using System.CommandLine;
using Luma.Neural.Observation;

namespace Luma.Zoo.Cli.Commands;

/// <summary><c>luma summary</c>: what a network is made of, row by row.</summary>
internal static class SummaryCommand
{
    private const double Megabyte = 1e6;

    public static Command Create(Terminal terminal)
    {
        var (model, chosen, json) = (Options.Model(), new NetworkOptions(), Options.Json());
        var shape = Options.Shape("The shape of the input; by default one image of the network's own size.");
        var depth = Options.Number("--depth", "Hide what lies deeper than this; 0 shows the network itself only. By default nothing is hidden.", least: 0);

        var command = new Command("summary", "Show a network's layers with their output shapes, parameters and multiply-adds.")
        {
            model,
        };
        chosen.AddTo(command);
        foreach (var option in (Option[])[shape, depth, json]) command.Options.Add(option);
        command.SetAction(parsed =>
        {
            var reference = ModelReference.Parse(parsed.GetValue(model)!);
            var options = chosen.Read(parsed);
            var sizes = (parsed.GetValue(shape) ?? Shape.OneImage(reference)).Sizes;

            var summary = Summarise(reference, options, sizes);
            var deepest = (int?)parsed.GetValue(depth);
            if (parsed.GetValue(json)) terminal.WriteJson(Report(reference, options.Config, summary, deepest ?? int.MaxValue), Json.Default.SummaryReport);
            else terminal.Out.WriteLine(summary.ToText(deepest));
        });
        return command;
    }

    private static NetworkSummary Summarise(ModelReference model, ModelOptions options, long[] sizes)
    {
        using var network = model.BuildForLooking(options);
        return Shape.Try(model.Variant, sizes, () => network.Summary(sizes));
    }

    private static SummaryReport Report(ModelReference model, ModelConfig config, NetworkSummary summary, int depth) => new(
        model.Variant.Id, model.Family.Name, config.ToString().ToLowerInvariant(), summary.InputShape,
        summary.Parameters, summary.TrainableParameters, summary.NonTrainableParameters, summary.MultiplyAdds,
        summary.InputBytes / Megabyte, summary.ForwardBackwardBytes / Megabyte, summary.ParameterBytes / Megabyte, summary.TotalBytes / Megabyte,
        Fold(summary.Root, depth));

    // What a folded row hides counts in the row itself.
    private static SummaryRow Fold(SummaryRow row, int depth) => row.Depth < depth
        ? row with { Children = [.. row.Children.Select(child => Fold(child, depth))] }
        : row with { Children = [], OwnParameters = row.WithDescendants().Sum(hidden => hidden.OwnParameters) };
}
