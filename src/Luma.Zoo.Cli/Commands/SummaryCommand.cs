using System.CommandLine;
using Luma.Neural;
using Luma.Neural.Observation;

namespace Luma.Zoo.Cli.Commands;

/// <summary><c>luma summary</c>: what a network is made of, row by row.</summary>
internal static class SummaryCommand
{
    private const double Megabyte = 1e6;

    public static Command Create(Terminal terminal)
    {
        var (id, config, numClasses, heads, json) = (Options.Id(), Options.Config(), Options.NumClasses(), Options.AuxiliaryHeads(), Options.Json());
        var shape = Options.Shape("The shape of the input; by default one image of the network's own size.");
        var depth = new Option<int?>("--depth") { Description = "Fold what lies deeper than this; 0 is the network itself, and by default nothing is folded.", HelpName = "N" };
        depth.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int?>() < 0) result.AddError("--depth must not be negative");
        });

        var command = new Command("summary", "Show a network's layers with output shapes, parameters and multiply-adds.")
        {
            id, config, numClasses, heads, shape, depth, json,
        };
        command.SetAction(parsed =>
        {
            var (family, variant) = ModelZoo.Find(parsed.GetValue(id)!);
            var options = new ModelOptions
            {
                Config = parsed.GetValue(config),
                NumClasses = parsed.GetValue(numClasses),
                AuxiliaryHeads = parsed.GetValue(heads),
            };
            var sizes = (parsed.GetValue(shape) ?? Shape.OneImage(variant)).Sizes;

            var summary = Summarise(variant, options, sizes);
            var deepest = parsed.GetValue(depth);
            if (parsed.GetValue(json)) terminal.WriteJson(Report(family, variant, options.Config, summary, deepest ?? int.MaxValue), Json.Default.SummaryReport);
            else terminal.Out.WriteLine(summary.ToText(deepest));
        });
        return command;
    }

    private static NetworkSummary Summarise(ModelVariant variant, ModelOptions options, long[] sizes)
    {
        // Only sizes are wanted, so the weights need not be drawn.
        using var skip = Initializers.Skip();
        using var network = variant.Build(options);
        return Shape.Try(variant, sizes, () => network.Summary(sizes));
    }

    private static SummaryReport Report(ModelFamily family, ModelVariant variant, ModelConfig config, NetworkSummary summary, int depth) => new(
        variant.Id, family.Name, config.ToString().ToLowerInvariant(), summary.InputShape,
        summary.Parameters, summary.TrainableParameters, summary.NonTrainableParameters, summary.MultiplyAdds,
        summary.InputBytes / Megabyte, summary.ForwardBackwardBytes / Megabyte, summary.ParameterBytes / Megabyte, summary.TotalBytes / Megabyte,
        Fold(summary.Root, depth));

    // What a folded row hides counts in the row itself.
    private static SummaryRow Fold(SummaryRow row, int depth) => row.Depth < depth
        ? row with { Children = [.. row.Children.Select(child => Fold(child, depth))] }
        : row with { Children = [], OwnParameters = row.WithDescendants().Sum(hidden => hidden.OwnParameters) };
}
