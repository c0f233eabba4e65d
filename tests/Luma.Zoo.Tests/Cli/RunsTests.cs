using Luma.Zoo.Tests.Weights;

namespace Luma.Zoo.Tests.Cli;

/// <summary>What <c>luma runs</c> says.</summary>
public sealed class RunsTests : IDisposable
{
    private const string Head = "epoch,steps,learning_rate,loss,validation_loss,accuracy,top5_accuracy,mean_average_precision,images_per_second,best\n";

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private string Add(string name, string? log, string? recipe = """{"epochs": 2, "seed": 7, "optimizer": {"kind": "sgd", "learning_rate": 0.05}}""", string? model = null)
    {
        var path = Directory.CreateDirectory(folder.File(name)).FullName;
        if (recipe is not null) File.WriteAllText(Path.Combine(path, "recipe.json"), recipe);
        if (log is not null) File.WriteAllText(Path.Combine(path, "log.csv"), Head + log);
        if (model is not null) File.WriteAllText(Path.Combine(path, "model.json"), model);
        return path;
    }

    private const string Model = """{"format_version": 1, "model": "lenet_5", "classes": ["a", "b"], "preset": {"resize_size": [28], "crop_size": [28], "mean": [0], "std": [1], "channels": 1}}""";

    [Fact]
    public async Task The_runs_below_a_folder_are_listed_with_the_best_first()
    {
        var done = Add("sweep/a", "1,10,0.05,2,1.5,0.25,0.5,,100,1\n2,20,0.01,1,1.25,0.5,0.75,,100,1\n", model: Model);
        var stopped = Add("sweep/deeper/b", "1,10,0.05,2,1.5,0.75,1,,100,1\n");
        var waiting = Add("sweep/c", null);
        var patient = Add("sweep/d", "1,10,0.05,2,1.5,0.125,1,,100,1\n2,20,0.05,2,1.5,0.1,1,,100,0\n", """{"epochs": 9, "seed": 0, "patience": 1}""");

        var runs = (await Run.Of("runs", folder.File("sweep"), done, "--json")).Json().EnumerateArray().ToList();

        Assert.Equal([stopped, done, patient, waiting], runs.Select(run => run.GetProperty("folder").GetString()));
        Assert.Equal(["stopped", "finished", "finished", "stopped"], runs.Select(run => run.GetProperty("state").GetString()));
        Assert.Equal(
            ("lenet_5", 2, 2, 2, 0.5, 1.25, 0.05, 7),
            (runs[1].GetProperty("model").GetString(), runs[1].GetProperty("epochs").GetInt32(), runs[1].GetProperty("epochsPlanned").GetInt32(), runs[1].GetProperty("bestEpoch").GetInt32(),
                runs[1].GetProperty("top1").GetDouble(), runs[1].GetProperty("loss").GetDouble(), runs[1].GetProperty("learningRate").GetDouble(), runs[1].GetProperty("seed").GetInt32()));
        Assert.Equal((0, 0), (runs[3].GetProperty("epochs").GetInt32(), runs.Count(run => run.GetProperty("problem").ValueKind != System.Text.Json.JsonValueKind.Null)));
    }

    [Fact]
    public async Task The_table_and_the_CSV_say_the_same()
    {
        var run = Add("sweep/a, b", "1,10,0.05,2,1.5,0.25,,0.625,100,1\n", model: Model);

        var table = await Run.Of("runs", run);
        var csv = await Run.Of("runs", run, "--csv");

        Assert.Equal((0, ""), (table.ExitCode, table.Error));
        Assert.Contains(table.Lines, line => line.Contains("mAP", StringComparison.Ordinal) && !line.Contains("top-1", StringComparison.Ordinal));
        Assert.Contains(table.Lines, line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [.., "lenet_5", "1/2", "1", "62.50", "%", "1.5000", "0.05", "7", "stopped"]);
        Assert.Equal(
            ["folder,model,epochs,epochs_planned,best_epoch,top1,mean_average_precision,loss,learning_rate,seed,state", $"\"{run}\",lenet_5,1,2,1,0.25,0.625,1.5,0.05,7,stopped"], csv.Lines);
    }

    [Theory]
    [InlineData("recipe.json", "{\"epochs\": ")]
    [InlineData("recipe.json", "[]")]
    [InlineData("recipe.json", "{\"epochs\": \"many\", \"seed\": 1}")]
    [InlineData("recipe.json", "{\"epochs\": 3}")]
    [InlineData("log.csv", "")]
    [InlineData("log.csv", "epoch,loss\n1,2\n")]
    [InlineData("log.csv", Head + "one,10,0.05,2,1.5,0.25,,,100,1\n")]
    [InlineData("log.csv", Head + "1,10,0.05\n")]
    [InlineData("model.json", "{}")]
    [InlineData("model.json", "\0\0\0")]
    public async Task A_damaged_run_is_listed_and_the_others_too(string file, string content)
    {
        var good = Add("good", "1,10,0.05,2,1.5,0.25,,,100,1\n2,20,0.05,2,1.5,0.2,,,100,0\n", model: Model);
        var bad = Add("bad", "1,10,0.05,2,1.5,0.5,,,100,1\n", model: Model);
        File.WriteAllText(Path.Combine(bad, file), content);

        var run = await Run.Of("runs", good, bad);

        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith($"luma: {bad}: {file}: ", Assert.Single(run.Error.TrimEnd().Split('\n')), StringComparison.Ordinal);
        Assert.Contains(run.Lines, line => line.EndsWith("finished", StringComparison.Ordinal) && line.Contains(good, StringComparison.Ordinal));
        Assert.Contains(run.Lines, line => line.EndsWith("damaged", StringComparison.Ordinal) && line.Contains(bad, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_run_that_somebody_trains_is_running()
    {
        var run = Add("run", "1,10,0.05,2,1.5,0.25,,,100,1\n");
        using var held = new FileStream(Path.Combine(run, ".luma-run-lock"), FileMode.Create, FileAccess.ReadWrite, FileShare.None);

        Assert.Equal("running", (await Run.Of("runs", run, "--json")).Json()[0].GetProperty("state").GetString());
    }

    [Fact]
    public async Task A_folder_without_runs_is_told()
    {
        Directory.CreateDirectory(folder.File("empty"));

        Assert.Equal($"{folder.File("empty")}: there is no run in this folder, nor below it", (await Run.Of("runs", folder.File("empty"))).Failure());
        Assert.Equal($"{folder.File("nowhere")}: there is no such folder", (await Run.Of("runs", folder.File("nowhere"))).Failure());
        Assert.StartsWith("An argument is empty", (await Run.Of("runs", "")).Mistake(), StringComparison.Ordinal);
        Assert.StartsWith("the table is printed as CSV or as JSON", (await Run.Of("runs", folder.File("empty"), "--csv", "--json")).Mistake(), StringComparison.Ordinal);
    }
}
