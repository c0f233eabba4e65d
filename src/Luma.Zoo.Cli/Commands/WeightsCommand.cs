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
        var model = new Argument<string?>("model") { Description = "Show only the weights of this network, or only these weights.", Arity = ArgumentArity.ZeroOrOne };
        var json = Options.Json();

        var command = new Command("weights", "Show the published weights: accuracy, size, licence, and whether they are on this machine.") { model, json };
        command.SetAction(parsed =>
        {
            var weights = Select(parsed.GetValue(model));
            if (parsed.GetValue(json)) terminal.WriteJson(weights, Json.Default.IReadOnlyListListedWeights);
            else Show(weights, terminal.Console);
        });
        return command;
    }

    private static List<ListedWeights> Select(string? model)
    {
        var hub = new Hub();
        return [.. Named(model).Select(published => new ListedWeights(
            published.Model, published.Name, published.IsDefault, published.Parameters, published.FileSizeMegabytes, published.Metrics,
            published.IsCached(hub), published.Url?.ToString(), published.License, published.LicenseUrl?.ToString(),
            published.LicenseNote, published.IsNonCommercial, published.Paper, published.Recipe))];
    }

    private static IEnumerable<PublishedWeights> Named(string? model)
    {
        if (model is null) return ModelZoo.Models.SelectMany(variant => ModelZoo.Weights(variant.Id));

        var reference = ModelReference.Parse(model);
        var published = reference.FindPublished();
        return reference.Weights is null ? ModelZoo.Weights(reference.Variant.Id) : [published];
    }

    private static void Show(IReadOnlyList<ListedWeights> weights, IAnsiConsole console)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns(
            new TableColumn("Id"), new TableColumn("Weights"), new TableColumn("Data"), new TableColumn("Acc@1").RightAligned(),
            new TableColumn("Acc@5").RightAligned(), new TableColumn("MiB").RightAligned(), new TableColumn("Licence"), new TableColumn("Cached"));
        foreach (var model in weights.GroupBy(entry => entry.Id))
        {
            foreach (var (place, entry) in model.Index())
            {
                var (data, metrics) = entry.Metrics.FirstOrDefault();
                table.AddRow(new[]
                {
                    place == 0 ? entry.Id : "", entry.Default ? $"{entry.Name} (default)" : entry.Name, data ?? "",
                    Percent(metrics, "acc@1"), Percent(metrics, "acc@5"), entry.SizeInMegabytes.ToString("N1", CultureInfo.InvariantCulture), entry.License,
                    entry.Url is null ? "comes with luma" : entry.Cached ? "cached" : "",
                }.Select(Markup.Escape).ToArray());
            }
        }
        console.Write(table);
        foreach (var license in weights.Where(entry => entry.NonCommercial).DistinctBy(entry => entry.License))
            console.WriteLine($"{license.License}: not for commercial use, see {license.LicenseUrl}");
        foreach (var note in weights.GroupBy(entry => entry.LicenseNote).Where(group => group.Key is not null))
            console.WriteLine($"{note.First().Id}{(note.Select(entry => entry.Id).Distinct().Count() > 1 ? " and others" : "")}: {note.Key}");
    }

    private static string Percent(IReadOnlyDictionary<string, double>? metrics, string name) =>
        metrics?.TryGetValue(name, out var value) == true ? value.ToString("0.000", CultureInfo.InvariantCulture) : "";
}
