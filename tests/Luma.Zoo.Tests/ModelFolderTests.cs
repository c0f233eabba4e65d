using System.IO.Compression;
using System.Text.Json.Nodes;
using Luma.Zoo.Images;
using Luma.Zoo.Inference;
using Luma.Zoo.Tests.Cli;
using Luma.Zoo.Tests.Weights;
using Luma.Zoo.Weights;

namespace Luma.Zoo.Tests;

public sealed class ModelFolderTests : IDisposable
{
    private static readonly string Digit = Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Digits"), "digit-7-*.png")[0];

    private static readonly ImagePreset Inverted = new()
    {
        Channels = 1,
        ResizeSize = [30],
        CropSize = [32],
        Interpolation = Interpolation.Bicubic,
        Mean = [0.25],
        Std = [0.5],
    };

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("model")]
    [InlineData("model.luma")]
    [InlineData("model.zip")]
    public void What_is_saved_is_opened(string name)
    {
        using var network = ModelZoo.Create("lenet_5", numClasses: 3);
        var manifest = Manifest("é", "dog's", "<cat>") with
        {
            Task = ClassificationTask.MultiLabel,
            Provenance = new Dictionary<string, string> { ["weights"] = "mine" },
            Metrics = new Dictionary<string, IReadOnlyDictionary<string, double>> { ["held out"] = new Dictionary<string, double> { ["acc@1"] = 12.5 } },
        };

        ModelFolder.Save(folder.File(name), network, manifest);
        var opened = ModelFolder.Open(folder.File(name));

        Assert.Equal(manifest.Classes, opened.Manifest.Classes);
        Assert.Equal((manifest.Preset, manifest.Task), (opened.Manifest.Preset, opened.Manifest.Task));
        Assert.Equal("mine", opened.Manifest.Provenance["weights"]);
        Assert.Equal(12.5, opened.Manifest.Metrics["held out"]["acc@1"]);
        using var again = opened.CreateNetwork();
        Assert.All(network.state_dict(), entry => Assert.True(entry.Value.IsSameAs(again.state_dict()[entry.Key]), entry.Key));
        using var classifier = opened.CreateClassifier();
        Assert.Equal(manifest.Classes, classifier.Labels);
        Assert.Equal((Inverted, ClassificationTask.MultiLabel), (classifier.Preset, classifier.Task));
        Assert.Empty(classifier.LoadReport!.Warnings);
    }

    [Fact, Trait("Category", "Slow")]
    public void Every_choice_about_a_network_is_kept()
    {
        using var network = ModelZoo.Create("vit_b_16", new ModelOptions { NumClasses = 1, ImageSize = 32, Dropout = 0.25 });
        var manifest = Manifest("a") with { Model = "vit_b_16", Options = new() { ImageSize = 32, Dropout = 0.25 }, Preset = new() { ResizeSize = [32], CropSize = [32] } };

        ModelFolder.Save(folder.File("model"), network, manifest);

        Assert.Equal(new ModelOptions { NumClasses = 1, ImageSize = 32, Dropout = 0.25 }, ModelFolder.Open(folder.File("model")).Manifest.Options);
        using var again = ModelFolder.Open(folder.File("model")).CreateNetwork();
        Assert.Equal([1, 5, 768], again.state_dict()["encoder.pos_embedding"].shape);
    }

    [Theory]
    [InlineData("model")]
    [InlineData("model.luma")]
    public async Task A_packed_model_answers_as_what_it_was_packed_of(string name)
    {
        string[] flags = ["--mean", "0.1", "--std", "0.3", "--interpolation", "bicubic"];
        var packed = await Run.Of(["pack", "lenet_5", "--output", folder.File(name), .. flags]);
        Assert.Equal((0, ""), (packed.ExitCode, packed.Error));

        var direct = await Run.Of(["classify", "lenet_5", Digit, "--json", .. flags]);
        var model = await Run.Of("classify", folder.File(name), Digit, "--json");
        var named = await Run.Of("classify", $"LeNet_5:{folder.File(name)}", Digit, "--json");
        var plain = await Run.Of("classify", "lenet_5", Digit, "--json");

        Assert.Equal(direct.Json().ToString(), model.Json().ToString());
        Assert.Equal(direct.Json().ToString(), named.Json().ToString());
        Assert.NotEqual(plain.Json().ToString(), model.Json().ToString());
        var provenance = ModelFolder.Open(folder.File(name)).Manifest.Provenance;
        Assert.Equal(("lenet_5:MNIST", "MIT"), (provenance["weights"], provenance["license"]));
    }

    [Fact]
    public async Task A_model_folder_is_taken_wherever_a_model_is_named()
    {
        Assert.Equal(0, (await Run.Of("pack", "lenet_5", "--output", folder.File("model"))).ExitCode);
        var model = folder.File("model");

        Assert.Equal("lenet_5", (await Run.Of("info", model, "--json")).Json().GetProperty("id").GetString());
        Assert.Equal(61706, (await Run.Of("summary", model, "--json")).Json().GetProperty("parameters").GetInt64());
        Assert.Equal(
            (await Run.Of("forward", "lenet_5:MNIST", "--seed", "3", "--json")).Json().ToString(),
            (await Run.Of("forward", model, "--seed", "3", "--json")).Json().ToString());
        Assert.Equal(0, (await Run.Of("convert", model, folder.File("out.pth"))).ExitCode);
        Assert.Equal(0, (await Run.Of("convert", "lenet_5:MNIST", folder.File("direct.pth"))).ExitCode);
        using (var direct = StateDict.Open(folder.File("direct.pth")))
        using (var converted = StateDict.Open(folder.File("out.pth")))
        {
            Assert.Equal(direct.Names, converted.Names);
            Assert.All(direct.Entries, entry => Assert.True(entry.ToTensor().IsSameAs(converted[entry.Name].ToTensor()), entry.Name));
        }
        Assert.Equal(0, (await Run.Of("preprocess", model, Digit, "--output", folder.File("input.safetensors"))).ExitCode);
        var answer = (await Run.Of("forward", model, "--input", folder.File("input.safetensors"), "--json")).Json().GetProperty("output");
        Assert.Equal(7, answer.EnumerateArray().Select(number => number.GetDouble()).ToList() is var numbers ? numbers.IndexOf(numbers.Max()) : -1);
    }

    [Fact]
    public void A_zip_that_others_made_of_a_folder_is_read()
    {
        using var network = ModelZoo.Create("lenet_5", numClasses: 2);
        ModelFolder.Save(folder.File("inner"), network, Manifest("a", "b"));
        ZipFile.CreateFromDirectory(folder.File("inner"), folder.File("theirs.zip"), CompressionLevel.Optimal, includeBaseDirectory: true);

        using var again = ModelFolder.Open(folder.File("theirs.zip")).CreateNetwork();

        Assert.All(network.state_dict(), entry => Assert.True(entry.Value.IsSameAs(again.state_dict()[entry.Key]), entry.Key));
    }

    [UnixTheory]
    [InlineData("model", "model/model.json", "model/model.safetensors")]
    [InlineData("model.luma", "model.luma")]
    public void A_model_that_is_replaced_keeps_the_modes_of_its_files(string name, params string[] files)
    {
        if (OperatingSystem.IsWindows()) return;
        const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead;
        using var network = ModelZoo.Create("lenet_5", numClasses: 2);
        ModelFolder.Save(folder.File(name), network, Manifest("a", "b"));
        foreach (var file in files) File.SetUnixFileMode(folder.File(file), Mode);

        ModelFolder.Save(folder.File(name), network, Manifest("c", "d"), overwrite: true);

        foreach (var file in files) Assert.Equal(Mode, File.GetUnixFileMode(folder.File(file)));
    }

    /// <summary>As in Hugging Face's cache, or where the weights are on a larger disk.</summary>
    [UnixTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void Weights_behind_a_symbolic_link_are_replaced_where_they_are(bool isThere)
    {
        if (OperatingSystem.IsWindows()) return;
        using var first = ModelZoo.Create("lenet_5", numClasses: 2);
        using var second = ModelZoo.Create("lenet_5", numClasses: 2);
        var (path, elsewhere) = (folder.File("model"), folder.File("weights.safetensors"));
        ModelFolder.Save(path, first, Manifest("a", "b"));
        var link = Path.Combine(path, "model.safetensors");
        File.Move(link, elsewhere);
        File.CreateSymbolicLink(link, elsewhere);
        if (!isThere) File.Delete(elsewhere);

        ModelFolder.Save(path, second, Manifest("c", "d"), overwrite: true);

        Assert.Equal(elsewhere, new FileInfo(link).LinkTarget);
        Assert.Equal(["model.json", "model.safetensors"], Directory.GetFiles(path).Select(name => Path.GetFileName(name)).Order());
        using var read = ModelFolder.Open(path).CreateNetwork();
        Assert.True(read.state_dict()["fc3.weight"].IsSameAs(second.state_dict()["fc3.weight"]));
    }

    [Fact]
    public void Other_weights_beside_a_model_are_refused_and_allowed_where_nothing_says_which()
    {
        using var network = ModelZoo.Create("lenet_5", numClasses: 2);
        using var other = ModelZoo.Create("lenet_5", numClasses: 2);
        var path = folder.File("model");
        ModelFolder.Save(path, network, Manifest("a", "b"));
        using (var state = StateDict.Of(other)) state.Save(Path.Combine(path, "model.safetensors"));

        var error = Assert.Throws<WeightFileException>(() => ModelFolder.Open(path).CreateNetwork());
        Change(path, json => json.Remove("weights_sha256"));
        using var taken = ModelFolder.Open(path).CreateNetwork();

        Assert.Contains("these are other weights than are expected", error.Message, StringComparison.Ordinal);
        Assert.True(taken.state_dict()["fc3.weight"].IsSameAs(other.state_dict()["fc3.weight"]));
    }

    [Theory]
    [InlineData("format_version", "2", "it has the format version 2; this release of Luma.Zoo reads 1")]
    [InlineData("format_version", null, "it has no format_version")]
    [InlineData("model", "\"lenet5\"", "There is no network 'lenet5'; did you mean lenet_5")]
    [InlineData("model", "5", "model: this is no value for it")]
    [InlineData("format_version", "\"1\"", "format_version: this is no value for it")]
    [InlineData("metrics", "[]", "expected an object")]
    [InlineData("preset", "{\"resize_size\": [8], \"crop_size\": [8], \"mean\": \"x\"}", "expected a list of numbers")]
    [InlineData("model", null, "missing required properties including: 'model'")]
    [InlineData("classes", "[]", "There are no classes")]
    [InlineData("classes", "[\"a\", \" \"]", "Class 1 has no name")]
    [InlineData("classes", "[\"a\", null]", "Class 1 has no name")]
    [InlineData("classes", "[\"a\"]", "The network is said to have 2 classes, but 1 have names")]
    [InlineData("classes", "null", "null is no value for it")]
    [InlineData("task", "\"both\"", "task: this is no value for it")]
    [InlineData("options", "{\"shortcut\": \"none\"}", "There is no shortcut 'none'")]
    [InlineData("preset", "{\"resize_size\": [0], \"crop_size\": [8]}", "Expected one or two sizes from 1 to 4096")]
    [InlineData("preset", "{\"resize_size\": [8], \"crop_size\": [8], \"Std\": [0.5]}", "a preset has no member 'Std'; did you mean 'std'?")]
    [InlineData("preset", "{\"resize_size\": [8], \"crop_size\": [8], \"interpolaton\": \"bicubic\"}", "did you mean 'interpolation'?")]
    [InlineData("options", "{\"num_clases\": 2}", "options has no member 'num_clases'; did you mean 'num_classes'?")]
    [InlineData("weightsSha256", "\"00\"", "it has no member 'weightsSha256'; did you mean 'weights_sha256'?")]
    [InlineData("mean", "[0.5]", "it has no member 'mean': 'mean' belongs in preset")]
    public async Task What_a_model_says_wrongly_of_itself_is_told_in_one_line(string member, string? value, string problem)
    {
        using var network = ModelZoo.Create("lenet_5", numClasses: 2);
        var path = folder.File("model");
        ModelFolder.Save(path, network, Manifest("a", "b"));
        Change(path, json =>
        {
            json.Remove(member);
            if (value is not null) json[member] = JsonNode.Parse(value);
        });

        var message = (await Run.Of("classify", path, Digit)).Failure();

        Assert.StartsWith($"{Path.Combine(path, "model.json")}: ", message, StringComparison.Ordinal);
        Assert.Contains(problem, message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_somebody_adds_to_a_model_is_left_alone_and_what_is_there_twice_is_told()
    {
        using var network = ModelZoo.Create("lenet_5", numClasses: 2);
        var path = folder.File("model");
        ModelFolder.Save(path, network, Manifest("a", "b"));
        Change(path, json => (json["notes"], json["$schema"], json["config"]) = ("mine", "model", new JsonObject()));

        Assert.Equal(["a", "b"], ModelFolder.Open(path).Manifest.Classes);

        var file = Path.Combine(path, "model.json");
        File.WriteAllText(file, File.ReadAllText(file).Replace("\"notes\":", "\"model\": \"lenet_1\", \"notes\":", StringComparison.Ordinal));
        Assert.Contains("it has 'model' twice", Assert.Throws<ModelFolderException>(() => ModelFolder.Open(path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("utf-8")]
    [InlineData("utf-16")]
    [InlineData("utf-16BE")]
    public void A_manifest_may_have_the_encodings_that_shells_of_Windows_write(string encoding)
    {
        using var network = ModelZoo.Create("lenet_5", numClasses: 2);
        var path = folder.File("model");
        ModelFolder.Save(path, network, Manifest("é", "b"));
        var file = Path.Combine(path, "model.json");

        File.WriteAllText(file, File.ReadAllText(file), System.Text.Encoding.GetEncoding(encoding));

        Assert.Equal(["é", "b"], ModelFolder.Open(path).Manifest.Classes);
    }

    [Fact]
    public void A_folder_may_have_the_longest_name_that_there_is()
    {
        using var network = ModelZoo.Create("lenet_5", numClasses: 2);
        var path = folder.File(new string('m', 255));

        ModelFolder.Save(path, network, Manifest("a", "b"));

        Assert.Equal(["a", "b"], ModelFolder.Open(path).Manifest.Classes);
        Assert.Single(folder.Names);
    }

    [Fact]
    public void A_link_behind_which_nothing_can_be_written_leaves_the_old_model()
    {
        using var network = ModelZoo.Create("lenet_5", numClasses: 2);
        var path = folder.File("model");
        ModelFolder.Save(path, network, Manifest("a", "b"));
        var (link, before) = (Path.Combine(path, "model.safetensors"), File.ReadAllText(Path.Combine(path, "model.json")));
        File.Delete(link);
        File.CreateSymbolicLink(link, folder.File("gone/weights.safetensors"));

        var error = Assert.Throws<IOException>(() => ModelFolder.Save(path, network, Manifest("c", "d"), overwrite: true));

        Assert.StartsWith($"{path}: cannot be written: ", error.Message, StringComparison.Ordinal);
        // Nor where the new weights are the old ones.
        Assert.Equal(before, File.ReadAllText(Path.Combine(path, "model.json")));
        Assert.Equal(["model.json", "model.safetensors"], Directory.GetFileSystemEntries(path).Select(name => Path.GetFileName(name)!).Order());
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("\"\uD800\"")]
    public void A_file_that_is_no_json_is_told(string text)
    {
        Directory.CreateDirectory(folder.File("model"));
        File.WriteAllText(folder.File("model/model.json"), text);

        Assert.Throws<ModelFolderException>(() => ModelFolder.Open(folder.File("model")));
    }

    [Fact]
    public async Task Nothing_is_replaced_unasked_and_no_other_file_is_touched()
    {
        var path = folder.File("model");
        Directory.CreateDirectory(path);
        File.WriteAllText(Path.Combine(path, "notes.txt"), "mine");
        Assert.Equal(0, (await Run.Of("pack", "lenet_5", "--output", path)).ExitCode);
        var before = File.ReadAllBytes(Path.Combine(path, "model.json"));

        var refused = await Run.Of("pack", "lenet_5", "--output", path, "--mean", "0.5");
        Assert.Equal($"{path}: there is a model in this folder already; --force (in C#: overwrite) replaces it.", refused.Failure());
        Assert.Equal(before, File.ReadAllBytes(Path.Combine(path, "model.json")));

        Assert.Equal(0, (await Run.Of("pack", "lenet_5", "--output", path, "--mean", "0.5", "--force")).ExitCode);
        Assert.Equal([0.5], ModelFolder.Open(path).Manifest.Preset.Mean);
        Assert.Equal(["model.json", "model.safetensors", "notes.txt"], Directory.GetFiles(path).Select(file => Path.GetFileName(file)!).Order());
    }

    [Fact]
    public void A_process_that_was_killed_between_two_renames_leaves_a_whole_model()
    {
        using var first = ModelZoo.Create("lenet_5", numClasses: 2);
        using var second = ModelZoo.Create("lenet_5", numClasses: 2);
        var (path, other) = (folder.File("model"), folder.File("other"));
        ModelFolder.Save(path, first, Manifest("a", "b"));
        ModelFolder.Save(other, second, Manifest("c", "d"));

        // The new weights wait under their own name, and model.json is the old one's.
        var waiting = Path.Combine(path, ".luma-new.safetensors");
        File.Copy(Path.Combine(other, "model.safetensors"), waiting);
        Expect(first, "a");
        // Then it is the new one's, and the weights are not renamed yet.
        File.Copy(Path.Combine(other, "model.json"), Path.Combine(path, "model.json"), overwrite: true);
        Expect(second, "c");
        ModelFolder.Save(path, first, Manifest("e", "f"), overwrite: true);
        Expect(first, "e");
        Assert.False(File.Exists(waiting));

        void Expect(Luma.Neural.NeuralModule network, string name)
        {
            using var opened = ModelFolder.Open(path).CreateNetwork();
            Assert.Equal(name, ModelFolder.Open(path).Manifest.Classes[0]);
            Assert.True(opened.state_dict()["fc3.weight"].IsSameAs(network.state_dict()["fc3.weight"]));
        }
    }

    [Theory]
    [InlineData("nowhere/", "there is no such model folder or file")]
    [InlineData("nowhere.luma", "there is no such model folder or file")]
    public async Task A_model_that_is_not_there_is_told(string name, string problem) =>
        Assert.Equal($"{folder.File(name)}: {problem}", (await Run.Of("classify", folder.File(name), Digit)).Failure());

    [Fact]
    public async Task A_folder_or_a_file_without_a_network_asks_for_its_id()
    {
        Directory.CreateDirectory(folder.File("empty"));
        using (var weights = ModelZoo.OpenWeights("lenet_5", "MNIST")) weights.Save(folder.File("lenet.pth"));

        Assert.Contains("give weights alone with the network's id, as ID:FILE", (await Run.Of("classify", folder.File("empty"), Digit)).Failure(), StringComparison.Ordinal);
        Assert.Contains($"as in ID:{folder.File("lenet.pth")}", (await Run.Of("classify", folder.File("lenet.pth"), Digit)).Mistake(), StringComparison.Ordinal);
        await Run.Of("pack", "lenet_5", "--output", folder.File("model"));
        Assert.Equal($"{folder.File("model")} is a lenet_5, not a lenet_1", (await Run.Of("classify", $"lenet_1:{folder.File("model")}", Digit)).Mistake());
        Assert.Contains("has its own weights", (await Run.Of("classify", folder.File("model"), Digit, "--weights", "MNIST")).Mistake(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Labels_are_as_many_as_classes()
    {
        File.WriteAllText(folder.File("nine.txt"), string.Join('\n', Enumerable.Range(0, 9)));
        File.WriteAllText(folder.File("ten.txt"), string.Join('\n', Enumerable.Range(0, 10).Select(i => $"digit {i}")));

        var nine = await Run.Of("classify", "lenet_5", Digit, "--labels", folder.File("nine.txt"));
        var ten = await Run.Of("classify", "lenet_5", Digit, "--labels", folder.File("ten.txt"), "--top", "1", "--json");

        Assert.Equal("There are 9 labels, but the network has 10 classes", nine.Mistake());
        Assert.Equal("digit 7", ten.Json()[0].GetProperty("predictions")[0].GetProperty("label").GetString());
        Assert.Contains("there is no such file, and no such set of labels", (await Run.Of("classify", "lenet_5", Digit, "--labels", "nothing")).Failure(), StringComparison.Ordinal);
    }

    private static ModelManifest Manifest(params string[] classes) => new() { Model = "LeNet_5", Classes = classes, Preset = Inverted };

    private static void Change(string path, Action<JsonObject> change)
    {
        var file = Path.Combine(path, "model.json");
        var json = JsonNode.Parse(File.ReadAllText(file))!.AsObject();
        change(json);
        File.WriteAllText(file, json.ToJsonString());
    }
}
