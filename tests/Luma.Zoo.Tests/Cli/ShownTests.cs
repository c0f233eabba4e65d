using Luma.Zoo.Cli;
using Luma.Zoo.Tests.Weights;
using Luma.Zoo.Weights;

namespace Luma.Zoo.Tests.Cli;

/// <summary>What people are shown of text that comes from files.</summary>
public class ShownTests
{
    private static readonly string Digit = Path.Combine(AppContext.BaseDirectory, "Digits", "digit-7-0017.png");

    [Theory]
    [InlineData("dog.jpg", "dog.jpg")]
    [InlineData("犬 \U0001F469\u200D\U0001F4BB é.jpg", "犬 \U0001F469\u200D\U0001F4BB é.jpg")]
    [InlineData("red\u001b[31m\a.jpg", "red\\u001b[31m\\u0007.jpg")]
    [InlineData("two\r\nlines\u2028", "two\\u000d\\u000alines\\u2028")]
    [InlineData("c1\u009b31m", "c1\\u009b31m")]
    [InlineData("gpj.\u202Egnp", "gpj.\\u202egnp")]
    public void A_name_does_nothing_to_a_terminal(string name, string shown) => Assert.Equal(shown, Shown.Name(name));

    [Theory]
    [InlineData("one", "one")]
    [InlineData("It does not fit.\n2 missing: a, b\n1 unexpected: c", "It does not fit. 2 missing: a, b; 1 unexpected: c")]
    [InlineData("first:\r\n\r\n  second\n", "first: second")]
    public void A_message_of_several_lines_is_told_in_one(string message, string shown) => Assert.Equal(shown, Shown.Message(message));

    [UnixFact]
    public async Task Names_of_files_and_classes_do_nothing_to_a_terminal()
    {
        if (OperatingSystem.IsWindows()) return;
        using var folder = new TemporaryFolder();
        var (image, labels) = (folder.File("\u001b[31m\n7.png"), folder.File("labels.txt"));
        File.Copy(Digit, image);
        File.WriteAllLines(labels, Enumerable.Range(0, 10).Select(i => $"\u001b[32m{i}"));

        var run = await Run.Of("classify", "lenet_5", image, folder.File("\u001b.png"), "--labels", labels, "--top", "1");

        Assert.Equal(1, run.ExitCode);
        Assert.DoesNotContain('\u001b', run.Output + run.Error);
        Assert.Contains("\\u001b[31m\\u000a7.png   \\u001b[32m7 ", run.Output, StringComparison.Ordinal);
        Assert.EndsWith("\\u001b.png: there is no such file\n", run.Error, StringComparison.Ordinal);
        // Programs get the name as it is.
        Assert.Equal(image, (await Run.Of("classify", "lenet_5", image, "--json")).Json()[0].GetProperty("path").GetString());
    }

    [Fact]
    public async Task Weights_of_another_network_are_told_in_one_line_whose_parts_are_apart()
    {
        using var folder = new TemporaryFolder();
        var file = folder.File("one.safetensors");
        using (var other = ModelZoo.Create("lenet_1"))
        using (var weights = StateDict.Of(other)) weights.Save(file);

        var line = (await Run.Of("classify", "lenet_5", Digit, "--weights", file)).Failure();

        Assert.Matches(@"^\S+ does not fit \S+\. \d+ missing: [^;]+; .*\d+ mismatched: ", line);
    }

    // What .NET says of JSON counts from 0, and has advice for programmers.
    [Theory]
    [InlineData("model", "{\"format_version\": 1, \"model\": \"lenet_5\",\n\"classes\": [1,]}", "model.json: this is not a model.json that can be used: line 2, classes: The JSON array contains a trailing comma at the end which is not supported in this mode")]
    [InlineData("config", "{\n\"architecture\": resnet18}", "config.json: this is not a config.json of timm's that can be used: line 2, architecture: 'r' is an invalid start of a value")]
    [InlineData("--preset", "{\n\"resize_size\": [256],\n\"crop_size\": }", ".json: this is not a preset: line 3: '}' is an invalid start of a value")]
    [InlineData("--labels", "[\n\"a\" \"b\"]", ".json: not JSON: line 2: '\"' is invalid after a value. Expected either ',', '}', or ']'")]
    [InlineData("--recipe", "{\n\n\"epochs\": x}", ".json: this is not a recipe: line 3: 'x' is an invalid start of a value")]
    [InlineData("meta", "{\n\"luma\":", ".json: cannot be read: line 2, luma: ")]
    public async Task A_mistake_in_json_is_told_by_its_line_as_people_count(string where, string json, string message)
    {
        using var folder = new TemporaryFolder();
        var file = folder.File(where switch
        {
            "model" => "model.json",
            "config" => "config.json",
            "meta" => "out.jsonl.meta.json",
            _ => "x.json",
        });
        File.WriteAllText(file, json);
        if (where == "meta") File.WriteAllText(folder.File("out.jsonl"), "{}\n");

        var line = (await Run.Of(where switch
        {
            "model" or "config" => ["classify", folder.File("."), Digit],
            "meta" => ["classify", "lenet_5", Digit, "--output", folder.File("out.jsonl"), "--resume"],
            "--recipe" => ["train", "lenet_5", "--data", folder.File("."), "--output", folder.File("run"), "--recipe", file],
            _ => ["classify", "lenet_5", Digit, where, file],
        })).Failure();

        Assert.Contains(message, line, StringComparison.Ordinal);
        Assert.DoesNotContain("LineNumber", line, StringComparison.Ordinal);
        Assert.DoesNotContain("reader options", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_picture_for_which_nothing_is_likely_enough_stands_in_the_table()
    {
        var rows = (await Run.Of("classify", "lenet_5", Digit, "--threshold", "1", "--format", "csv")).Output.TrimEnd().Split('\n');
        var table = await Run.Of("classify", "lenet_5", Digit, "--threshold", "1");

        Assert.Equal($"{Digit},,,,,", rows[1]);
        Assert.Equal(0, table.ExitCode);
        Assert.Contains(table.Lines, line => line.Trim() == Digit);
    }

    [Fact]
    public async Task A_file_whose_name_begins_with_a_dash_is_not_taken_for_a_misspelling()
    {
        var name = $"-x{Guid.NewGuid():N}.png";
        File.Copy(Digit, name);
        try
        {
            Assert.Equal(
                $"There is no option '{name}'; for the file of that name write ./{name} (see luma classify --help)", (await Run.Of("classify", "lenet_5", name)).Mistake());
            Assert.Equal(0, (await Run.Of("classify", "lenet_5", $"./{name}")).ExitCode);
        }
        finally
        {
            File.Delete(name);
        }
    }
}
