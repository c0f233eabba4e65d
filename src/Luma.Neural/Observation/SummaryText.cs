using System.Globalization;
using System.Text;

namespace Luma.Neural.Observation;

/// <summary>Writes a summary in the layout of torchinfo 1.8.0, character for character but for the names of the types.</summary>
internal static class SummaryText
{
    private const int LeastNameWidth = 40, Indent = 5, ColumnWidth = 25, Columns = 2;
    private const double Megabyte = 1e6;

    public static string Write(NetworkSummary summary, int depth)
    {
        var nameWidth = NameWidth(summary);
        var divider = new string('=', nameWidth + (Columns * ColumnWidth));
        var text = new StringBuilder();

        Line(divider);
        Row("Layer (type:depth-idx)", "Output Shape", "Param #");
        Line(divider);
        foreach (var row in summary.Rows.Where(row => row.Depth <= depth))
        {
            Row(Branch(row.Depth) + Title(row), Shape(row), Parameters(row, isFolded: row.Depth == depth));
        }
        Line(divider);
        Line($"Total params: {Number(summary.Parameters)}");
        Line($"Trainable params: {Number(summary.TrainableParameters)}");
        Line($"Non-trainable params: {Number(summary.NonTrainableParameters)}");
        Line($"Total mult-adds {Scaled(summary.MultiplyAdds)}");
        Line(divider);
        Line($"Input size (MB): {Megabytes(summary.InputBytes)}");
        Line($"Forward/backward pass size (MB): {Megabytes(summary.ForwardBackwardBytes)}");
        Line($"Params size (MB): {Megabytes(summary.ParameterBytes)}");
        Line($"Estimated Total Size (MB): {Megabytes(summary.TotalBytes)}");
        text.Append(divider);
        return text.ToString();

        void Line(string line) => text.Append(line).Append('\n');

        void Row(string name, string shape, string parameters) =>
            Line($"{name.PadRight(nameWidth)} {shape.PadRight(ColumnWidth)} {parameters}");
    }

    // The names' column is 40 wide, or as wide as the longest needs, in steps of 5. Folded rows count, so that folding does not
    // move the columns.
    private static int NameWidth(NetworkSummary summary)
    {
        var longest = summary.Rows.Max(row => Title(row).Length + (row.Depth * Indent) + 1);
        return longest < LeastNameWidth ? LeastNameWidth : (longest + Indent - 1) / Indent * Indent;
    }

    private static string Title(SummaryRow row) =>
        row.Depth == 0 ? row.Type : string.Create(CultureInfo.InvariantCulture, $"{row.Type}: {row.Depth}-{row.Index}");

    private static string Branch(int depth) => depth switch
    {
        0 => "",
        1 => "├─",
        _ => $"{string.Concat(Enumerable.Repeat("│    ", depth - 1))}└─",
    };

    private static string Shape(SummaryRow row) => row.OutputShape is { Count: > 0 } shape ? $"[{string.Join(", ", shape)}]" : "--";

    private static string Parameters(SummaryRow row, bool isFolded)
    {
        if (row.Parameters == 0) return "--";
        if (row.Reused) return "(recursive)";
        if (!isFolded && row.Children.Count > 0) return row.OwnParameters > 0 ? Number(row.OwnParameters) : "--";

        return row.Trainable > 0 ? Number(row.Parameters) : $"({Number(row.Parameters)})";
    }

    private static string Scaled(long number)
    {
        var (unit, size) = number switch
        {
            >= 1_000_000_000_000 => ("T", 1e12),
            >= 1_000_000_000 => ("G", 1e9),
            _ => ("M", 1e6),
        };
        var scaled = number / size;
        return string.Create(CultureInfo.InvariantCulture, $"({unit}): {scaled.ToString(double.IsInteger(scaled) ? "N0" : "N2", CultureInfo.InvariantCulture)}");
    }

    private static string Megabytes(long bytes) => (bytes / Megabyte).ToString("F2", CultureInfo.InvariantCulture);

    private static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
