using Luma.Zoo.Inference;
using Luma.Zoo.Tests.Weights;
using Luma.Zoo.Training;
using Luma.Zoo.Training.Reporting;
using nietras.SeparatedValues;
using SkiaSharp;

namespace Luma.Zoo.Tests.Training.Reporting;

/// <summary>The drawings and tables of a run, from numbers that are known.</summary>
public sealed class PlotTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_curve_goes_through_its_values()
    {
        EpochRecord[] history =
        [
            new(1, 10, 0.1, 2.0) { ValidationLoss = 1.0, Accuracy = 0.2, Top5Accuracy = 0.5, IsBest = true },
            new(2, 20, 0.05, 1.5) { ValidationLoss = 1.5, Accuracy = 0.4, Top5Accuracy = 0.6, IsBest = true },
            new(3, 30, 0.0, 1.0) { ValidationLoss = 2.0, Accuracy = 0.3, Top5Accuracy = 0.7 },
        ];

        CurvesPlot.Write(folder.File("curves.png"), "some run", history);

        using var drawn = new Drawn(folder.File("curves.png"));
        Assert.Equal((CurvesPlot.Width, CurvesPlot.Height), drawn.Size);
        var width = CurvesPlot.Width - CurvesPlot.Left - CurvesPlot.Right;
        // From 1 to 2 in the first panel: one line falls, the other rises.
        foreach (var (epoch, loss) in ((int, double)[])[(0, 2.0), (1, 1.5), (2, 1.0)])
        {
            var x = CurvesPlot.Left + (epoch * width / 2);
            Assert.InRange(drawn.Count(Drawing.Blue, x - 2, HeightOf(0, loss, 1, 2) - 2, 5, 5), 8, 25);
            // Where they cross this one is below the other.
            if (epoch != 1) Assert.InRange(drawn.Count(Drawing.Vermilion, x - 2, HeightOf(0, 3 - loss, 1, 2) - 2, 5, 5), 8, 25);
        }
        Assert.Equal(0, drawn.Count(Drawing.Blue, CurvesPlot.Left, HeightOf(0, 1.25, 1, 2), width / 4, 40));
        // The best epoch is marked throughout, and letters stand at the axes.
        for (var panel = 0; panel < 3; panel++)
            Assert.InRange(drawn.Count(Drawing.Quiet, CurvesPlot.Left + (width / 2) - 1, CurvesPlot.Top + (panel * CurvesPlot.PanelStep), 2, CurvesPlot.PanelHeight, within: 70), 60, 400);
        Assert.InRange(drawn.CountInk(0, CurvesPlot.Top, CurvesPlot.Left - 4, CurvesPlot.PanelHeight), 50, 5000);
        Assert.InRange(drawn.CountInk(CurvesPlot.Left, 8, 100, 20), 50, 1500);
        // The learning rate falls from the top to the bottom.
        Assert.InRange(drawn.Count(Drawing.Blue, CurvesPlot.Left, HeightOf(2, 0.1, 0, 0.1) - 2, 4, 5), 4, 20);

        static int HeightOf(int panel, double value, double least, double most) =>
            CurvesPlot.Top + (panel * CurvesPlot.PanelStep) + (int)(CurvesPlot.PanelHeight * (1 - ((value - least) / (most - least))));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(200)]
    public void Any_number_of_epochs_can_be_drawn(int epochs)
    {
        var history = Enumerable.Range(1, epochs).Select(epoch => new EpochRecord(epoch, epoch, 0.1, 100.0 / epoch)
        {
            ValidationLoss = epoch == 3 ? double.NaN : 50.0 / epoch,
            MeanAveragePrecision = 0.5,
            Accuracy = 0.25,
            IsBest = epoch == 1,
        }).ToList();

        CurvesPlot.Write(folder.File("curves.png"), new string('x', 500), history);

        using var drawn = new Drawn(folder.File("curves.png"));
        for (var panel = 0; panel < 3; panel++)
        {
            var color = panel == 1 ? Drawing.Vermilion : Drawing.Blue;
            Assert.InRange(
                drawn.Count(color, CurvesPlot.Left - 4, CurvesPlot.Top + (panel * CurvesPlot.PanelStep), CurvesPlot.Width, CurvesPlot.PanelHeight),
                epochs == 1 ? 9 : 500, epochs == 1 ? 60 : 4000);
        }
    }

    [Theory]
    [InlineData(0, 1, "0 0.2 0.4 0.6 0.8 1")]
    [InlineData(0.416, 0.923, "0.4 0.6 0.8 1")]
    [InlineData(5, 5, "2 3 4 5 6 7 8")]
    [InlineData(0, 0, "-0.6 -0.4 -0.2 0 0.2 0.4 0.6")]
    [InlineData(1e-5, 3e-5, "1e-5 1.5e-5 2e-5 2.5e-5 3e-5")]
    public void Marks_are_round(double least, double most, string marks)
    {
        var scale = PlotScale.For([least, double.NaN, most]);

        Assert.Equal(marks, string.Join(' ', scale.Marks.Select(PlotScale.Text)));
        Assert.True(scale.Least <= least * (1 + 1e-6) && scale.Most >= most * (1 - 1e-6));
    }

    [Fact]
    public void Losses_of_very_different_sizes_are_drawn_logarithmically()
    {
        var scale = PlotScale.For([0.02, 2], mayBeLogarithmic: true);

        Assert.True(scale.IsLogarithmic);
        Assert.Equal(0, scale.PlaceOf(0.02), 6);
        Assert.Equal(0.5, scale.PlaceOf(0.2), 6);
        Assert.Equal(1, scale.PlaceOf(2), 6);
        Assert.Equal("0.02 0.05 0.1 0.2 0.5 1 2", string.Join(' ', scale.Marks.Select(PlotScale.Text)));
        Assert.Equal("0.001 0.01 0.1 1 10 100", string.Join(' ', PlotScale.For([0.0007, 150], mayBeLogarithmic: true).Marks.Select(PlotScale.Text)));
        Assert.False(PlotScale.For([0, 2], mayBeLogarithmic: true).IsLogarithmic);
    }

    [Fact]
    public void Each_cell_of_a_confusion_is_as_strong_as_its_share()
    {
        ConfusionPlot.Write(folder.File("confusion.png"), Single(["cat", "dog", "a class with quite a long name"], [[9, 1, 0], [0, 10, 0], [5, 0, 5]]));

        using var drawn = new Drawn(folder.File("confusion.png"));
        // Cells of 26 pixels end 16 before the right edge, and before the bottom.
        var first = drawn.Size.Height - 16 - (3 * 26);
        Assert.True(drawn.Size.Width >= drawn.Size.Height);
        Assert.Equal(Drawing.Blue, drawn[first + 26 + 2, first + 26 + 2]);
        Assert.Equal(new SKColor(0xF6, 0xF6, 0xF6), drawn[first + 2, first + 26 + 2]);
        Assert.InRange(drawn[first + 2, first + 2].Red, 1, 60);
        Assert.InRange(drawn[first + 26 + 2, first + 2].Blue, 150, 230);
        Assert.Equal(drawn[first + 52 + 2, first + 52 + 2].Red, drawn[first + 2, first + 52 + 2].Blue == 0 ? -1 : drawn[first + 52 + 2, first + 52 + 2].Red);
        // Names to the left and above, numbers in the cells.
        Assert.InRange(drawn.CountInk(30, first, first - 34, 26), 30, 2000);
        Assert.InRange(drawn.CountInk(first, 30, 26, first - 34), 30, 2000);
        Assert.InRange(drawn.Count(SKColors.White, first + 27, first + 27, 23, 23, within: 60), 10, 250);
    }

    [Theory]
    [InlineData(50)]
    [InlineData(51)]
    [InlineData(1000)]
    [InlineData(2500)]
    public void A_confusion_of_many_classes_stays_of_a_size_to_look_at(int classes)
    {
        var evaluation = Single(
            [.. Enumerable.Range(0, classes).Select(i => $"class {i}")],
            [.. Enumerable.Range(0, classes).Select(i => Enumerable.Range(0, classes).Select(j => i == j ? 3 : 0).ToArray())]);

        ConfusionPlot.Write(folder.File("confusion.png"), evaluation);

        using var drawn = new Drawn(folder.File("confusion.png"));
        Assert.InRange(drawn.Size.Width, 500, 1600);
        var cells = drawn.Size.Width - 16;
        Assert.InRange(drawn.Count(Drawing.Blue, 0, 0, drawn.Size.Width, drawn.Size.Height, within: 40), classes / 3, 60_000);
        Assert.Equal(Drawing.Blue, drawn[cells - 1 - (classes <= ConfusionPlot.MostNamed ? 2 : 0), drawn.Size.Height - 17 - (classes <= ConfusionPlot.MostNamed ? 2 : 0)]);
    }

    [Fact]
    public void Of_several_classes_at_once_it_is_drawn_how_each_was_seen()
    {
        ConfusionPlot.Write(folder.File("confusion.png"), Multi());

        using var drawn = new Drawn(folder.File("confusion.png"));
        Assert.Equal(48 + (2 * 26) + 16, drawn.Size.Height);
        var (cat, dog) = (drawn.Count(Drawing.Blue, 0, 48, drawn.Size.Width, 26), drawn.Count(Drawing.Blue, 0, 74, drawn.Size.Width, 26));
        // Six of eight and two of two: bars of 20 pixels' height, 360 wide for ten.
        Assert.Equal(20 * 360 * 6 / 10.0, cat, 25.0);
        Assert.Equal(20 * 360 * 2 / 10.0, dog, 25.0);
        Assert.Equal(20 * 360 * 2 / 10.0, drawn.Count(Drawing.Vermilion, 0, 48, drawn.Size.Width, 26), 25.0);
        Assert.Equal(0, drawn.Count(Drawing.Vermilion, 0, 74, drawn.Size.Width, 26));
    }

    [Fact]
    public void The_table_of_classes_says_what_was_measured()
    {
        ClassTable.Write(folder.File("classes.csv"), Single(["cat", "a \"dog\", or so", "never seen"], [[9, 1, 0], [3, 6, 1], [0, 0, 0]]));

        using var rows = Sep.Reader(options => options with { Unescape = true }).FromFile(folder.File("classes.csv"));
        var table = new List<string[]>();
        foreach (var row in rows) table.Add([.. row[..].ToStringsArray()]);
        Assert.Equal(["cat", "10", "12", "9", "0.75", "0.9", $"{18 / 22.0:R}", "", "a \"dog\", or so", "1"], table[0]);
        Assert.Equal(["a \"dog\", or so", "10", "7", "6", $"{6 / 7.0:R}", "0.6", $"{12 / 17.0:R}", "", "cat", "3"], table[1]);
        Assert.Equal(["never seen", "0", "1", "0", "0", "", "0", "", "", ""], table[2]);
    }

    [Fact]
    public void The_table_has_average_precisions_of_several_classes_at_once()
    {
        ClassTable.Write(folder.File("classes.csv"), Multi());

        Assert.Equal(["cat,8,8,6,0.75,0.75,0.75,0.8,,", "dog,2,2,2,1,1,1,1,,"], File.ReadAllLines(folder.File("classes.csv"))[1..]);
    }

    private static Evaluation Single(string[] names, int[][] confusion) => new()
    {
        Count = confusion.Sum(row => row.Sum()),
        Correct = confusion.Select((row, i) => row[i]).Sum(),
        Loss = 0.5,
        Classes = [.. names.Select((name, i) => new ClassEvaluation(name, confusion[i].Sum(), confusion.Sum(row => row[i]), confusion[i][i]))],
        Confusion = confusion,
    };

    private static Evaluation Multi() => new()
    {
        Task = ClassificationTask.MultiLabel,
        Count = 10,
        Correct = 5,
        Loss = 0.5,
        MeanAveragePrecision = 0.9,
        Classes = [new("cat", 8, 8, 6) { AveragePrecision = 0.8 }, new("dog", 2, 2, 2) { AveragePrecision = 1 }],
    };
}
