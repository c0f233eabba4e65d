using System.CommandLine;
using System.Globalization;
using Luma.Neural.Layers;
using Luma.Neural.Native;
using Luma.Zoo.Inference.Compilation;
using Luma.Zoo.Training;
using Luma.Zoo.Training.Data;
using Luma.Zoo.Training.Reporting;
using Luma.Zoo.Weights;
using Spectre.Console;
using TorchSharp;

namespace Luma.Zoo.Cli.Commands;

/// <summary><c>luma evaluate</c>: how well a model knows labelled pictures.</summary>
internal static class EvaluateCommand
{
    private const int MostShown = 50;

    // Fewer are measured before a network is compiled.
    private const int FewPictures = 200;

    public static Command Create(Terminal terminal)
    {
        var input = new ClassifierInput();
        var data = DataOptions.Data();
        var (strict, workers) = (DataOptions.Strict(), DataOptions.Workers());
        var batch = Options.Number("--batch-size", "How many pictures go through the network at a time. 32 by default.", most: 1 << 20);
        var engine = new EngineOption($"there are more than {FewPictures} pictures");
        var (device, json) = (DeviceChoice.Option(), Options.Json());
        var command = new Command("evaluate", "Measure how well a model knows labelled pictures: accuracy, each class, confusion, calibration.") { input.Model, data, batch, strict, workers };
        input.AddTo(command);
        engine.AddTo(command);
        command.Options.Add(device);
        command.Options.Add(json);
        command.SetAction((parsed, cancellation) => Task.Run(
            async () =>
            {
                var model = input.Reference(parsed);
                engine.Check(parsed, parsed.GetValue(device));
                var options = input.Read(parsed);
                await ClassifierInput.FetchAsync(terminal, model, options, cancellation);
                NativeLibraries.EnsureLoaded();
                NativeHeap.KeepFreed();
                var parts = ModelZoo.TakeApart(model.Source, options);
                using var network = parts.Network;
                ClassifierInput.Say(terminal, model, parts.Report);
                if (parsed.GetValue(device)?.Find() is { } place) network.to(place);
                network.ToChannelsLast();

                using var pictures = Datasets.OpenForEvaluation(
                    WeightOptions.Path(parsed.GetValue(data)!), new DatasetOptions { Classes = parts.Labels, Task = parts.Task, FindDuplicates = false }, cancellation);
                var evaluator = new Evaluator(network, parts.Preset)
                {
                    Engine = engine.Compiles(parsed, pictures.Validation.Count > FewPictures) ? engine.Named(parsed) ?? Engine.OneDnn : null,
                    MayComputeAsItIs = engine.Named(parsed) is null,
                    Loading = new()
                    {
                        BatchSize = (int)(parsed.GetValue(batch) ?? 32),
                        Workers = (int?)parsed.GetValue(workers),
                        StopAtUnreadable = parsed.GetValue(strict),
                        Decoding = options.Decoding!,
                    },
                };
                var total = pictures.Validation.Count;
                if (ClassifierHead.CountClasses(network) is var classes && classes != pictures.Classes.Count)
                    throw new UserException($"{parsed.GetValue(data)}: it has {pictures.Classes.Count:N0} classes, and the network has {classes:N0}, whose names are not known");
                var evaluation = await terminal.ShowProgressAsync(
                    "measuring", progress => evaluator.RunAsync(pictures.Validation, new Immediate<int>(done => progress(done, total)), cancellation));

                if (parsed.GetValue(json)) terminal.WriteJson(EvaluationReport.Of(evaluation), Json.Default.EvaluationReport);
                else Write(terminal, evaluation);
                foreach (var error in evaluation.Unreadable.Take(parsed.GetValue(json) ? 0 : MostShown)) terminal.Error.WriteLine($"luma: left out: {error}");
                return evaluation.Unreadable.Count > 0 ? CommandLine.Failure : CommandLine.Success;
            },
            CancellationToken.None));
        return command;
    }

    private static void Write(Terminal terminal, Evaluation evaluation)
    {
        List<string> facts = [Say($"{evaluation.Count:N0} pictures")];
        if (evaluation.MeanAveragePrecision is { } precision) facts.Add(Say($"mean average precision {precision:P2}"));
        facts.Add(evaluation.MeanAveragePrecision is null ? Say($"top-1 {evaluation.Accuracy:P2}") : Say($"exactly right {evaluation.Accuracy:P2}"));
        if (evaluation.Top5Accuracy is { } top5) facts.Add(Say($"top-5 {top5:P2}"));
        facts.Add(Say($"loss {evaluation.Loss:F4}"));
        if (evaluation.CalibrationError is { } error) facts.Add(Say($"calibration error {error:F4}"));
        terminal.Out.WriteLine(string.Join(", ", facts));

        var seen = evaluation.Classes.Index().Where(entry => entry.Item.Count > 0).ToList();
        var table = new Table().Border(TableBorder.Simple).AddColumns("class", "pictures", "precision", "recall", "F1", "most often taken for");
        foreach (var (place, entry) in seen.Take(MostShown))
        {
            var other = ClassTable.MostOftenTakenFor(evaluation, place) is { } most ? Say($"{most.Name} ({most.Count:N0})") : "";
            table.AddRow(
                Markup.Escape(Shown.Name(entry.Name)), Say($"{entry.Count:N0}"), double.IsNaN(entry.Precision) ? "-" : Say($"{entry.Precision:P1}"), Say($"{entry.Recall:P1}"), Say($"{entry.F1:P1}"), Markup.Escape(Shown.Name(other)));
        }
        terminal.Console.Write(table);
        if (seen.Count > MostShown) terminal.Out.WriteLine(Say($"{seen.Count - MostShown:N0} more classes: --json shows all"));
    }

    private static string Say(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
