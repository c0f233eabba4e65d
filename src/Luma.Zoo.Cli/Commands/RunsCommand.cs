using System.CommandLine;
using System.Globalization;
using Luma.Zoo.Files;
using Luma.Zoo.Training.Reporting;
using nietras.SeparatedValues;
using Spectre.Console;

namespace Luma.Zoo.Cli.Commands;

/// <summary><c>luma runs</c>: what has become of several runs, in one table.</summary>
internal static class RunsCommand
{
    private static readonly string[] Columns =
        ["folder", "model", "epochs", "epochs_planned", "best_epoch", "top1", "mean_average_precision", "loss", "learning_rate", "seed", "state"];

    public static Command Create(Terminal terminal)
    {
        var folders = new Argument<string[]>("folder")
        {
            Description = "The folders of runs, or folders that have runs anywhere below them.",
            Arity = ArgumentArity.OneOrMore,
        };
        var csv = new Option<bool>("--csv") { Description = "Print comma-separated values and nothing else." };
        var json = Options.Json();
        var command = new Command("runs", "Put runs of 'luma finetune' into one table, the best first. Their checkpoints and weights are not read.") { folders, csv, json };
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(csv) && parsed.GetValue(json)) throw new UsageException("the table is printed as CSV or as JSON: give --csv or --json");

            List<string> unreadable = [];
            var found = parsed.GetValue(folders)!.Select(WeightOptions.Path).SelectMany(folder => Find(folder, unreadable)).DistinctBy(Path.GetFullPath).Select(RunSummary.Read).ToList();
            List<RunSummary> runs = [.. found.OrderByDescending(run => run.Score is { } score && double.IsFinite(score) ? score : -1).ThenBy(run => run.Folder, StringComparer.Ordinal)];
            if (parsed.GetValue(json)) terminal.WriteJson([.. runs.Select(ListedRun.Of)], Json.Default.IReadOnlyListListedRun);
            else if (parsed.GetValue(csv)) WriteCsv(terminal.Out, runs);
            else Show(terminal.Console, runs);

            var damaged = runs.Where(run => run.Problem is not null).ToList();
            if (!parsed.GetValue(json)) damaged.ForEach(run => terminal.Error.WriteLine($"luma: {run.Folder}: {run.Problem}"));
            unreadable.ForEach(problem => terminal.Error.WriteLine($"luma: {problem}"));
            return damaged.Count + unreadable.Count > 0 ? CommandLine.Failure : CommandLine.Success;
        });
        return command;
    }

    private static IReadOnlyList<string> Find(string folder, List<string> unreadable)
    {
        if (!Directory.Exists(folder)) throw new UserException($"{folder}: there is no such folder");
        try
        {
            var runs = RunSummary.Find(folder, (inner, error) => unreadable.Add($"{inner}: {FileTrouble.WhileReading(error, inner)}"));
            return runs.Count > 0 || unreadable.Count > 0 ? runs : throw new UserException($"{folder}: there is no run in this folder, nor below it");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new UserException($"{folder}: {FileTrouble.WhileReading(error)}");
        }
    }

    private static void Show(IAnsiConsole console, IReadOnlyList<RunSummary> runs)
    {
        var hasPrecision = runs.Any(run => run.MeanAveragePrecision is not null);
        var hasAccuracy = runs.Any(run => run.MeanAveragePrecision is null && run.Accuracy is not null) || !hasPrecision;
        var table = new Table().Border(TableBorder.Simple).AddColumns("run", "model").AddColumns(
            [.. new[] { "epochs", "best", hasPrecision ? "mAP" : "", hasAccuracy ? "top-1" : "", "loss", "learning rate", "seed" }.Where(name => name.Length > 0).Select(name => new TableColumn(name).RightAligned())])
            .AddColumn("state");
        foreach (var run in runs)
        {
            List<string> cells = [run.Folder, run.Model ?? "-", Say($"{run.EpochsDone}/{run.EpochsPlanned?.ToString(CultureInfo.InvariantCulture) ?? "?"}"), Text(run.BestEpoch)];
            if (hasPrecision) cells.Add(Percent(run.MeanAveragePrecision));
            if (hasAccuracy) cells.Add(run.MeanAveragePrecision is null ? Percent(run.Accuracy) : "-");
            cells.AddRange([run.Loss is { } loss ? Say($"{loss:F4}") : "-", run.LearningRate is { } rate ? Say($"{rate}") : "-", Text(run.Seed), ListedRun.NameOf(run.State)]);
            table.AddRow([.. cells.Select(cell => Markup.Escape(Shown.Name(cell)))]);
        }
        console.Write(table);

        static string Text(int? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "-";
        static string Percent(double? share) => share is { } value ? Say($"{value:P2}") : "-";
    }

    private static void WriteCsv(TextWriter output, IReadOnlyList<RunSummary> runs)
    {
        output.NewLine = "\n";
        using var rows = Sep.New(',').Writer(options => options with { Escape = true }).To(output, leaveOpen: true);
        rows.Header.Add(Columns);
        foreach (var listed in runs.Select(ListedRun.Of))
        {
            object?[] cells =
                [listed.Folder, listed.Model, listed.Epochs, listed.EpochsPlanned, listed.BestEpoch, listed.Top1, listed.MeanAveragePrecision, listed.Loss, listed.LearningRate, listed.Seed, listed.State];
            using var row = rows.NewRow();
            for (var i = 0; i < cells.Length; i++) row[i].Set(Convert.ToString(cells[i], CultureInfo.InvariantCulture) ?? "");
        }
    }

    private static string Say(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
