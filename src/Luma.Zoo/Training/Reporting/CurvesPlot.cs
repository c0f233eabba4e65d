using System.Globalization;
using SkiaSharp;

namespace Luma.Zoo.Training.Reporting;

/// <summary>Draws the course of a training: losses, accuracy, learning rate, an epoch from left to right.</summary>
internal static class CurvesPlot
{
    /// <summary>The size of the drawing, and where on it the first panel has its curves, in pixels.</summary>
    internal const int Width = 960, Height = 940, Left = 88, Right = 24, Top = 62, PanelHeight = 220, PanelStep = 298;

    private const float TextSize = 14, MostDots = 60;

    /// <summary>Draws the curves.</summary>
    /// <param name="path">The PNG file.</param>
    /// <param name="title">What stands above all.</param>
    /// <param name="history">The epochs.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void Write(string path, string title, IReadOnlyList<EpochRecord> history)
    {
        using var letters = new Letters(TextSize);
        Drawing.Write(path, Width, Height, canvas =>
        {
            var best = history.LastOrDefault(record => record.IsBest) is { } record ? string.Create(CultureInfo.InvariantCulture, $"best: epoch {record.Epoch}") : "";
            letters.Write(canvas, letters.Fit(title, Width - Left - Right - letters.Measure(best) - 20), Left, 24, Drawing.Ink);
            letters.Write(canvas, best, Width - Right, 24, Drawing.Quiet, SKTextAlign.Right);
            foreach (var (place, panel) in Panels(history).Index())
            {
                canvas.Save();
                canvas.Translate(Left, Top + (place * PanelStep));
                Draw(canvas, letters, panel, history);
                canvas.Restore();
            }
        });
    }

    private static IEnumerable<Panel> Panels(IReadOnlyList<EpochRecord> history)
    {
        yield return new("loss", [
            new("training", Drawing.Blue, record => record.Loss),
            new("validation", Drawing.Vermilion, record => record.ValidationLoss)]);
        var isMultiLabel = history.Any(record => record.MeanAveragePrecision is not null);
        yield return isMultiLabel
            ? new("validation", [
                new("mean average precision", Drawing.Vermilion, record => record.MeanAveragePrecision),
                new("exactly right", Drawing.Green, record => record.Accuracy)])
            : new("validation accuracy", [
                new("top-1", Drawing.Vermilion, record => record.Accuracy),
                // Where there are five classes or fewer it is 1 throughout, and tells nothing.
                new("top-5", Drawing.Green, record => history.All(other => other.Top5Accuracy is null or 1) ? null : record.Top5Accuracy)]);
        yield return new("learning rate", [new("after the epoch", Drawing.Blue, record => record.LearningRate)]);
    }

    private static void Draw(SKCanvas canvas, Letters letters, Panel panel, IReadOnlyList<EpochRecord> history)
    {
        const float PlotWidth = Width - Left - Right;
        var across = PlotScale.ForEpochs(history.Count == 0 ? 1 : history[0].Epoch, history.Count == 0 ? 1 : history[^1].Epoch);
        var up = PlotScale.For(panel.Lines.SelectMany(line => history.Select(record => line.Of(record) ?? double.NaN)), mayBeLogarithmic: panel.Name == "loss");
        DrawAxes(canvas, letters, panel.Name + (up.IsLogarithmic ? " (logarithmic)" : ""), across, up);

        if (history.LastOrDefault(record => record.IsBest) is { } best)
        {
            var x = (float)across.PlaceOf(best.Epoch) * PlotWidth;
            using var dashed = Drawing.Stroke(Drawing.Quiet, isDashed: true);
            canvas.DrawLine(x, 0, x, PanelHeight, dashed);
        }

        var legend = PlotWidth;
        foreach (var line in panel.Lines.Reverse())
        {
            var points = history.Select(record => (record.Epoch, Value: line.Of(record))).Where(point => point.Value is { } value && double.IsFinite(value))
                .Select(point => new SKPoint((float)across.PlaceOf(point.Epoch) * PlotWidth, PanelHeight * (1 - (float)up.PlaceOf(point.Value!.Value)))).ToArray();
            if (points.Length == 0) continue;

            using var stroke = Drawing.Stroke(line.Color, width: 2);
            using var fill = Drawing.Fill(line.Color);
            fill.IsAntialias = true;
            canvas.DrawPoints(SKPointMode.Polygon, points, stroke);
            if (points.Length <= MostDots) foreach (var point in points) canvas.DrawCircle(point, 3, fill);

            var last = history.LastOrDefault(record => line.Of(record) is not null) is { } record ? $" {PlotScale.Text(Round(line.Of(record)!.Value))}" : "";
            letters.Write(canvas, line.Name + last, legend, -10, Drawing.Ink, SKTextAlign.Right);
            legend -= letters.Measure(line.Name + last) + 8;
            canvas.DrawLine(legend - 22, -15, legend, -15, stroke);
            legend -= 22 + 20;
        }
    }

    private static void DrawAxes(SKCanvas canvas, Letters letters, string name, PlotScale across, PlotScale up)
    {
        const float PlotWidth = Width - Left - Right;
        using var grid = Drawing.Stroke(Drawing.Faint);
        using var edge = Drawing.Stroke(Drawing.Quiet);
        letters.Write(canvas, name, 0, -10, Drawing.Ink);
        foreach (var mark in up.Marks)
        {
            var y = PanelHeight * (1 - (float)up.PlaceOf(mark));
            canvas.DrawLine(0, y, PlotWidth, y, grid);
            letters.Write(canvas, PlotScale.Text(mark), -8, y + 5, Drawing.Quiet, SKTextAlign.Right);
        }
        foreach (var mark in across.Marks)
        {
            var x = (float)across.PlaceOf(mark) * PlotWidth;
            canvas.DrawLine(x, 0, x, PanelHeight, grid);
            letters.Write(canvas, mark.ToString("0", CultureInfo.InvariantCulture), x, PanelHeight + 20, Drawing.Quiet, SKTextAlign.Center);
        }
        letters.Write(canvas, "epoch", PlotWidth, PanelHeight + 38, Drawing.Quiet, SKTextAlign.Right);
        canvas.DrawLine(0, 0, 0, PanelHeight, edge);
        canvas.DrawLine(0, PanelHeight, PlotWidth, PanelHeight, edge);
    }

    // Four digits that count.
    private static double Round(double value) => value == 0 || !double.IsFinite(value) ? value : double.Parse(value.ToString("G4", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    private sealed record Line(string Name, SKColor Color, Func<EpochRecord, double?> Of);

    private sealed record Panel(string Name, IReadOnlyList<Line> Lines);
}
