using System.Globalization;

namespace Luma.Zoo.Training.Reporting;

/// <summary>An axis: what range of values it shows, and where it has marks.</summary>
internal sealed record PlotScale
{
    // Values that are so many times as large as others would hide these on a linear axis.
    private const double LogarithmicFrom = 30;
    private const int MostMarks = 6;

    private PlotScale(double least, double most, bool isLogarithmic, IReadOnlyList<double> marks) =>
        (Least, Most, IsLogarithmic, Marks) = (least, most, isLogarithmic, marks);

    public double Least { get; }

    public double Most { get; }

    public bool IsLogarithmic { get; }

    public IReadOnlyList<double> Marks { get; }

    /// <summary>An axis for some values.</summary>
    /// <param name="values">The values; what is not finite has no place on it.</param>
    /// <param name="mayBeLogarithmic">Whether it may be logarithmic, where the values' sizes differ much.</param>
    public static PlotScale For(IEnumerable<double> values, bool mayBeLogarithmic = false)
    {
        double[] known = [.. values.Where(double.IsFinite)];
        var (least, most) = known.Length == 0 ? (0, 1) : (known.Min(), known.Max());
        if (mayBeLogarithmic && least > 0 && most / least > LogarithmicFrom) return Logarithmic(least, most);
        if (most - least <= 1e-9 * Math.Max(Math.Abs(most), 1e-12))
        {
            var room = most == 0 ? 0.5 : Math.Abs(most) / 2;
            (least, most) = (least - room, most + room);
        }

        var step = Step((most - least) / (MostMarks - 1));
        var (first, last) = (Math.Floor(least / step + 1e-9), Math.Ceiling(most / step - 1e-9));
        return new(first * step, last * step, isLogarithmic: false, [.. Enumerable.Range(0, (int)(last - first) + 1).Select(i => (first + i) * step)]);
    }

    /// <summary>An axis of epochs.</summary>
    public static PlotScale ForEpochs(int first, int last)
    {
        if (first == last) return new(first - 1, last + 1, isLogarithmic: false, [first]);
        var step = (int)Math.Max(1, Step((last - first) / 10.0));
        return new(first, last, isLogarithmic: false, [.. Enumerable.Range(first, last - first + 1).Where(epoch => epoch % step == 0 || (step == 1))]);
    }

    /// <summary>The place of a value, from 0 at the least to 1 at the most.</summary>
    public double PlaceOf(double value) =>
        IsLogarithmic ? Math.Log(value / Least) / Math.Log(Most / Least) : (value - Least) / (Most - Least);

    /// <summary>How a mark is written.</summary>
    public static string Text(double value) => Math.Abs(value) is > 0 and < 1e-3 or >= 1e5
        ? value.ToString("0.###e0", CultureInfo.InvariantCulture)
        : Math.Round(value, 6).ToString("0.######", CultureInfo.InvariantCulture);

    private static PlotScale Logarithmic(double least, double most)
    {
        var (first, last) = ((int)Math.Floor(Math.Log10(least)), (int)Math.Ceiling(Math.Log10(most)));
        double[] round = [.. Enumerable.Range(first, last - first + 1).SelectMany(power => ((int[])[1, 2, 5]).Select(step => step * Math.Pow(10, power)))];
        var (below, above) = (round.Last(mark => mark <= least * (1 + 1e-9)), round.First(mark => mark >= most * (1 - 1e-9)));
        double[] marks = [.. round.Where(mark => mark >= below && mark <= above)];
        if (marks.Length > MostMarks + 2) marks = [.. marks.Where(mark => Math.Abs(Math.Log10(mark) - Math.Round(Math.Log10(mark))) < 1e-9)];
        var every = (marks.Length + MostMarks + 1) / (MostMarks + 2);
        return new(below, above, isLogarithmic: true, [.. marks.Where((_, place) => place % every == 0)]);
    }

    // The round number that is next above.
    private static double Step(double least)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(least)));
        foreach (var step in (double[])[1, 2, 5])
        {
            if (step * power >= least * (1 - 1e-9)) return step * power;
        }
        return 10 * power;
    }
}
