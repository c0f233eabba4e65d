using System.Globalization;
using System.Text.Json;
using Luma.Zoo.Tests.Cli;
using Luma.Zoo.Training;
using Luma.Zoo.Training.Reporting;
using Microsoft.Extensions.Logging;
using nietras.SeparatedValues;

namespace Luma.Zoo.Tests.Training.Reporting;

/// <summary>What is in a run's folder when the run is done.</summary>
public sealed class RunReportTests : IDisposable
{
    private static readonly string[] Drawings = ["confusion.png", "curves.png", "mistakes.png"];

    private readonly PictureFolder pictures = new();
    private readonly Warnings warnings = new();

    public void Dispose() => pictures.Dispose();

    private Task<FineTuneResult> TrainAsync(string data, string output, bool resume = false, int epochs = 2, CancellationToken cancellation = default) => FineTuner.RunAsync(
        new()
        {
            Model = "lenet_5:none",
            Data = data,
            Output = pictures.Output(output),
            ChangeRecipe = recipe => recipe with { Epochs = epochs, BatchSize = 4, Seed = 5 },
            Dataset = new() { ValidationFraction = 0.34 },
            Resume = resume,
        },
        logger: warnings, cancellationToken: cancellation);

    [Fact]
    public async Task A_run_has_drawings_tables_events_and_a_card_that_say_the_same()
    {
        var result = await TrainAsync(pictures.Data, "run");
        var evaluation = result.Evaluation!;

        Assert.Empty(warnings.Messages);
        Assert.Superset(
            new HashSet<string>([.. Drawings, "README.md", "classes.csv", "evaluation.json", "log.csv", "model.json", "model.safetensors", "recipe.json", "tensorboard"]),
            Directory.EnumerateFileSystemEntries(result.Folder).Select(path => Path.GetFileName(path)).ToHashSet());
        Assert.All(Drawings, name =>
        {
            using var drawn = new Drawn(Path.Combine(result.Folder, name));
            Assert.InRange(drawn.CountInk(0, 0, drawn.Size.Width, drawn.Size.Height), 100, int.MaxValue);
        });

        var classes = File.ReadAllLines(Path.Combine(result.Folder, "classes.csv"));
        Assert.Equal(PictureFolder.Classes.Count + 1, classes.Length);
        foreach (var (place, entry) in evaluation.Classes.Index())
        {
            Assert.StartsWith(
                FormattableString.Invariant($"{(entry.Name.Contains(',', StringComparison.Ordinal) ? $"\"{entry.Name}\"" : entry.Name)},{entry.Count},{entry.Predicted},{entry.Correct},"), classes[place + 1],
                StringComparison.Ordinal);
        }
        using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(result.Folder, "evaluation.json")));
        Assert.Equal((evaluation.Accuracy, evaluation.Loss), (json.RootElement.GetProperty("top1").GetDouble(), json.RootElement.GetProperty("loss").GetDouble()));
        var evaluated = (await Run.Of("evaluate", result.Folder, "--data", pictures.Data, "--json")).Json();
        Assert.Equal(evaluated.EnumerateObject().Select(member => member.Name), json.RootElement.EnumerateObject().Select(member => member.Name));

        CheckCard(result, [("pictures", $"{evaluation.Count}"), ("top-1 accuracy", Percent(evaluation.Accuracy)), ("top-5 accuracy", Percent(evaluation.Top5Accuracy!.Value)),
            ("loss", Fixed(evaluation.Loss)), ("calibration error", Fixed(evaluation.CalibrationError!.Value)), ("blue, dark", "4 | 2"), ("`seed`", "`5`"), ("starting weights", "none: drawn at random"),
            ("TorchSharp", "0.107.0"), (".NET", Environment.Version.ToString()), ("`epochs`", "`2`")]);

        var events = EventFileTests.Read(Assert.Single(EventFile.In(Path.Combine(result.Folder, "tensorboard"))));
        var told = events.SelectMany(entry => entry.Values.Select(value => (entry.Step, value.Name, value.Value))).ToList();
        Assert.Equal(
            result.Training.History.Select(record => (record.Steps, "validation/loss", (float)record.ValidationLoss!.Value)), told.Where(value => value.Name == "validation/loss"));
        Assert.Contains(told, value => (value.Step, value.Name) == (1, "training/loss"));
    }

    [Fact]
    public async Task A_run_of_several_classes_at_once_has_them_too()
    {
        var result = await TrainAsync(pictures.WriteList(), "run");
        var evaluation = result.Evaluation!;

        Assert.Empty(warnings.Messages);
        Assert.All(Drawings, name =>
        {
            using var drawn = new Drawn(Path.Combine(result.Folder, name));
            Assert.InRange(drawn.CountInk(0, 0, drawn.Size.Width, drawn.Size.Height), 100, int.MaxValue);
        });
        using (var rows = Sep.Reader(options => options with { Unescape = true }).FromFile(Path.Combine(result.Folder, "classes.csv")))
        {
            var place = 0;
            foreach (var row in rows)
            {
                var entry = evaluation.Classes[place++];
                Assert.Equal(
                    (entry.Name, entry.Count, entry.Correct, entry.AveragePrecision),
                    (row["class"].ToString(), row["pictures"].Parse<int>(), row["correct"].Parse<int>(), row["average_precision"].Parse<double>()));
            }
            Assert.Equal(4, place);
        }
        CheckCard(result, [("mean average precision", Percent(evaluation.MeanAveragePrecision!.Value)), ("all classes right", Percent(evaluation.Accuracy)), ("square", "12 | 6"), ("**pictures**", "**12** | **6**")]);
        Assert.DoesNotContain("top-1", File.ReadAllText(Path.Combine(result.Folder, "README.md")), StringComparison.Ordinal);
        var run = Assert.Single((await Run.Of("runs", result.Folder, "--json")).Json().EnumerateArray());
        Assert.Equal((evaluation.MeanAveragePrecision, "finished"), (run.GetProperty("meanAveragePrecision").GetDouble(), run.GetProperty("state").GetString()));
    }

    [Fact]
    public async Task All_of_it_is_made_again_when_a_finished_run_goes_on()
    {
        var first = await TrainAsync(pictures.Data, "run");
        string[] again = [.. Drawings, "README.md", "classes.csv", "evaluation.json", "log.csv"];
        var before = again.Select(name => File.ReadAllBytes(Path.Combine(first.Folder, name))).ToList();
        foreach (var name in again) File.Delete(Path.Combine(first.Folder, name));
        Directory.Delete(Path.Combine(first.Folder, "tensorboard"), recursive: true);

        await TrainAsync(pictures.Data, "run", resume: true);

        Assert.Equal(before, again.Select(name => File.ReadAllBytes(Path.Combine(first.Folder, name))));
        Assert.Equal(3, EventFileTests.Read(Assert.Single(EventFile.In(Path.Combine(first.Folder, "tensorboard")))).Count);
    }

    [Fact]
    public async Task What_cannot_be_written_is_a_warning_and_the_run_is_not_lost()
    {
        string[] blocked = [.. Drawings, "README.md", "classes.csv", "evaluation.json", "log.csv"];
        foreach (var name in blocked) Directory.CreateDirectory(Path.Combine(pictures.Output("run"), name));
        File.WriteAllText(Path.Combine(pictures.Output("run"), "tensorboard"), "mine");

        var result = await TrainAsync(pictures.Data, "run", epochs: 1);

        Assert.NotNull(result.Evaluation);
        Assert.True(File.Exists(Path.Combine(result.Folder, "model.safetensors")));
        Assert.All(blocked.Append("tensorboard"), name => Assert.Contains(warnings.Messages, message => message.StartsWith($"{Path.Combine(result.Folder, name)}: cannot be written: ", StringComparison.Ordinal)));
        // The events are not tried again at every step.
        Assert.Single(warnings.Messages, message => message.Contains("tensorboard", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_picture_that_has_vanished_is_left_out_of_the_mistakes()
    {
        using var data = Luma.Zoo.Training.Data.Datasets.Open(pictures.Data);
        List<Mistake> mistakes = [.. Enumerable.Range(0, 3).Select(i => new Mistake(i, data.Validation.Get(i).Image.Name!, "red", "green", 0.9))];
        var evaluation = new Evaluation { Count = 3, Correct = 0, Loss = 1, Mistakes = mistakes };
        File.Delete(mistakes[1].Name);

        var sheet = pictures.Output("mistakes.png");
        MistakeSheet.Write(sheet, evaluation, data.Validation, new());

        using var drawn = new Drawn(sheet);
        Assert.Equal((2 * (MistakeSheet.Side + PictureSheet.Gap)) + PictureSheet.Gap, drawn.Size.Width);
        Assert.InRange(drawn.Count(Drawing.Vermilion, 0, MistakeSheet.Side, drawn.Size.Width, 100, within: 60), 50, 3000);
        await Task.CompletedTask;
    }

    [Fact]
    public async Task A_run_that_is_cancelled_while_it_is_measured_at_its_end_goes_on_there()
    {
        using var stop = new CancellationTokenSource();
        var options = new FineTuneOptions
        {
            Model = "lenet_5:none",
            Data = pictures.Data,
            Output = pictures.Output("run"),
            ChangeRecipe = recipe => recipe with { Epochs = 2, BatchSize = 4, Seed = 5 },
            Dataset = new() { ValidationFraction = 0.34 },
            Resume = true,
        };

        // The last that is told before is the last epoch.
        var result = await FineTuner.RunAsync(options, new AtEnd(stop), cancellationToken: stop.Token);

        Assert.True(result.Training.Cancelled);
        Assert.Null(result.Evaluation);
        Assert.Equal(2, result.Training.History.Count);
        var weights = File.ReadAllBytes(Path.Combine(result.Folder, "model.safetensors"));
        var resumed = await FineTuner.RunAsync(options);
        Assert.False(resumed.Training.Cancelled);
        Assert.Equal(resumed.Training.Best!.Accuracy, resumed.Evaluation!.Accuracy);
        Assert.Equal(weights, File.ReadAllBytes(Path.Combine(result.Folder, "model.safetensors")));
        Assert.True(File.Exists(Path.Combine(result.Folder, "README.md")));
    }

    private sealed class AtEnd(CancellationTokenSource stop) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            if (value.Finished is not null && value.Epoch == value.Epochs) stop.Cancel();
        }
    }

    private static void CheckCard(FineTuneResult result, (string Name, string Value)[] rows)
    {
        var card = File.ReadAllText(Path.Combine(result.Folder, "README.md"));
        Assert.All(rows, row => Assert.Contains($"| {row.Name} | {row.Value} |", card, StringComparison.Ordinal));
        Assert.All(["# lenet_5 on ", "curves.png", "confusion.png", "mistakes.png", "classes.csv", "log.csv", "evaluation.json", "recipe.json", "luma classify run photo.jpg"],
            text => Assert.Contains(text, card, StringComparison.Ordinal));
        Assert.Contains($"epoch {result.Training.Best!.Epoch} of {result.Training.History.Count}", card, StringComparison.Ordinal);
        Assert.DoesNotContain(Path.GetDirectoryName(result.Folder)!, card, StringComparison.Ordinal);
    }

    private static string Percent(double share) => $"{(100 * share).ToString("F2", CultureInfo.InvariantCulture)} %";

    private static string Fixed(double value) => value.ToString("F4", CultureInfo.InvariantCulture);

    private sealed class Warnings : ILogger
    {
        private readonly List<string> messages = [];

        public IReadOnlyList<string> Messages => messages;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!IsEnabled(logLevel)) return;
            lock (messages) messages.Add(formatter(state, exception));
        }
    }
}
