using System.Text.Json;
using System.Text.RegularExpressions;
using Luma.Zoo.Tests.Training;
using Luma.Zoo.Tests.Weights;

namespace Luma.Zoo.Tests.Cli;

/// <summary><c>luma finetune</c> and <c>luma train</c> in this process.</summary>
public sealed class FineTuneTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly DigitFiles digits = new DigitFiles().WithPart("train", 100).WithPart("t10k", 30, gzip: true);

    private string RunPath => folder.File("run");

    public void Dispose()
    {
        folder.Dispose();
        digits.Dispose();
    }

    [Fact]
    public async Task The_same_seed_writes_the_same_weights_and_the_run_is_a_model()
    {
        var report = (await FineTune("1", "--seed", "5", "--json")).Json();
        await FineTune("2", "--seed", "5");
        await FineTune("3", "--seed", "6");

        byte[] Weights(string run) => File.ReadAllBytes(Path.Combine(folder.File(run), "model.safetensors"));
        Assert.Equal(Weights("1"), Weights("2"));
        Assert.NotEqual(Weights("1"), Weights("3"));
        Assert.Equal(("lenet_5", 2, 20, 30), (report.GetProperty("id").GetString(), report.GetProperty("epochs").GetInt32(), report.GetProperty("images").GetInt32(), report.GetProperty("testImages").GetInt32()));

        var classified = (await Run.Of("classify", folder.File("1"), Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Digits"), "*.png")[0], "--json")).Json();
        Assert.Contains(classified[0].GetProperty("predictions")[0].GetProperty("label").GetString(), Enumerable.Range(0, 10).Select(digit => $"{digit}"));

        // The part to measure with in the end: what the run said of it is what is measured again.
        var evaluated = (await Run.Of("evaluate", folder.File("1"), "--data", digits.Folder, "--json")).Json();
        Assert.Equal(report.GetProperty("testTop1").GetDouble(), evaluated.GetProperty("top1").GetDouble());
        Assert.Equal(30, evaluated.GetProperty("images").GetInt32());
        // The recipe is there to be taken again.
        Assert.Equal(0, (await Run.Of("finetune", "lenet_5:none", "--data", digits.Folder, "--recipe", Path.Combine(folder.File("1"), "recipe.json"), "--output", folder.File("4"))).ExitCode);
        Assert.Equal(Weights("1"), Weights("4"));
    }

    [Fact]
    public async Task Train_is_finetune_without_weights()
    {
        Assert.Equal(0, (await FineTune("fine")).ExitCode);
        Assert.Equal(0, (await Run.Of("train", "lenet_5", "--data", digits.Folder, "--epochs", "2", "--output", folder.File("train"))).ExitCode);

        Assert.Equal(File.ReadAllBytes(folder.File("fine/model.safetensors")), File.ReadAllBytes(folder.File("train/model.safetensors")));
        Assert.Equal(
            "train begins with fresh weights, so it takes no --weights: luma finetune goes on from weights",
            (await Run.Of("train", "lenet_5", "--weights", "MNIST", "--data", digits.Folder, "--output", folder.File("x"))).Mistake());
        Assert.StartsWith("train begins with fresh weights", (await Run.Of("train", "lenet_5:MNIST", "--data", digits.Folder, "--output", folder.File("x"))).Mistake(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_that_has_something_else_is_refused_before_the_training()
    {
        Assert.Equal(0, (await FineTune("run")).ExitCode);
        Directory.CreateDirectory(folder.File("model"));
        File.Copy(folder.File("run/model.json"), folder.File("model/model.json"));
        File.WriteAllText(folder.File("file"), "x");

        Assert.Equal($"{RunPath}: there is a run in this folder already. Go on with it by --resume (in C#: Resume), or take another folder.", (await FineTune("run")).Failure());
        Assert.Equal($"{folder.File("model")}: there is a model in this folder, which is no run's. Take another folder.", (await FineTune("model")).Failure());
        Assert.Equal($"{folder.File("file")}: cannot be written: this is a file, and a run is a folder.", (await FineTune("file")).Failure());
        if (OperatingSystem.IsLinux())
            Assert.StartsWith("/proc/run: cannot be written: ", (await Run.Of("finetune", "lenet_5:none", "--data", digits.Folder, "--output", "/proc/run")).Failure(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("README.md")]
    [InlineData("log.csv")]
    [InlineData("recipe.json")]
    [InlineData("model.safetensors")]
    public async Task What_a_run_would_overwrite_is_told_and_stays(string name)
    {
        Directory.CreateDirectory(RunPath);
        File.WriteAllText(Path.Combine(RunPath, name), "mine");

        foreach (var more in (string[][])[[], ["--resume"]])
            Assert.Equal($"{RunPath}: there is a {name} in this folder, which is no run's and would be overwritten. Take another folder.", (await FineTune("run", more)).Failure());

        Assert.Equal("mine", File.ReadAllText(Path.Combine(RunPath, name)));
        Assert.Equal([name], Directory.EnumerateFileSystemEntries(RunPath).Select(path => Path.GetFileName(path)));
        // Other files are in nobody's way, and a start that comes to nothing leaves none.
        File.Move(Path.Combine(RunPath, name), Path.Combine(RunPath, "notes.txt"));
        Assert.Equal(1, (await Run.Of("finetune", "lenet_5:none", "--data", folder.File("nowhere"), "--output", RunPath)).ExitCode);
        Assert.Equal(["notes.txt"], Directory.EnumerateFileSystemEntries(RunPath).Select(path => Path.GetFileName(path)));
        Assert.Equal(0, (await FineTune("run")).ExitCode);
    }

    [Fact]
    public async Task A_folder_of_the_pictures_is_no_place_for_the_run()
    {
        using var pictures = new PictureFolder().With("0/1.png", "0/2.png", "1/1.png", "1/2.png");

        foreach (var output in (string[])[pictures.Root, Path.Combine(pictures.Root, "0"), Path.Combine(pictures.Root, "1", "..", "0")])
        {
            var run = await Run.Of("finetune", "lenet_5:none", "--data", pictures.Root, "--epochs", "1", "--output", output);
            Assert.Equal($"{output}: the pictures to learn from are in this folder. Take another one, such as {Path.Combine(output, "run")}.", run.Failure());
        }
        Assert.Equal(["0", "1"], Directory.GetFileSystemEntries(pictures.Root).Select(Path.GetFileName).Order());
        // Beside the classes it is in nobody's way.
        for (var i = 0; i < 2; i++)
            Assert.Equal(0, (await Run.Of("finetune", "lenet_5:none", "--data", pictures.Root, "--epochs", "1", "--output", Path.Combine(pictures.Root, "run"), "--resume")).ExitCode);
    }

    [Fact]
    public async Task What_is_wrong_with_the_data_is_one_line_and_makes_no_folder()
    {
        using var pictures = new PictureFolder().With("a/1.png", "a/2.png");

        Assert.StartsWith($"{pictures.Root}: there is one class, 'a', and a classifier needs two at least.", (await Of(pictures.Root)).Failure(), StringComparison.Ordinal);
        Assert.Equal("nowhere: there is no such folder or file.", (await Of("nowhere")).Failure());
        Assert.False(Directory.Exists(RunPath));

        Task<Run> Of(string data) => Run.Of("finetune", "lenet_5:none", "--data", data, "--output", RunPath);
    }

    [Fact]
    public async Task A_run_that_is_done_goes_on_to_its_end_at_once_and_not_otherwise()
    {
        var first = (await FineTune("run", "--json")).Json();
        var (weights, recipe) = (File.ReadAllBytes(folder.File("run/model.safetensors")), File.ReadAllText(folder.File("run/recipe.json")));

        var again = (await FineTune("run", "--json", "--resume")).Json();
        Assert.Equal(first.GetProperty("top1").GetDouble(), again.GetProperty("top1").GetDouble());
        Assert.Equal(first.GetProperty("steps").GetInt64(), again.GetProperty("steps").GetInt64());

        // Another recipe, other pictures, another network: each is told, and nothing is lost.
        Assert.Contains("has another recipe: ", (await FineTune("run", "--resume", "--lr", "0.5")).Failure(), StringComparison.Ordinal);
        Assert.Contains("is of another network: lenet_5, and this is lenet_4.", (await Run.Of("finetune", "lenet_4:none", "--data", digits.Folder, "--epochs", "2", "--output", RunPath, "--resume")).Failure(), StringComparison.Ordinal);
        Assert.Contains(
            "was shown images prepared in another way: mean was [0.1307] and is [0.2]. Go on with the same, or take another folder.",
            (await FineTune("run", "--resume", "--mean", "0.2")).Failure(), StringComparison.Ordinal);
        Assert.Contains("apply_orientation was true and is false", (await FineTune("run", "--resume", "--ignore-orientation")).Failure(), StringComparison.Ordinal);
        using (var others = new DigitFiles().WithPart("train", 90).WithPart("t10k", 30))
        {
            Assert.Contains(
                "the pictures to learn from have changed since the training was saved: there were 80, and now there are 70.",
                (await Run.Of("finetune", "lenet_5:none", "--data", others.Folder, "--epochs", "2", "--output", RunPath, "--resume")).Failure(), StringComparison.Ordinal);
        }
        using (var pictures = new PictureFolder().With("a/1.png", "a/2.png", "b/1.png", "b/2.png"))
        {
            Assert.Contains(
                "the pictures to learn from have changed since the training was saved",
                (await Run.Of("finetune", "lenet_5:none", "--data", pictures.Root, "--epochs", "2", "--output", RunPath, "--resume")).Failure(), StringComparison.Ordinal);
        }
        Assert.Equal((weights, recipe), (File.ReadAllBytes(folder.File("run/model.safetensors")), File.ReadAllText(folder.File("run/recipe.json"))), (one, other) => one.Item1.SequenceEqual(other.Item1) && one.Item2 == other.Item2);
        Assert.Equal(0, (await FineTune("run", "--resume")).ExitCode);
    }

    [Theory, Trait("Category", "Slow")]
    [InlineData("model.json", "{")]
    [InlineData("model.json", null)]
    [InlineData("model.safetensors", "nothing")]
    [InlineData("model.safetensors", null)]
    public async Task A_run_without_its_best_weights_says_so_before_it_goes_on(string name, string? content)
    {
        Assert.Equal(0, (await FineTune("run")).ExitCode);
        var (file, log) = (folder.File($"run/{name}"), File.ReadAllText(folder.File("run/log.csv")));
        File.Move(file, folder.File("copy"));
        if (content is not null) File.WriteAllText(file, content);

        var line = (await FineTune("run", "--resume")).Failure();

        Assert.StartsWith($"{folder.File("run/checkpoints")}: the best weights of the training cannot be read: {RunPath}", line, StringComparison.Ordinal);
        Assert.EndsWith(". Put that file back from a copy, or begin anew in another folder.", line, StringComparison.Ordinal);
        File.Move(folder.File("copy"), file, overwrite: true);
        Assert.Equal(0, (await FineTune("run", "--resume")).ExitCode);
        Assert.Equal(log, File.ReadAllText(folder.File("run/log.csv")));
    }

    [Fact]
    public async Task Training_goes_on_from_a_run_with_the_same_classes_or_with_others()
    {
        Assert.Equal(0, (await FineTune("first")).ExitCode);
        using var pictures = new PictureFolder().With([.. Enumerable.Range(0, 6).SelectMany(i => (string[])[$"a/{i}.png", $"b/{i}.png"])]);

        var same = await Run.Of("finetune", folder.File("first"), "--data", digits.Folder, "--epochs", "1", "--lr", "0.000000001", "--output", folder.File("same"), "--json");
        var other = await Run.Of("finetune", folder.File("first"), "--data", pictures.Root, "--epochs", "1", "--output", folder.File("other"), "--json");

        // So small a rate leaves the weights where they were.
        Assert.Contains("the head knows these classes already, and is kept", Notes(same), StringComparer.Ordinal);
        using var before = ModelZoo.OpenWeights("lenet_5", folder.File("first/model.safetensors"));
        using var after = ModelZoo.OpenWeights("lenet_5", folder.File("same/model.safetensors"));
        using var scope = NewDisposeScope();
        foreach (var name in before.Names) Assert.True(before[name].ToTensor().allclose(after[name].ToTensor(), 1e-5, 1e-6), name);
        Assert.Contains(Notes(other), note => note!.StartsWith("the head is fresh (", StringComparison.Ordinal));
        using var classes = JsonDocument.Parse(File.ReadAllText(folder.File("other/model.json")));
        Assert.Equal(["a", "b"], classes.RootElement.GetProperty("classes").EnumerateArray().Select(name => name.GetString()));

        static List<string?> Notes(Run run) => [.. run.Json().GetProperty("notes").EnumerateArray().Select(note => note.GetString())];
    }

    [Fact]
    public async Task Several_labels_are_learnt_at_once_and_measured_by_mean_average_precision()
    {
        using var pictures = new PictureFolder().With([.. Enumerable.Range(0, 20).Select(i => $"{i}.png")]);
        pictures.Write("train.csv", "path,labels\n" + string.Concat(Enumerable.Range(0, 14).Select(i => $"{i}.png,{(i % 2 == 0 ? "even" : "")};{(i % 3 == 0 ? "third" : "")}\n")));
        pictures.Write("val.csv", "path,labels\n" + string.Concat(Enumerable.Range(14, 6).Select(i => $"{i}.png,{(i % 2 == 0 ? "even" : "")};{(i % 3 == 0 ? "third" : "")}\n")));

        var report = (await Run.Of("finetune", "lenet_5:none", "--data", pictures.Root, "--epochs", "2", "--output", RunPath, "--json")).Json();
        var evaluated = (await Run.Of("evaluate", RunPath, "--data", pictures.PathOf("val.csv"), "--json")).Json();

        Assert.Equal(report.GetProperty("meanAveragePrecision").GetDouble(), evaluated.GetProperty("meanAveragePrecision").GetDouble());
        Assert.Equal(["even", "third"], evaluated.GetProperty("classes").EnumerateArray().Select(entry => entry.GetProperty("name").GetString()));
        Assert.StartsWith("The recipe's loss is the cross entropy of one class a picture", (await Run.Of("finetune", "lenet_5:none", "--data", pictures.Root, "--label-smoothing", "0.1", "--output", folder.File("no"))).Mistake(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pictures_that_cannot_be_read_are_told_or_stop_the_training()
    {
        using var pictures = new PictureFolder().With([.. Enumerable.Range(0, 6).SelectMany(i => (string[])[$"train/a/{i}.png", $"train/b/{i}.png"]), "val/a/1.png", "val/b/1.png", "val/b/2.png", "test/a/1.png", "test/b/1.png"])
            .Write("train/a/3.png", "no picture").Write("val/b/2.png", "none either").Write("test/b/1.png", "nor here");

        var run = await Run.Of("finetune", "lenet_5:none", "--data", pictures.Root, "--epochs", "1", "--output", RunPath);

        Assert.Equal(1, run.ExitCode);
        Assert.Equal(
            ((string[])["train/a/3.png", "val/b/2.png", "test/b/1.png"]).Select(pictures.PathOf),
            run.Error.TrimEnd().Split('\n').Select(line => Regex.Match(line, "^luma: left out: ([^:]+): ").Groups[1].Value));
        Assert.True(File.Exists(folder.File("run/model.safetensors")));
        // Whoever goes on with the run hears the same, and so does whoever reads its card.
        var card = File.ReadAllText(folder.File("run/README.md"));
        var again = await Run.Of("finetune", "lenet_5:none", "--data", pictures.Root, "--epochs", "1", "--output", RunPath, "--resume");
        Assert.Equal((1, run.Error), (again.ExitCode, again.Error));
        Assert.Equal(card, File.ReadAllText(folder.File("run/README.md")));
        Assert.StartsWith(pictures.PathOf("train/a/3.png"), (await Run.Of("finetune", "lenet_5:none", "--data", pictures.Root, "--epochs", "1", "--strict", "--output", folder.File("strict"))).Failure(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_loss_that_is_not_finite_is_one_line_and_the_best_weights_stay()
    {
        File.WriteAllText(folder.File("recipe.json"), "{\"epochs\": 4, \"batch_size\": 16, \"optimizer\": {\"kind\": \"sgd\", \"learning_rate\": 3e38}, \"schedule\": {\"kind\": \"constant\"}, \"warmup\": {\"epochs\": 1, \"initial\": 1e-42}}");

        // The first step of the warm-up is as good as none; those after it are far too large.
        var line = (await Run.Of("finetune", "lenet_5:none", "--data", digits.Folder, "--recipe", folder.File("recipe.json"), "--output", RunPath)).Failure();

        Assert.Matches(@"^The loss is no longer finite at step \d+ of epoch 1, with a learning rate of [0-9.E+]+\. ", line);
    }

    [Theory]
    [InlineData("--optimizer lion", "There is no optimizer 'lion': it is sgd, adam, adamw or rmsprop (--optimizer)")]
    [InlineData("--augment lots", "There is no augmentation 'lots': ")]
    [InlineData("--lr 0", "--lr must be a number above 0, not '0'")]
    [InlineData("--val-fraction 1", "--val-fraction must be a number above 0 and below 1, not '1'")]
    [InlineData("--freeze nothing", "'nothing' stands for none of the network's parameters.")]
    [InlineData("--freeze *", "All of the network's parameters are frozen")]
    public async Task What_makes_no_sense_is_incorrect_usage(string arguments, string mistake) =>
        Assert.StartsWith(mistake, (await FineTune("run", arguments.Split(' '))).Mistake(), StringComparison.Ordinal);

    [Theory]
    [InlineData("{\"epoch\": 1}", "this is not a recipe: recipe has no member 'epoch': did you mean epochs?")]
    [InlineData("{", "this is not a recipe: ")]
    public async Task What_is_no_recipe_is_told(string json, string reason)
    {
        File.WriteAllText(folder.File("recipe.json"), json);

        Assert.StartsWith($"{folder.File("recipe.json")}: {reason}", (await FineTune("run", "--recipe", folder.File("recipe.json"))).Failure(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_recipe_that_does_not_fit_the_classes_is_incorrect_usage()
    {
        File.WriteAllText(folder.File("recipe.json"), "{\"loss\": {\"kind\": \"cross_entropy\", \"class_weights\": [1, 2]}}");

        Assert.Equal("There are 2 weights for 10 classes", (await FineTune("run", "--recipe", folder.File("recipe.json"))).Mistake());
    }

    [Theory]
    [InlineData("""{"transform":{"inputs":[{"kind":"random_erasing","p":1,"value":[1,2,3]}]}}""", "random_erasing: value: expected one number or one for each channel of the network's input, 1, got 3")]
    public async Task A_recipe_that_does_not_fit_the_networks_input_is_incorrect_usage(string json, string problem)
    {
        File.WriteAllText(folder.File("recipe.json"), json);

        Assert.Equal(problem, (await FineTune("run", "--recipe", folder.File("recipe.json"))).Mistake());
        Assert.False(Directory.Exists(RunPath));
        Assert.Equal(problem, (await Run.Of("preview", "lenet_5", "--data", digits.Folder, "--recipe", folder.File("recipe.json"), "--output", folder.File("sheet.png"))).Mistake());
    }

    [Theory]
    [InlineData("""{"clip_norm":1e300}""", "fits 32-bit floats")]
    [InlineData("""{"transform":{"images":[{"kind":"random_rotation","degrees":1e308,"expand":true}]}}""", "expected two finite numbers from -1000000 to 1000000")]
    [InlineData("""{"transform":{"images":[{"kind":"random_affine","degrees":0,"shear":[-1e300,1e300]}]}}""", "expected two finite numbers from -1000000 to 1000000")]
    [InlineData("""{"optimizer":{"kind":"adam","learning_rate":1e38}}""", "The loss is no longer finite at step 1 of epoch 1, with a learning rate of 1E+38")]
    public async Task Numbers_that_nothing_can_be_computed_with_are_told(string json, string problem)
    {
        File.WriteAllText(folder.File("recipe.json"), json);

        Assert.Contains(problem, (await FineTune("run", "--recipe", folder.File("recipe.json"))).Failure(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Progress_is_written_where_it_is_asked_for()
    {
        Assert.Equal("", (await FineTune("quiet")).Error);
        Assert.Contains("epoch 2/2: loss ", (await FineTune("loud", "--verbose")).Error, StringComparison.Ordinal);
    }

    private Task<Run> FineTune(string run, params string[] more) =>
        Run.Of(["finetune", "lenet_5:none", "--data", digits.Folder, "--epochs", "2", "--output", folder.File(run), .. more]);
}
