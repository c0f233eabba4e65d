using System.Text.Json;
using SkiaSharp;

namespace Luma.Zoo.Tests.Cli;

/// <summary>What <c>luma classify --sheet</c> draws.</summary>
public class ContactSheetTests
{
    // A cell of 240 pixels with a picture of 200, then a line of text, then three answers with a bar under each; 12 pixels between cells.
    private const int Gap = 12, Width = 240, Height = 302, FirstBar = 200 + 13 + 2 + 26 + 4;

    [Fact]
    public async Task Pictures_stand_above_their_three_best_answers_with_bars_as_long_as_they_are_likely()
    {
        using var images = new ManyImages(7, damaged: 2);
        var sheet = images.Output("sheet.png");
        var run = await images.ClassifyAsync("--sheet", sheet, "--json");
        var answers = JsonDocument.Parse(run.Output).RootElement.EnumerateArray().ToList();

        Assert.Equal((1, 7), (run.ExitCode, answers.Count));
        using var drawn = SKBitmap.Decode(sheet);
        Assert.Equal(((5 * (Width + Gap)) + Gap, (2 * (Height + Gap)) + Gap), (drawn.Width, drawn.Height));
        for (var i = 0; i < 7; i++)
        {
            var (x, y) = (Gap + (i % 5 * (Width + Gap)), Gap + (i / 5 * (Height + Gap)));
            // The name, in letters.
            Assert.InRange(Count(drawn, x, y + 200, 100, 18, color => color.Red < 100), 50, 1000);
            if (i == 2)
            {
                Assert.InRange(Count(drawn, x, y + FirstBar - 14, Width, 18, color => color.Red > 150 && color.Blue < 100), 50, 1000);
                Assert.Equal(200 * 200, Count(drawn, x + 20, y, 200, 200, color => color == new SKColor(0xE6, 0xE6, 0xE6)));
                continue;
            }

            // The digit is white on black.
            Assert.InRange(Count(drawn, x + 20, y, 200, 200, color => color.Red < 50), 20_000, 38_000);
            for (var rank = 0; rank < 3; rank++)
            {
                var length = Count(drawn, x, y + FirstBar + (rank * 26) + 1, Width, 1, color => color.Blue > color.Red + 40);
                Assert.Equal(Width * answers[i].GetProperty("predictions")[rank].GetProperty("probability").GetSingle(), length, 1.0);
            }
        }
    }

    [Fact]
    public async Task A_sheet_has_room_for_200_pictures()
    {
        using var images = new ManyImages(203);

        await images.ClassifyAsync("--sheet", images.Output("sheet.png"), "--output", images.Output("out.csv"));

        using var drawn = SKBitmap.Decode(images.Output("sheet.png"));
        Assert.Equal((40 * (Height + Gap)) + Gap, drawn.Height);
        Assert.Equal(203 * 5, File.ReadLines(images.Output("out.csv")).Count() - 1);
    }

    [Fact]
    public async Task A_name_however_long_is_cut_off_where_its_place_ends()
    {
        using var images = new ManyImages(1);
        // A cut may go through a letter of two parts.
        File.WriteAllLines(images.Output("labels.txt"), Enumerable.Repeat("a" + string.Concat(Enumerable.Repeat("𝄞", 50_000)), 10));

        var run = await images.ClassifyAsync("--labels", images.Output("labels.txt"), "--sheet", images.Output("sheet.png"), "--output", images.Output("out.jsonl"));

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        using var drawn = SKBitmap.Decode(images.Output("sheet.png"));
        Assert.Equal(Width + (2 * Gap), drawn.Width);
    }

    [Fact]
    public async Task A_sheet_is_drawn_where_no_picture_can_be_read()
    {
        using var images = new ManyImages(1, damaged: 0);

        Assert.Equal(1, (await images.ClassifyAsync("--sheet", images.Output("sheet.png"))).ExitCode);
        Assert.Equal(1, (await Run.Of("classify", "lenet_5", images.Output("nowhere"), "--sheet", images.Output("other.png"))).ExitCode);

        using var drawn = SKBitmap.Decode(images.Output("other.png"));
        Assert.Equal(Width + (2 * Gap), drawn.Width);
    }

    [Fact]
    public async Task A_sheet_that_cannot_be_drawn_is_told_before_any_work()
    {
        using var images = new ManyImages(1);
        var there = images.Output("sheet.png");
        File.WriteAllText(there, "mine");

        Assert.Equal($"{there} is already there: --force replaces it", (await images.ClassifyAsync("--sheet", there)).Mistake());
        Assert.Equal("sheet.jpg: the name of a sheet must end in .png", (await images.ClassifyAsync("--sheet", "sheet.jpg")).Mistake());
        Assert.Equal(
            $"{images.Image(0)} is read, and so cannot be written: name another file with --sheet",
            (await Run.Of("classify", "lenet_5", images.Image(0), "--sheet", images.Image(0), "--force")).Mistake());
        Assert.Equal("mine", File.ReadAllText(there));
        Assert.Equal(0, (await images.ClassifyAsync("--sheet", there, "--force")).ExitCode);
        Assert.Equal(Width + (2 * Gap), SKBitmap.Decode(there).Width);
    }

    [Fact]
    public async Task A_sheet_among_the_pictures_is_none_of_them()
    {
        using var images = new ManyImages(3);
        var output = images.Output("out.jsonl");

        foreach (var again in (string[])["--resume", "--resume", "--force"])
        {
            Assert.Equal(0, (await images.ClassifyAsync("--output", output, "--sheet", Path.Combine(images.Folder, "sheet.png"), again)).ExitCode);
            Assert.Equal(3, File.ReadAllLines(output).Length);
        }
        File.Delete(Path.Combine(images.Folder, "sheet.png"));

        // Nor are those of the other parts; one of a part that there is not, or in another folder, is a picture.
        var others = Directory.CreateDirectory(Path.Combine(images.Folder, "inner")).FullName;
        foreach (var picture in (string[])[Path.Combine(images.Folder, "s-2.png"), Path.Combine(others, "s-0.png")]) File.Copy(images.Image(0), picture);
        foreach (var again in (string[])["--resume", "--force"])
        {
            List<string> paths = [];
            for (var part = 0; part < 2; part++)
            {
                var lines = images.Output($"part-{part}.jsonl");
                Assert.Equal(0, (await images.ClassifyAsync("--recursive", "--shard", $"{part}/2", "--output", lines, "--sheet", Path.Combine(images.Folder, "s-{shard}.png"), again)).ExitCode);
                paths.AddRange(File.ReadLines(lines).Select(line => JsonDocument.Parse(line).RootElement.GetProperty("path").GetString()!));
            }
            Assert.Equal(
                ["0000.png", "0001.png", "0002.png", "inner/s-0.png", "s-2.png"],
                paths.Select(path => Path.GetRelativePath(images.Folder, path).Replace('\\', '/')).Order(StringComparer.Ordinal));
        }
        Assert.True(File.Exists(Path.Combine(images.Folder, "s-1.png")));
    }

    private static int Count(SKBitmap bitmap, int x, int y, int width, int height, Predicate<SKColor> counts)
    {
        var count = 0;
        for (var row = y; row < y + height; row++)
        {
            for (var column = x; column < x + width; column++)
            {
                if (counts(bitmap.GetPixel(column, row))) count++;
            }
        }
        return count;
    }
}
