using System.CommandLine;
using System.Globalization;
using Luma.Zoo.Weights;
using Spectre.Console;

namespace Luma.Zoo.Cli.Commands;

/// <summary><c>luma weights</c>: which weights have been published, and which of them are here.</summary>
internal static class WeightsCommand
{
    public static Command Create(Terminal terminal)
    {
        var id = new Argument<string?>("id") { Description = "Only those of this network.", Arity = ArgumentArity.ZeroOrOne };
        var json = Options.Json();

        var command = new Command("weights", "Show the published weights: accuracy, size, and whether they are on this machine.") { id, json };
        command.SetAction(parsed =>
        {
            var weights = Select(parsed.GetValue(id));
            if (parsed.GetValue(json)) terminal.WriteJson(weights, Json.Default.IReadOnlyListListedWeights);
            else Show(weights, terminal.Console);
        });
        return command;
    }

    private static List<ListedWeights> Select(string? id)
    {
        var hub = new Hub();
        var models = id is null ? ModelZoo.Models : [ModelZoo.Find(id).Variant];
        var weights = models.SelectMany(model => ModelZoo.Weights(model.Id)).Select(published => new ListedWeights(
            published.Model, published.Name, published.IsDefault, published.Parameters, published.FileSizeMegabytes, published.Metrics,
            published.IsCached(hub), published.Url?.ToString(), published.License, published.Paper, published.Recipe)).ToList();
        return weights.Count > 0 ? weights : throw new UserException($"Nobody has published weights for {id}");
    }

    private static void Show(IReadOnlyList<ListedWeights> weights, IAnsiConsole console)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns(
            new TableColumn("Id"), new TableColumn("Weights"), new TableColumn("Data"), new TableColumn("Acc@1").RightAligned(),
            new TableColumn("Acc@5").RightAligned(), new TableColumn("MB").RightAligned(), new TableColumn("Here"));
        foreach (var model in weights.GroupBy(entry => entry.Id))
        {
            foreach (var (place, entry) in model.Index())
            {
                var (data, metrics) = entry.Metrics.FirstOrDefault();
                table.AddRow(new[]
                {
                    place == 0 ? entry.Id : "", entry.Default ? $"{entry.Name} (default)" : entry.Name, data ?? "",
                    Percent(metrics, "acc@1"), Percent(metrics, "acc@5"), entry.SizeInMegabytes.ToString("N1", CultureInfo.InvariantCulture),
                    entry.Url is null ? "comes with luma" : entry.Cached ? "cached" : "",
                }.Select(Markup.Escape).ToArray());
            }
        }
        console.Write(table);
    }

    private static string Percent(IReadOnlyDictionary<string, double>? metrics, string name) =>
        metrics?.TryGetValue(name, out var value) == true ? value.ToString("0.000", CultureInfo.InvariantCulture) : "";
}
