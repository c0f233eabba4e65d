using System.Diagnostics;

namespace Luma.Zoo.Tests.Cli;

/// <summary>What <c>luma classify --resume</c> makes of what an earlier run left.</summary>
[Collection(nameof(Processes))]
public class ClassifyResumeTests
{
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "luma");

    public static TheoryData<string, string[]> Forms => new()
    {
        { "jsonl", [] },
        { "csv", [] },
        { "csv", ["--threshold", "0.001"] },
        { "jsonl", ["--top", "2", "--batch-size", "5"] },
    };

    [Theory, Trait("Category", "Slow"), MemberData(nameof(Forms))]
    public async Task An_output_that_was_cut_anywhere_becomes_what_it_would_have_become(string format, string[] options)
    {
        using var images = new ManyImages(40, damaged: [0, 15, 16, 30, 39]);
        // A name that needs quotes, and one file twice.
        File.Copy(images.Image(1), images.Image(1)[..^4] + ",\"\n1.png");
        var (whole, part) = (images.Output($"whole.{format}"), images.Output($"part.{format}"));
        Task<Run> Classify(string output, params string[] more) => images.ClassifyAsync([images.Image(3), images.Folder + "/nothing", "--output", output, .. options, .. more]);
        await Classify(whole);
        var bytes = File.ReadAllBytes(whole);

        var random = new Random(11);
        foreach (var length in Enumerable.Range(0, 20).Select(_ => random.Next(bytes.Length)).Concat([0, 1, bytes.Length - 1, bytes.Length]))
        {
            File.WriteAllBytes(part, bytes[..length]);
            File.WriteAllText(part + ".meta.json", File.ReadAllText(whole + ".meta.json").Replace("\"complete\": true", "\"complete\": false", StringComparison.Ordinal));

            var run = await Classify(part, "--resume");

            Assert.Equal((1, length), (run.ExitCode, length));
            Assert.True(bytes.AsSpan().SequenceEqual(File.ReadAllBytes(part)), $"cut at {length}");
            Assert.Equal(File.ReadAllText(whole + ".meta.json"), File.ReadAllText(part + ".meta.json"));
        }
    }

    [Theory]
    [InlineData("jsonl")]
    [InlineData("csv")]
    [Trait("Category", "Slow")]
    public async Task A_run_that_is_killed_again_and_again_comes_to_the_same_end(string format)
    {
        const int Rounds = 8, Step = 64;
        using var images = new ManyImages(Rounds * Step, damaged: [0, 300, (Rounds * Step) - 1]);
        var (whole, part) = (images.Output($"whole.{format}"), images.Output($"part.{format}"));
        using (var process = Process.Start(new ProcessStartInfo(Program, ["classify", "lenet_5", images.Folder, "--output", whole]) { RedirectStandardError = true, RedirectStandardOutput = true })!)
        {
            process.BeginErrorReadLine();
            process.BeginOutputReadLine();
            await process.WaitForExitAsync();
        }
        var size = new FileInfo(whole).Length;

        var random = new Random(format.Length);
        for (var round = 1; round <= Rounds; round++)
        {
            var before = File.Exists(part) ? new FileInfo(part).Length : 0;
            using var process = Process.Start(new ProcessStartInfo(Program, ["classify", "lenet_5", "--from-file", "-", "--output", part, "--resume"])
            {
                RedirectStandardInput = true,
                RedirectStandardError = true,
                RedirectStandardOutput = true,
            })!;
            var read = Task.WhenAll(process.StandardError.ReadToEndAsync(), process.StandardOutput.ReadToEndAsync());
            for (var i = 0; i < round * Step; i++) await process.StandardInput.WriteLineAsync(images.Image(i));
            await process.StandardInput.FlushAsync();
            if (round < Rounds)
            {
                // It waits for more, so it is killed while it runs: wherever it is once so much more is written.
                var until = before + random.NextInt64(1, size / Rounds / 2);
                while (!process.HasExited && (!File.Exists(part) || new FileInfo(part).Length < until)) await Task.Delay(1);
                process.Kill();
            }
            process.StandardInput.Close();
            await process.WaitForExitAsync();
            await read;
            Assert.Equal(round < Rounds ? 137 : 1, process.ExitCode);
        }

        Assert.Equal(File.ReadAllText(whole), File.ReadAllText(part));
    }

    [Fact]
    public async Task Images_that_came_later_are_added_and_finished_ones_not_done_again()
    {
        using var images = new ManyImages(6);
        var output = images.Output("out.jsonl");
        await images.ClassifyAsync("--output", output);
        var before = File.ReadAllText(output);
        // Had it been looked at again, it would have failed.
        File.WriteAllText(images.Image(5), "no image");
        File.Copy(images.Image(0), images.Image(2)[..^4] + "b.png");

        var run = await images.ClassifyAsync("--output", output, "--resume");

        Assert.Equal((0, $"{output}: 7 images"), (run.ExitCode, run.Output.TrimEnd()));
        Assert.StartsWith(before, File.ReadAllText(output), StringComparison.Ordinal);
        Assert.Contains("0002b.png", Assert.Single(File.ReadAllText(output)[before.Length..].TrimEnd().Split('\n')), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("jsonl")]
    [InlineData("csv")]
    public async Task Failed_images_are_done_again_only_where_that_is_asked_for(string format)
    {
        using var images = new ManyImages(6, damaged: [1, 4]);
        var output = images.Output($"out.{format}");
        await images.ClassifyAsync("--output", output);
        var before = File.ReadAllText(output);
        File.Copy(ManyImages.Digits[0], images.Image(1), overwrite: true);

        var kept = await images.ClassifyAsync("--output", output, "--resume");
        Assert.Equal((1, "", before), (kept.ExitCode, kept.Error, File.ReadAllText(output)));

        var again = await images.ClassifyAsync("--output", output, "--resume", "--retry-failed");
        Assert.Equal((1, $"{output}: 6 images, 1 failed"), (again.ExitCode, again.Output.TrimEnd()));
        Assert.Equal(Paths(before).Order(), Paths(File.ReadAllText(output)).Order());
        Assert.EndsWith("0004.png", Paths(File.ReadAllText(output))[^1], StringComparison.Ordinal);
        Assert.Equal(4, images.Root.Names.Count() + 1);

        File.Copy(ManyImages.Digits[0], images.Image(4), overwrite: true);
        Assert.Equal(0, (await images.ClassifyAsync("--output", output, "--resume", "--retry-failed")).ExitCode);
        Assert.Equal(6, Paths(File.ReadAllText(output)).Count);

        List<string> Paths(string text) => format == "csv"
            ? [.. text.TrimEnd().Split('\n').Skip(1).Select(line => line.Split(',')[0]).Distinct()]
            : [.. text.TrimEnd().Split('\n').Select(line => System.Text.Json.JsonDocument.Parse(line).RootElement.GetProperty("path").GetString()!)];
    }

    [Fact]
    public async Task An_output_of_another_model_or_other_options_is_refused_with_what_differs()
    {
        using var images = new ManyImages(2);
        var output = images.Output("out.jsonl");
        await images.ClassifyAsync("--output", output);
        var before = File.ReadAllBytes(output);
        using (Luma.Neural.Initializers.Skip())
        using (var network = ModelZoo.Create("lenet_5"))
        using (var state = Luma.Zoo.Weights.StateDict.Of(network)) state.Save(images.Output("other.pth"));

        foreach (var (difference, args) in new (string, string[])[]
        {
            ("options.top is 5 there and is 2 here", ["--top", "2"]),
            ("options.threshold not given there and is 0.5 here", ["--threshold", "0.5"]),
            ("weightsSha256 is ", ["--weights", images.Output("other.pth"), "--interpolation", "bilinear"]),
            ("format is \"jsonl\" there and is \"csv\" here", ["--format", "csv"]),
            ("shard not given there and is \"0/2\" here", ["--shard", "0/2"]),
        })
        {
            var refused = await images.ClassifyAsync(["--output", output, "--resume", .. args]);

            Assert.Equal((2, ""), (refused.ExitCode, refused.Output));
            Assert.StartsWith($"luma: {output} was made in another way: {difference}", refused.Error.TrimEnd().Split('\n')[^1], StringComparison.Ordinal);
            Assert.Equal(before, File.ReadAllBytes(output));
        }
    }

    [Theory]
    [InlineData("jsonl", "\n", "\r\n")]
    [InlineData("jsonl", "\n", "\n\n \n")]
    [InlineData("csv", "\n", "\r\n")]
    public async Task An_output_that_an_editor_went_over_is_continued(string format, string old, string now)
    {
        using var images = new ManyImages(4, damaged: 1);
        var (whole, part) = (images.Output($"whole.{format}"), images.Output($"part.{format}"));
        // Each picture by itself: with the one that comes later the others would make another batch, and on some processors other last digits.
        await images.ClassifyAsync("--output", part, "--batch-size", "1");
        File.WriteAllText(part, "\uFEFF" + File.ReadAllText(part).Replace(old, now, StringComparison.Ordinal));
        File.Copy(images.Image(2), images.Image(9));
        await images.ClassifyAsync("--output", whole, "--batch-size", "1");

        foreach (var options in (string[][])[["--resume"], ["--resume", "--retry-failed"]])
        {
            var run = await images.ClassifyAsync(["--output", part, "--batch-size", "1", .. options]);

            Assert.Equal(1, run.ExitCode);
            Assert.Equal(Lines(whole), Lines(part));
        }

        // The image that failed goes to the end where it is done again.
        static IEnumerable<string> Lines(string path) =>
            File.ReadAllText(path).Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(line => line.TrimStart('\uFEFF')).Order(StringComparer.Ordinal);
    }

    [Theory, Trait("Category", "Slow")]
    [InlineData("csv")]
    [InlineData("csv", "--threshold", "0")]
    [InlineData("jsonl")]
    public async Task A_finished_output_that_somebody_cut_becomes_whole_again(string format, params string[] options)
    {
        using var images = new ManyImages(3);
        var output = images.Output($"out.{format}");
        await images.ClassifyAsync(["--output", output, .. options]);
        var bytes = File.ReadAllBytes(output);
        var ends = Enumerable.Range(1, bytes.Length).Where(end => bytes[end - 1] == '\n').TakeLast(4).ToList();

        // At the end of each of the last lines, and before it.
        foreach (var length in ends.SelectMany(end => (int[])[end - 5, end - 1, end]))
        {
            File.WriteAllBytes(output, bytes[..length]);
            await images.ClassifyAsync(["--output", output, "--resume", .. options]);
            Assert.True(bytes.AsSpan().SequenceEqual(File.ReadAllBytes(output)), $"cut at {length}");
        }
    }

    [Fact]
    public async Task A_quote_that_somebody_put_in_is_told_and_nothing_behind_it_is_lost()
    {
        using var images = new ManyImages(400);
        var output = images.Output("out.csv");
        await images.ClassifyAsync("--output", output);
        var lines = File.ReadAllLines(output);
        lines[3] = "\"" + lines[3];
        File.WriteAllLines(output, lines);
        var before = File.ReadAllBytes(output);

        var failure = (await images.ClassifyAsync("--output", output, "--resume")).Failure();

        Assert.Equal($"{output}: a quote is not closed; --force begins the output anew", failure);
        Assert.Equal(before, File.ReadAllBytes(output));
    }

    [UnixTheory]
    [InlineData("jsonl")]
    [InlineData("parquet")]
    public async Task A_name_is_as_long_as_the_system_allows_and_no_longer(string format)
    {
        if (OperatingSystem.IsWindows()) return;
        using var images = new ManyImages(1);
        // With .meta.json behind it, it has 255 letters.
        var (longest, longer) = (images.Output(new string('a', 244 - format.Length) + "." + format), images.Output(new string('a', 245 - format.Length) + "." + format));

        Assert.Equal(0, (await images.ClassifyAsync("--output", longest)).ExitCode);
        Assert.Equal(0, (await images.ClassifyAsync("--output", longest, "--force")).ExitCode);
        var failure = (await images.ClassifyAsync("--output", longer)).Failure();

        Assert.StartsWith($"{longer}.meta.json: ", failure, StringComparison.Ordinal);
        Assert.EndsWith("the path is too long", failure, StringComparison.Ordinal);
        Assert.False(File.Exists(longer));
    }

    [Fact]
    public async Task What_is_no_output_of_this_program_is_refused()
    {
        using var images = new ManyImages(2);
        var output = images.Output("out.jsonl");
        File.WriteAllText(output, "mine\n");

        Assert.StartsWith(
            $"{output}: nothing says what made it, since there is no {output}.meta.json", (await images.ClassifyAsync("--output", output, "--resume")).Failure(), StringComparison.Ordinal);
        File.WriteAllText(output + ".meta.json", "{");
        Assert.StartsWith($"{output}.meta.json: cannot be read: ", (await images.ClassifyAsync("--output", output, "--resume")).Failure(), StringComparison.Ordinal);
        File.WriteAllText(output + ".meta.json", "{}");
        Assert.StartsWith($"{output}.meta.json: this does not say ", (await images.ClassifyAsync("--output", output, "--resume")).Failure(), StringComparison.Ordinal);

        await images.ClassifyAsync("--output", output, "--force");
        File.AppendAllText(output, "mine\n");
        Assert.Equal($"{output}: line 3 is not what luma classify writes; --force begins the output anew", (await images.ClassifyAsync("--output", output, "--resume")).Failure());
        Assert.EndsWith("mine\n", File.ReadAllText(output), StringComparison.Ordinal);
    }

    [UnixTheory]
    [InlineData("jsonl")]
    [InlineData("parquet")]
    [InlineData("json")]
    [InlineData("txt")]
    public async Task An_output_that_is_begun_anew_keeps_its_mode_and_the_link_that_leads_to_it(string format)
    {
        if (OperatingSystem.IsWindows()) return;
        const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead;
        using var images = new ManyImages(2);
        var (output, real) = (images.Output($"out.{format}"), images.Output($"real.{format}"));
        File.WriteAllText(real, "old");
        File.SetUnixFileMode(real, Mode);
        File.CreateSymbolicLink(output, real);

        var run = await images.ClassifyAsync("--output", output, "--force");

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Equal(real, new FileInfo(output).LinkTarget);
        Assert.Equal(Mode, File.GetUnixFileMode(real));
        Assert.NotEqual("old", File.ReadAllText(real));
        File.SetUnixFileMode($"{output}.meta.json", Mode);
        await images.ClassifyAsync("--output", output, "--force");
        Assert.Equal(Mode, File.GetUnixFileMode($"{output}.meta.json"));
    }

    [Fact]
    public async Task Two_processes_do_not_write_one_output()
    {
        using var images = new ManyImages(2);
        var output = images.Output("out.csv");
        using var other = new FileStream(output, FileMode.Create, FileAccess.ReadWrite, FileShare.None);

        Assert.Equal($"{output}: cannot be written: another process is using the file", (await images.ClassifyAsync("--output", output, "--resume")).Failure());
    }
}
