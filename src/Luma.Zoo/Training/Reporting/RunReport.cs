using System.Text;
using System.Text.Json;
using Luma.Zoo.Files;
using Microsoft.Extensions.Logging;

namespace Luma.Zoo.Training.Reporting;

/// <summary>Writes what comes out of a run beside the weights.</summary>
/// <remarks>Only what the run cannot do without stops it. Anything else that cannot be written is a warning.</remarks>
internal sealed class RunReport : IDisposable
{
    /// <summary>The names of the files.</summary>
    public const string Recipe = "recipe.json", Log = "log.csv", Curves = "curves.png", Confusion = "confusion.png", Classes = "classes.csv", Mistakes = "mistakes.png",
        EvaluationName = "evaluation.json", TestName = "evaluation-test.json", Card = "README.md", Events = "tensorboard";

    private readonly RunFolder run;
    private readonly TrainingOptions recipe;
    private readonly string model, data;
    private readonly ILogger log;
    private readonly TrainingEvents events;
    private bool tellsEvents = true;

    /// <param name="run">The run's folder.</param>
    /// <param name="recipe">The recipe.</param>
    /// <param name="model">The network's id.</param>
    /// <param name="data">Where the images are; only the last part of its name is shown.</param>
    /// <param name="log">Is told what cannot be written.</param>
    public RunReport(RunFolder run, TrainingOptions recipe, string model, string data, ILogger log)
    {
        (this.run, this.recipe, this.model, this.log) = (run, recipe, model, log);
        this.data = NameOf(data);
        events = new(run.PathOf(Events), TimeProvider.System);
    }

    /// <summary>The last part of a path: the rest is of no interest to others.</summary>
    public static string NameOf(string path) => Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path))) is { Length: > 0 } name ? name : path;

    /// <summary>Writes what is known before the training.</summary>
    public void Begin()
    {
        try
        {
            var json = recipe.ToJson();
            AtomicFile.Write(run.PathOf(Recipe), stream => stream.Write(Encoding.UTF8.GetBytes(json)));
        }
        catch (Exception error) when (error is NotSupportedException or JsonException)
        {
            // Parts of somebody's own have no JSON form.
        }
    }

    /// <summary>Tells of a step.</summary>
    /// <param name="step">The step, from 1.</param>
    /// <param name="loss">Its loss.</param>
    /// <param name="learningRate">Its learning rate.</param>
    public void StepDone(long step, double loss, double learningRate) => Tell(() => events.StepDone(step, loss, learningRate));

    /// <summary>Writes the epochs so far: as a table, as curves, and for TensorBoard.</summary>
    /// <param name="history">The epochs.</param>
    public void EpochDone(IReadOnlyList<EpochRecord> history)
    {
        WriteEpochs(history);
        Tell(() => events.EpochDone(history));
    }

    /// <summary>Writes what is known at the end, and once more what was known before.</summary>
    /// <param name="outcome">What came of the run.</param>
    public void Finish(RunOutcome outcome)
    {
        WriteEpochs(outcome.Training.History);
        Tell(() => events.Finish(outcome.Training.History));
        Try(Confusion, path => ConfusionPlot.Write(path, outcome.Validation));
        Try(Classes, path => ClassTable.Write(path, outcome.Validation));
        Try(Mistakes, path => MistakeSheet.Write(path, outcome.Validation, outcome.Data.Validation, outcome.Decoding));
        Try(EvaluationName, path => WriteEvaluation(path, outcome.Validation));
        if (outcome.Test is { } test) Try(TestName, path => WriteEvaluation(path, test));
        Try(Card, path => WriteText(path, new ModelCard(run.Path, data, recipe, outcome).ToString()));
    }

    public void Dispose() => events.Dispose();

    private void WriteEpochs(IReadOnlyList<EpochRecord> history)
    {
        Try(Log, path => WriteLog(path, history));
        Try(Curves, path => CurvesPlot.Write(path, $"{model} on {data}", history));
    }

    private static void WriteLog(string path, IReadOnlyList<EpochRecord> history)
    {
        var text = new StringBuilder("epoch,steps,learning_rate,loss,validation_loss,accuracy,top5_accuracy,mean_average_precision,images_per_second,best\n");
        foreach (var record in history)
        {
            text.Append(FormattableString.Invariant(
                $"{record.Epoch},{record.Steps},{record.LearningRate},{record.Loss},{record.ValidationLoss},{record.Accuracy},{record.Top5Accuracy},{record.MeanAveragePrecision},{record.ImagesPerSecond:F2},{(record.IsBest ? 1 : 0)}\n"));
        }
        WriteText(path, text.ToString());
    }

    private static void WriteEvaluation(string path, Evaluation evaluation) =>
        AtomicFile.Write(path, stream => JsonSerializer.Serialize(stream, EvaluationReport.Of(evaluation), ReportingJson.Default.EvaluationReport));

    private static void WriteText(string path, string text) => AtomicFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(text)));

    // Once it has failed it would fail at every step.
    private void Tell(Action tell)
    {
        if (tellsEvents) tellsEvents = Try(Events, _ => tell());
    }

    private bool Try(string name, Action<string> write)
    {
        var path = run.PathOf(name);
        try
        {
            write(path);
            return true;
        }
        // Days of training are not lost for a drawing, whatever went wrong with it.
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            var reason = FileTrouble.IsOfDisk(error) ? FileTrouble.WhileWriting(error, Path.GetDirectoryName(path)) : error.Message;
            log.Warn(error.Message.StartsWith(path, StringComparison.Ordinal) ? error.Message : $"{path}: cannot be written: {reason}");
            return false;
        }
    }
}
