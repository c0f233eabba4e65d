using System.Globalization;
using SkiaSharp;

namespace Luma.Zoo.Training.Reporting;

/// <summary>Draws which classes were taken for which; where an image has several classes at once, how often each class was seen rightly.</summary>
internal static class ConfusionPlot
{
    /// <summary>Up to so many classes have names and numbers.</summary>
    internal const int MostNamed = 50;

    /// <summary>What is around the cells of classes without names, in pixels.</summary>
    internal const int CoarseMargin = 64;

    // The most pixels along a side where classes have no names; beyond, several share one.
    private const int MostCoarse = 1000;
    private const float TextSize = 13, MostName = 180;

    /// <summary>Draws it.</summary>
    /// <param name="path">The PNG file.</param>
    /// <param name="evaluation">What was measured.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void Write(string path, Evaluation evaluation)
    {
        using var letters = new Letters(TextSize);
        if (evaluation.Confusion.Count == 0) WriteEach(path, letters, evaluation);
        else if (evaluation.Classes.Count <= MostNamed) WriteNamed(path, letters, evaluation);
        else WriteCoarse(path, letters, evaluation);
    }

    private static void WriteNamed(string path, Letters letters, Evaluation evaluation)
    {
        var count = evaluation.Classes.Count;
        string[] names = [.. evaluation.Classes.Select(entry => letters.Fit(entry.Name, MostName))];
        var most = evaluation.Confusion.Max(row => row.Max());
        var cell = (int)Math.Ceiling(Math.Max(26, letters.Measure(Number(most)) + 8));
        var margin = (int)names.Max(letters.Measure) + 44;
        var side = margin + (count * cell) + 16;
        Drawing.Write(path, Math.Max(side, 360), side, canvas =>
        {
            WriteAxes(canvas, letters, margin, count * cell);
            for (var row = 0; row < count; row++)
            {
                var total = evaluation.Confusion[row].Sum();
                var middle = margin + (row * cell) + (cell / 2f);
                letters.Write(canvas, names[row], margin - 8, middle + 5, Drawing.Ink, SKTextAlign.Right);
                letters.WriteUpwards(canvas, names[row], middle + 5, margin - 8, Drawing.Ink);
                for (var column = 0; column < count; column++)
                {
                    var number = evaluation.Confusion[row][column];
                    var (x, y) = (margin + (column * cell), margin + (row * cell));
                    WriteCell(canvas, letters, x, y, cell - 1, number, total, row == column ? Drawing.Blue : Drawing.Vermilion);
                }
            }
        });
    }

    private static void WriteCoarse(string path, Letters letters, Evaluation evaluation)
    {
        var count = evaluation.Classes.Count;
        var together = (count + MostCoarse - 1) / MostCoarse;
        var places = (count + together - 1) / together;
        var cell = Math.Max(1, MostCoarse / places);
        var side = CoarseMargin + (places * cell) + 16;
        var sums = new long[places, places];
        var totals = new long[places];
        foreach (var (label, row) in evaluation.Confusion.Index())
        {
            foreach (var (predicted, number) in row.Index())
            {
                if (number == 0) continue;
                sums[label / together, predicted / together] += number;
                totals[label / together] += number;
            }
        }
        Drawing.Write(path, side, side, canvas =>
        {
            WriteAxes(canvas, letters, CoarseMargin, places * cell);
            using var background = Drawing.Fill(Drawing.Faint);
            canvas.DrawRect(CoarseMargin, CoarseMargin, places * cell, places * cell, background);
            for (var row = 0; row < places; row++)
            {
                for (var column = 0; column < places; column++)
                {
                    if (sums[row, column] == 0) continue;
                    using var fill = Drawing.Fill(Shade(row == column ? Drawing.Blue : Drawing.Vermilion, (double)sums[row, column] / totals[row]));
                    canvas.DrawRect(CoarseMargin + (column * cell), CoarseMargin + (row * cell), cell, cell, fill);
                }
            }
            foreach (var mark in PlotScale.ForEpochs(0, count - 1).Marks)
            {
                var place = CoarseMargin + ((float)mark / together * cell) + (cell / 2f);
                letters.Write(canvas, Number((long)mark), CoarseMargin - 6, place + 5, Drawing.Quiet, SKTextAlign.Right);
                letters.WriteUpwards(canvas, Number((long)mark), place + 5, CoarseMargin - 6, Drawing.Quiet);
            }
        });
    }

    // Of several classes at once there is no class that another is taken for: each is seen or not.
    private static void WriteEach(string path, Letters letters, Evaluation evaluation)
    {
        const int Line = 26, Bar = 360, Numbers = 260;
        var shown = evaluation.Classes.Take(10 * MostNamed).ToList();
        string[] names = [.. shown.Select(entry => letters.Fit(entry.Name, MostName))];
        var margin = (int)names.Select(letters.Measure).DefaultIfEmpty(0).Max() + 24;
        var most = Math.Max(1, shown.Select(entry => entry.Count + entry.Predicted - entry.Correct).DefaultIfEmpty(1).Max());
        Drawing.Write(path, margin + Bar + Numbers, 48 + (Line * shown.Count) + 16, canvas =>
        {
            var x = (float)margin;
            foreach (var (text, color) in ((string, SKColor)[])[("seen", Drawing.Blue), ("missed", Drawing.Faint), ("seen and not there", Drawing.Vermilion)])
            {
                using var fill = Drawing.Fill(color);
                canvas.DrawRect(x, 16, 14, 14, fill);
                letters.Write(canvas, text, x + 20, 28, Drawing.Ink);
                x += letters.Measure(text) + 44;
            }
            foreach (var (row, entry) in shown.Index())
            {
                var y = 48 + (row * Line);
                letters.Write(canvas, names[row], margin - 8, y + 17, Drawing.Ink, SKTextAlign.Right);
                var from = (float)margin;
                foreach (var (number, color) in ((int, SKColor)[])[(entry.Correct, Drawing.Blue), (entry.Count - entry.Correct, Drawing.Faint), (entry.Predicted - entry.Correct, Drawing.Vermilion)])
                {
                    var width = Bar * (float)number / most;
                    using var fill = Drawing.Fill(color);
                    canvas.DrawRect(from, y + 3, width, Line - 6, fill);
                    from += width;
                }
                letters.Write(canvas, $"{Number(entry.Correct)} of {Number(entry.Count)}, {Number(entry.Predicted - entry.Correct)} wrongly", margin + Bar + 12, y + 17, Drawing.Quiet);
            }
        });
    }

    private static void WriteAxes(SKCanvas canvas, Letters letters, int margin, int side)
    {
        letters.Write(canvas, letters.Fit("taken for", side), margin, 18, Drawing.Quiet);
        letters.WriteUpwards(canvas, letters.Fit("label", side), 18, margin + side, Drawing.Quiet);
    }

    private static void WriteCell(SKCanvas canvas, Letters letters, float x, float y, float size, int number, int total, SKColor color)
    {
        var share = total == 0 ? 0 : (double)number / total;
        using var fill = Drawing.Fill(number == 0 ? new SKColor(0xF6, 0xF6, 0xF6) : Shade(color, share));
        canvas.DrawRect(x, y, size, size, fill);
        if (number > 0) letters.Write(canvas, Number(number), x + (size / 2), y + (size / 2) + 5, share > 0.5 ? Drawing.Paper : Drawing.Ink, SKTextAlign.Center);
    }

    // A little can still be seen.
    private static SKColor Shade(SKColor color, double share)
    {
        var strength = 0.12 + (0.88 * Math.Clamp(share, 0, 1));
        return new(Mix(color.Red), Mix(color.Green), Mix(color.Blue));

        byte Mix(byte part) => (byte)Math.Round(255 + ((part - 255) * strength));
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
