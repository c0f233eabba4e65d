using System.Globalization;
using System.Text;
using Luma.Zoo.Files;
using nietras.SeparatedValues;

namespace Luma.Zoo.Training.Reporting;

/// <summary>Writes what was measured of each class as a table.</summary>
internal static class ClassTable
{
    private static readonly string[] Columns =
        ["class", "pictures", "predicted", "correct", "precision", "recall", "f1", "average_precision", "most_often_taken_for", "times_taken_for_it"];

    /// <summary>Writes the table. What there is no number for is empty.</summary>
    /// <param name="path">The CSV file.</param>
    /// <param name="evaluation">What was measured.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void Write(string path, Evaluation evaluation) => AtomicFile.Write(path, stream =>
    {
        using var text = new StreamWriter(stream, new UTF8Encoding(false), leaveOpen: true) { NewLine = "\n" };
        using var rows = Sep.New(',').Writer(options => options with { Escape = true }).To(text, leaveOpen: true);
        rows.Header.Add(Columns);
        foreach (var (place, entry) in evaluation.Classes.Index())
        {
            var other = MostOftenTakenFor(evaluation, place);
            string[] cells =
            [
                entry.Name, Number(entry.Count), Number(entry.Predicted), Number(entry.Correct), Number(entry.Precision), Number(entry.Recall), Number(entry.F1),
                Number(entry.AveragePrecision), other?.Name ?? "", Number(other?.Count),
            ];
            using var row = rows.NewRow();
            for (var i = 0; i < cells.Length; i++) row[i].Set(cells[i]);
        }
    });

    /// <summary>The other class that a class is most often taken for; null where there is none, or images have several classes at once.</summary>
    public static (string Name, int Count)? MostOftenTakenFor(Evaluation evaluation, int place)
    {
        if (evaluation.Confusion.Count == 0) return null;
        var (most, count) = evaluation.Confusion[place].Index().Where(entry => entry.Index != place).MaxBy(entry => entry.Item);
        return count > 0 ? (evaluation.Classes[most].Name, count) : null;
    }

    private static string Number(double? value) => value is { } number && double.IsFinite(number) ? number.ToString("R", CultureInfo.InvariantCulture) : "";
}
