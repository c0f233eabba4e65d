using System.Diagnostics;
using System.Globalization;
using Luma.Zoo.Cli.Results;
using Luma.Zoo.Inference;
using Spectre.Console;

namespace Luma.Zoo.Cli.Commands.Classify;

/// <summary>Classifies files as they are found, and writes each answer as it comes.</summary>
/// <param name="terminal">Hears of failures and of the progress.</param>
/// <param name="request">What to do.</param>
/// <param name="output">Takes the answers.</param>
internal sealed class ClassifyRun(Terminal terminal, ClassifyRequest request, ResultOutput output) : IDisposable
{
    private readonly ContactSheet? sheet = request.Sheet is null ? null : new();
    private bool strange;

    /// <summary>Writes files that there is nothing to classify of.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> WriteFailedAsync(IEnumerable<ImageFile> files)
    {
        foreach (var file in files) await WriteAsync(Failed(file));
        await output.FinishAsync(complete: true);
        sheet?.Write(request.Sheet!);
        return End();
    }

    /// <summary>Classifies files.</summary>
    /// <param name="classifier">Classifies them.</param>
    /// <param name="notes">How its weights were taken, if there is anything to say.</param>
    /// <param name="files">The files.</param>
    /// <param name="cancellation">Ends it; what is done by then is written.</param>
    /// <returns>The exit code.</returns>
    public async Task<int> ClassifyAsync(Classifier classifier, IReadOnlyList<string>? notes, IEnumerable<ImageFile> files, CancellationToken cancellation)
    {
        var complete = false;
        try
        {
            // Lines on a terminal and a bar on the same would get in each other's way.
            var quiet = request.Output is { Path: null, Format: not ResultFormat.Table } && terminal.Console.Profile.Out.IsTerminal;
            complete = quiet
                ? await ClassifyAsync(classifier, notes, files, (_, _, _) => { }, cancellation)
                : await terminal.ShowProgressAsync(
                    "classifying",
                    progress => ClassifyAsync(classifier, notes, files, progress, cancellation),
                    new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RateColumn("images"), new RemainingTimeColumn());
        }
        finally
        {
            // What is done is whole, whatever ended it.
            await output.FinishAsync(complete);
        }

        sheet?.Write(request.Sheet!);
        if (strange) terminal.Error.WriteLine("luma: warning: the network's answers are not numbers; its weights may be damaged or another network's");
        if (!complete) throw new OperationCanceledException(cancellation);
        return End();
    }

    public void Dispose() => sheet?.Dispose();

    // False if it was stopped early.
    private async Task<bool> ClassifyAsync(
        Classifier classifier, IReadOnlyList<string>? notes, IEnumerable<ImageFile> files, ReportProgress progress, CancellationToken cancellation)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var counting = terminal.ShowsProgress ? Task.Run(() => request.Count(ending.Token), CancellationToken.None) : Task.FromResult(0L);
        try
        {
            var options = new BatchOptions { Top = request.Top };
            if (request.BatchSize is { } size) options = options with { BatchSize = size };
            var queue = new ImageQueue(files, output.Finished, options.BatchSize);
            var (watch, done) = (Stopwatch.StartNew(), 0L);
            await foreach (var answer in classifier.ClassifyManyAsync(queue.Take(), options, cancellation))
            {
                foreach (var failed in queue.TakeFailed()) await WriteAsync(Failed(failed));
                var (file, written) = queue.TakeAnswered();
                if (written) continue;
                await WriteAsync(answer.Error is { } error ? new(file.Path, null, error.Message) : new(file.Path, Chosen(answer.Predictions), null, notes));
                done++;
                Report();
            }
            foreach (var failed in queue.TakeFailed()) await WriteAsync(Failed(failed));
            return true;

            void Report() => progress(
                output.Images, counting is { IsCompletedSuccessfully: true, Result: var all } ? all : 0,
                terminal.ShowsProgress ? string.Create(CultureInfo.InvariantCulture, $"classifying, {done / watch.Elapsed.TotalSeconds:N1} images/s") : null);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return false;
        }
        finally
        {
            await ending.CancelAsync();
            // What the counting could not read is told where it is classified.
            await counting.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    // What is no number is kept: it says that something is wrong.
    private IReadOnlyList<Prediction> Chosen(IReadOnlyList<Prediction> predictions) =>
        request.Threshold is { } least ? [.. predictions.Where(prediction => !(prediction.Probability < least))] : predictions;

    private async Task WriteAsync(ClassifiedImage image)
    {
        await output.WriteAsync(image);
        sheet?.Add(image);
        if (image.Error is { } error) terminal.Complain($"luma: {error}");
        strange |= image.Predictions?.Any(prediction => !float.IsFinite(prediction.Probability)) == true;
    }

    private int End()
    {
        if (request.Output is { Path: { } path, Format: not ResultFormat.Json })
        {
            var failed = output.Failed > 0 ? string.Create(CultureInfo.InvariantCulture, $", {output.Failed:N0} failed") : "";
            terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{path}: {output.Images:N0} {(output.Images == 1 ? "image" : "images")}{failed}"));
        }
        return output.Failed > 0 ? CommandLine.Failure : CommandLine.Success;
    }

    private static ClassifiedImage Failed(ImageFile file) => new(file.Path, null, $"{file.Path}: {file.Error}");
}
