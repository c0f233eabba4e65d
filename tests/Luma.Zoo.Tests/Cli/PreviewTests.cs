using Luma.Zoo.Tests.Training.Reporting;
using Luma.Zoo.Training.Reporting;
using SkiaSharp;

namespace Luma.Zoo.Tests.Cli;

/// <summary>What <c>luma preview</c> draws.</summary>
public sealed class PreviewTests : IDisposable
{
    private const int Cell = AugmentationPreview.Side + PictureSheet.Gap, RowHeight = AugmentationPreview.Side + (2 * PictureSheet.Line) + 6 + PictureSheet.Gap;

    private readonly PictureFolder pictures = new();

    public void Dispose() => pictures.Dispose();

    private async Task<Run> PreviewAsync(string output, params string[] args) =>
        await Run.Of(["preview", "--data", pictures.Data, "--output", pictures.Output(output), .. args]);

    [Fact]
    public async Task Each_picture_has_a_row_with_itself_and_its_versions()
    {
        var report = (await PreviewAsync("sheet.png", "resnet_20", "--count", "3", "--versions", "4", "--augment", "none", "--json")).Json();

        // A picture of each class, in their order.
        Assert.Equal(PictureFolder.Classes, report.GetProperty("images").EnumerateArray().Select(image => image.GetProperty("labels")[0].GetString()));
        using var drawn = new Drawn(pictures.Output("sheet.png"));
        Assert.Equal(((5 * Cell) + PictureSheet.Gap, (3 * RowHeight) + PictureSheet.Gap), drawn.Size);
        foreach (var (row, color) in new[] { SKColors.Blue, SKColors.Lime, SKColors.Red }.Index())
        {
            var y = PictureSheet.Gap + (row * RowHeight);
            // The original is 40 x 30, its versions are as square as the network's input; all have their colours again.
            Assert.Equal(0, drawn.CountInk(PictureSheet.Gap, y, AugmentationPreview.Side, 18));
            for (var column = 0; column < 5; column++)
            {
                var x = PictureSheet.Gap + (column * Cell);
                Assert.InRange(drawn.Count(color, x + 80, y + 70, 60, 20), 1190, 1200);
                if (column > 0) Assert.InRange(drawn.CountInk(x, y, AugmentationPreview.Side, AugmentationPreview.Side), 25_000, 25_600);
                Assert.InRange(drawn.CountInk(x, y + AugmentationPreview.Side, AugmentationPreview.Side, 20), 30, 1500);
            }
        }
    }

    [Fact]
    public async Task The_versions_are_drawn_by_the_seed_and_differ_from_epoch_to_epoch()
    {
        foreach (var (name, seed) in ((string, string)[])[("a.png", "3"), ("b.png", "3"), ("c.png", "4")])
            Assert.Equal(0, (await PreviewAsync(name, "--count", "2", "--versions", "3", "--augment", "randaugment", "--seed", seed)).ExitCode);

        Assert.Equal(File.ReadAllBytes(pictures.Output("a.png")), File.ReadAllBytes(pictures.Output("b.png")));
        Assert.NotEqual(File.ReadAllBytes(pictures.Output("a.png")), File.ReadAllBytes(pictures.Output("c.png")));
        using var drawn = new Drawn(pictures.Output("a.png"));
        Assert.Contains(Enumerable.Range(0, 160), i => drawn[PictureSheet.Gap + Cell + i, PictureSheet.Gap + i] != drawn[PictureSheet.Gap + (2 * Cell) + i, PictureSheet.Gap + i]);
    }

    [Fact]
    public async Task A_recipe_with_mixing_a_grey_network_and_several_classes_at_once_are_shown_too()
    {
        var recipe = pictures.Output("recipe.json");
        File.WriteAllText(recipe, """{"seed": 9, "transform": {"mixing": [{"kind": "cut_mix", "alpha": 1}]}}""");

        var run = await Run.Of("preview", "lenet_5", "--data", pictures.WriteList(), "--recipe", recipe, "--count", "2", "--output", pictures.Output("sheet.png"), "--json");

        var report = run.Json();
        Assert.Equal(9, report.GetProperty("seed").GetInt32());
        Assert.All(report.GetProperty("images").EnumerateArray(), image => Assert.Equal(2, image.GetProperty("labels").GetArrayLength()));
        using var drawn = new Drawn(pictures.Output("sheet.png"));
        Assert.InRange(drawn.CountInk(Cell, 0, drawn.Size.Width - Cell, drawn.Size.Height), 10_000, int.MaxValue);
    }

    [Fact]
    public async Task A_picture_that_cannot_be_read_is_told_and_another_stands_in()
    {
        foreach (var i in Enumerable.Range(0, 5)) File.WriteAllText(Path.Combine(pictures.Data, "red", $"{i}.png"), "no picture");

        var run = await PreviewAsync("sheet.png", "resnet_20", "--count", "18");

        Assert.Equal(1, run.ExitCode);
        Assert.InRange(run.Error.TrimEnd().Split('\n').Count(line => line.StartsWith("luma: left out: ", StringComparison.Ordinal)), 3, 5);
        Assert.True(File.Exists(pictures.Output("sheet.png")));
    }

    [Fact]
    public async Task A_sheet_that_cannot_be_drawn_is_told_before_any_work()
    {
        File.WriteAllText(pictures.Output("there.png"), "mine");

        Assert.EndsWith("the name of the picture must end in .png", (await PreviewAsync("sheet.jpg")).Mistake(), StringComparison.Ordinal);
        Assert.EndsWith("is already there: --force replaces it", (await PreviewAsync("there.png")).Mistake(), StringComparison.Ordinal);
        Assert.Equal("mine", File.ReadAllText(pictures.Output("there.png")));
        Assert.StartsWith("There is no augmentation 'rain'", (await PreviewAsync("sheet.png", "--augment", "rain")).Mistake(), StringComparison.Ordinal);
        Assert.Equal(0, (await PreviewAsync("there.png", "--force", "--count", "1")).ExitCode);
    }
}
