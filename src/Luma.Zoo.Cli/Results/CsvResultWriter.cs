using System.Globalization;
using nietras.SeparatedValues;

namespace Luma.Zoo.Cli.Results;

/// <summary>Comma-separated values: a row for each prediction, and one for an image that has none.</summary>
internal sealed class CsvResultWriter : IResultWriter, IDisposable
{
    private readonly TextWriter output;
    private readonly SepWriter rows;

    /// <param name="output">Takes the rows.</param>
    /// <param name="continued">Whether there are rows already, and so the names of the columns.</param>
    public CsvResultWriter(TextWriter output, bool continued)
    {
        (this.output, output.NewLine) = (output, "\n");
        rows = Sep.New(',').Writer(options => options with { Escape = true, WriteHeader = !continued }).To(output, leaveOpen: true);
        rows.Header.Add([.. ResultFormats.Columns]);
        if (continued) return;

        rows.Header.Write();
        rows.Flush();
        output.Flush();
    }

    public async Task WriteAsync(ClassifiedImage image)
    {
        if (image.Predictions is not { Count: > 0 } predictions) Write(image.Path, error: image.Error);
        else
        {
            for (var rank = 0; rank < predictions.Count; rank++) Write(image.Path, rank + 1, predictions[rank]);
        }
        // All rows of an image together.
        rows.Flush();
        await output.FlushAsync();
    }

    public Task FinishAsync() => Task.CompletedTask;

    public void Dispose() => rows.Dispose();

    private void Write(string path, int? rank = null, Inference.Prediction? prediction = null, string? error = null)
    {
        using var row = rows.NewRow();
        row[0].Set(path);
        row[1].Set(rank?.ToString(CultureInfo.InvariantCulture) ?? "");
        row[2].Set(prediction?.Index.ToString(CultureInfo.InvariantCulture) ?? "");
        row[3].Set(prediction?.Label ?? "");
        row[4].Set(prediction?.Probability.ToString("R", CultureInfo.InvariantCulture) ?? "");
        row[5].Set(error ?? "");
    }
}
