using System.Text.Json;
using nietras.SeparatedValues;
using Parquet;

namespace Luma.Zoo.Tests.Cli;

/// <summary>Which images <c>luma classify</c> finds, and how it writes what they show.</summary>
public class ClassifyManyTests
{
    [Fact]
    public async Task Every_format_has_the_same_answers()
    {
        using var images = new ManyImages(40, damaged: [0, 17, 39]);
        var expected = Answers(JsonDocument.Parse((await images.ClassifyAsync("--json", "--top", "3")).Output).RootElement.EnumerateArray());
        Assert.Equal((3 + (37 * 3), 37), (expected.Count, expected.Count(answer => answer.Rank == 1)));

        foreach (var format in (string[])["json", "jsonl", "csv", "parquet"])
        {
            var output = images.Output($"out.{format}");
            var run = await images.ClassifyAsync("--output", output, "--top", "3");

            Assert.Equal((1, format == "json" ? "" : $"{output}: 40 images, 3 failed"), (run.ExitCode, run.Output.TrimEnd()));
            Assert.Equal(3, run.Error.TrimEnd().Split('\n').Length);
            var read = format switch
            {
                "json" => Answers(JsonDocument.Parse(File.ReadAllText(output)).RootElement.EnumerateArray()),
                "jsonl" => Answers(File.ReadLines(output).Select(line => JsonDocument.Parse(line).RootElement)),
                "csv" => ReadCsv(output),
                _ => await ReadParquetAsync(output),
            };
            Assert.Equal(expected, read);
        }
        // Nothing half done is left beside them.
        Assert.Equal(9, images.Root.Names.Count());
    }

    [Fact]
    public async Task Standard_output_takes_every_format_that_is_text()
    {
        using var images = new ManyImages(5);
        foreach (var format in (string[])["table", "json", "jsonl", "csv"])
        {
            var output = images.Output($"out-{format}");
            var written = await images.ClassifyAsync("--format", format);
            await images.ClassifyAsync("--format", format, "--output", output);

            Assert.Equal((0, File.ReadAllText(output)), (written.ExitCode, written.Output));
        }
    }

    [Fact]
    public async Task What_a_line_has_is_what_is_documented()
    {
        using var images = new ManyImages(2, damaged: 1);

        var lines = (await images.ClassifyAsync("--format", "jsonl", "--top", "1")).Output.TrimEnd().Split('\n').Select(line => JsonDocument.Parse(line).RootElement).ToList();

        Assert.Equal(["path", "predictions"], lines[0].EnumerateObject().Select(member => member.Name));
        Assert.Equal(["index", "label", "probability"], lines[0].GetProperty("predictions")[0].EnumerateObject().Select(member => member.Name));
        Assert.Equal(["path", "error"], lines[1].EnumerateObject().Select(member => member.Name));
    }

    [Fact]
    public async Task What_made_an_output_stands_beside_it()
    {
        using var images = new ManyImages(3, damaged: 1);
        var output = images.Output("out.jsonl");

        await images.ClassifyAsync("--output", output, "--threshold", "0.25");

        var meta = JsonDocument.Parse(File.ReadAllText(output + ".meta.json")).RootElement;
        Assert.Equal(("MNIST", true, 3, 1), (
            meta.GetProperty("weightsFrom").GetString(), meta.GetProperty("complete").GetBoolean(), meta.GetProperty("images").GetInt32(), meta.GetProperty("failed").GetInt32()));
        Assert.Matches(@"^\d+\.\d+\.\d+", meta.GetProperty("luma").GetString());
        var made = meta.GetProperty("made");
        Assert.Equal("lenet_5", made.GetProperty("model").GetString());
        Assert.Equal("""{"threshold":0.25,"top":5}""", JsonSerializer.Serialize(made.GetProperty("options")));
        Assert.Equal(28, made.GetProperty("preset").GetProperty("resize_size")[0].GetInt32());
        Assert.Matches("^[0-9a-f]{64}$", made.GetProperty("weightsSha256").GetString());
    }

    [Fact]
    public async Task The_hash_of_a_weight_file_is_that_of_its_bytes()
    {
        using var images = new ManyImages(1);
        var file = images.Output("lenet.pth");
        using (var weights = ModelZoo.OpenWeights("lenet_5", "MNIST")) weights.Save(file);

        await images.ClassifyAsync("--weights", file, "--output", images.Output("out.csv"));

        var meta = JsonDocument.Parse(File.ReadAllText(images.Output("out.csv.meta.json"))).RootElement;
        Assert.Equal(
            Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(file))), meta.GetProperty("made").GetProperty("weightsSha256").GetString());
    }

    [Fact]
    public async Task Predictions_below_a_threshold_are_left_out()
    {
        using var images = new ManyImages(20);
        var all = Answers(JsonDocument.Parse((await images.ClassifyAsync("--json", "--top", "10")).Output).RootElement.EnumerateArray());

        var some = Answers(JsonDocument.Parse((await images.ClassifyAsync("--json", "--top", "10", "--threshold", "0.01")).Output).RootElement.EnumerateArray());
        var none = (await images.ClassifyAsync("--format", "csv", "--threshold", "1")).Lines;

        Assert.Equal(all.Where(answer => answer.Probability >= 0.01f), some);
        Assert.NotEqual(all.Count, some.Count);
        // An image without predictions is there all the same.
        Assert.Equal(20, none.Skip(1).Select(line => line.Split(',')[0]).Distinct().Count());
    }

    [Fact]
    public async Task The_order_is_that_of_whole_paths_also_in_folders_of_folders()
    {
        using var images = new ManyImages(0);
        string[] names = ["a-b.png", "a.png", "a/0.png", "a/b/1.png", "a/b.png", "a0.png", "b/x.png", "Z.png", "é.png", "a,\"b\"\nc.png"];
        foreach (var name in names)
        {
            var path = Path.Combine(images.Folder, name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.Copy(ManyImages.Digits[0], path);
        }
        var expected = names.Select(name => Path.Combine(images.Folder, name)).Order(StringComparer.Ordinal).ToList();

        await images.ClassifyAsync("--recursive", "--output", images.Output("out.csv"), "--top", "1");
        await images.ClassifyAsync("--recursive", "--output", images.Output("out.jsonl"), "--top", "1");

        Assert.Equal(expected, ReadCsv(images.Output("out.csv")).Select(answer => answer.Path));
        Assert.Equal(expected, Answers(File.ReadLines(images.Output("out.jsonl")).Select(line => JsonDocument.Parse(line).RootElement)).Select(answer => answer.Path));
    }

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    [InlineData("\0", "--null")]
    public async Task A_list_names_images_and_folders(string end, params string[] flags)
    {
        using var images = new ManyImages(3);
        var single = ManyImages.Digits[3];
        File.WriteAllText(images.Output("list.txt"), $"{single}{end}{end}{images.Folder}{end}{single}");

        var run = await Run.Of(["classify", "lenet_5", "--from-file", images.Output("list.txt"), "--json", .. flags]);

        Assert.Equal(
            [single, images.Image(0), images.Image(1), images.Image(2), single], run.Json().EnumerateArray().Select(result => result.GetProperty("path").GetString()));
    }

    [Fact]
    public async Task A_list_that_is_none_is_told_in_one_line()
    {
        using var images = new ManyImages(0);
        var list = images.Output("list");
        File.WriteAllText(list, "a.png\nb.png\0c.png");

        Assert.Equal($"{images.Folder}: this is a folder, not a list of paths; name it as an argument", (await Run.Of("classify", "lenet_5", "--from-file", images.Folder)).Failure());
        Assert.Equal($"{list}-: there is no such file", (await Run.Of("classify", "lenet_5", "--from-file", list + "-")).Failure());
        Assert.EndsWith(
            "line 2 has a NUL character; for a list that has one after each path give --null",
            (await Run.Of("classify", "lenet_5", "--from-file", list)).Error.TrimEnd(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Name images or folders, or a file that lists them with --from-file (see luma classify --help)")]
    [InlineData("--null says how the file of --from-file is written, and there is none", "x.png", "--null")]
    [InlineData("There is no format 'xml': it is table, json, jsonl, csv or parquet (see luma classify --help)", "x.png", "--format", "xml")]
    [InlineData("--json and --format csv exclude each other", "x.png", "--json", "--format", "csv")]
    [InlineData("parquet is not text: give a file with --output FILE", "x.png", "--format", "parquet")]
    [InlineData("--threshold must be a number from 0 to 1, not '1.5' (see luma classify --help)", "x.png", "--threshold", "1.5")]
    [InlineData("--threshold must be a number from 0 to 1, not 'NaN' (see luma classify --help)", "x.png", "--threshold", "NaN")]
    [InlineData("--batch-size must be a whole number from 1 to 2147483647, not '0' (see luma classify --help)", "x.png", "--batch-size", "0")]
    [InlineData("out.dat: its name does not say the format: end it in .jsonl, .csv, .parquet, .json or .txt, or give --format", "x.png", "--output", "out.dat")]
    [InlineData("--resume needs --output FILE", "x.png", "--resume", "--format", "csv")]
    [InlineData("--resume cannot go on with table: jsonl and csv can be continued", "x.png", "--resume")]
    [InlineData("--resume cannot go on with parquet: jsonl and csv can be continued", "x.png", "--resume", "--output", "out.parquet")]
    [InlineData("--resume cannot go on with json: jsonl and csv can be continued", "x.png", "--resume", "--json", "--output", "out.x")]
    [InlineData("--force needs --output FILE", "x.png", "--force")]
    [InlineData("--resume goes on with the output and --force begins it anew: give one of them", "x.png", "--resume", "--force", "--output", "out.csv")]
    [InlineData("--retry-failed needs --resume: it does the images again that failed in an earlier run", "x.png", "--retry-failed", "--output", "out.csv")]
    [InlineData("x.csv is read, and so cannot be written: name another file with --output", "x.csv", "--output", "./x.csv")]
    [InlineData("out.png: results are no image; name a file such as results.jsonl", "x.png", "--output", "out.png", "--format", "csv")]
    [InlineData("{shard} in the name of the output stands for a shard: give --shard too", "x.png", "--output", "out-{shard}.csv")]
    public async Task What_does_not_go_together_is_told_in_one_line(string message, params string[] args) =>
        Assert.Equal(message, (await Run.Of(["classify", "lenet_5", .. args])).Mistake());

    [Fact]
    public async Task An_output_that_is_there_is_replaced_only_where_that_is_asked_for()
    {
        using var images = new ManyImages(2);
        foreach (var format in (string[])["csv", "parquet"])
        {
            var output = images.Output($"out.{format}");
            File.WriteAllText(output, "mine");

            var refused = (await images.ClassifyAsync("--output", output)).Mistake();
            Assert.Equal($"{output} is already there: {(format == "csv" ? "--resume goes on with it, and " : "")}--force replaces it", refused);
            Assert.Equal("mine", File.ReadAllText(output));

            Assert.Equal(0, (await images.ClassifyAsync("--output", output, "--force")).ExitCode);
            Assert.Equal(2 * 5, (format == "csv" ? ReadCsv(output) : await ReadParquetAsync(output)).Count);
        }
    }

    [Fact]
    public async Task A_place_that_cannot_be_written_is_told_before_any_work()
    {
        using var images = new ManyImages(1);

        Assert.Equal($"{images.Folder}: this is a folder; name a file in it", (await images.ClassifyAsync("--format", "csv", "--output", images.Folder)).Failure());
        var nowhere = images.Output("nowhere/out.csv");
        Assert.Equal($"{nowhere}: there is no folder {Path.GetDirectoryName(nowhere)}", (await images.ClassifyAsync("--output", nowhere)).Failure());
        if (OperatingSystem.IsLinux())
            Assert.Equal("/dev/null: this is a device, not a file", (await images.ClassifyAsync("--format", "csv", "--output", "/dev/null")).Failure());
    }

    [Fact]
    public async Task A_batch_of_any_size_gives_the_same_answers()
    {
        using var images = new ManyImages(10, damaged: 4);
        var usual = ReadCsvText((await images.ClassifyAsync("--format", "csv")).Output);

        foreach (var size in (string[])["1", "3", "100"])
        {
            var others = ReadCsvText((await images.ClassifyAsync("--format", "csv", "--batch-size", size)).Output);

            Assert.Equal(usual.Select(answer => answer with { Probability = null }), others.Select(answer => answer with { Probability = null }));
            Assert.All(usual.Zip(others), pair => Assert.Equal(pair.First.Probability ?? 0, pair.Second.Probability ?? 0, 1e-5));
        }
    }

    private static List<Answer> Answers(IEnumerable<JsonElement> images) =>
    [
        .. images.SelectMany(image => image.TryGetProperty("error", out var error)
            ? [new Answer(image.GetProperty("path").GetString()!, null, null, null, null, error.GetString())]
            : image.GetProperty("predictions").EnumerateArray().Select((prediction, place) => new Answer(
                image.GetProperty("path").GetString()!, place + 1, prediction.GetProperty("index").GetInt32(), prediction.GetProperty("label").GetString(),
                prediction.GetProperty("probability").GetSingle(), null))),
    ];

    private static List<Answer> ReadCsv(string path) => ReadCsvText(File.ReadAllText(path));

    private static List<Answer> ReadCsvText(string text)
    {
        using var reader = Sep.New(',').Reader(options => options with { Unescape = true }).FromText(text);
        Assert.Equal(["path", "rank", "index", "label", "probability", "error"], reader.Header.ColNames);
        var answers = new List<Answer>();
        foreach (var row in reader)
        {
            answers.Add(new(
                row["path"].ToString(), row["rank"].TryParse<int>(), row["index"].TryParse<int>(), Text(row["label"].ToString()), row["probability"].TryParse<float>(),
                Text(row["error"].ToString())));
        }
        return answers;

        static string? Text(string text) => text.Length > 0 ? text : null;
    }

    private static async Task<List<Answer>> ReadParquetAsync(string path)
    {
        await using var reader = await ParquetReader.CreateAsync(path);
        Assert.Contains("\"lenet_5\"", reader.CustomMetadata["luma"], StringComparison.Ordinal);
        var answers = new List<Answer>();
        for (var i = 0; i < reader.RowGroupCount; i++)
        {
            using var group = reader.OpenRowGroupReader(i);
            var rows = (int)group.RowCount;
            var fields = reader.Schema.DataFields.ToDictionary(field => field.Name);
            var (paths, labels, errors) = (new string?[rows], new string?[rows], new string?[rows]);
            var (ranks, indices, probabilities) = (new int?[rows], new int?[rows], new float?[rows]);
            await group.ReadAsync(fields["path"], paths.AsMemory()!);
            await group.ReadAsync(fields["label"], labels.AsMemory()!);
            await group.ReadAsync(fields["error"], errors.AsMemory()!);
            await group.ReadAsync<int>(fields["rank"], ranks.AsMemory());
            await group.ReadAsync<int>(fields["index"], indices.AsMemory());
            await group.ReadAsync<float>(fields["probability"], probabilities.AsMemory());
            answers.AddRange(Enumerable.Range(0, rows).Select(row => new Answer(paths[row]!, ranks[row], indices[row], labels[row], probabilities[row], errors[row])));
        }
        return answers;
    }

    private sealed record Answer(string Path, int? Rank, int? Index, string? Label, float? Probability, string? Error);
}
