using System.Text.Json;
using Luma.Zoo.Tests.Weights;
using Luma.Zoo.Weights;

namespace Luma.Zoo.Tests.Cli;

/// <summary>The files that people have, in the commands that read them.</summary>
public sealed class WeightFileTests : IDisposable
{
    // What is refused, and what has other weights than the plain file.
    private static readonly string[] NotPlain =
    [
        "05_onecycle.pth", "21_od_subclass.pth", "35_compiled_linear.pth", "13_timm_ckpt_with_ema.pth", "43_c64.safetensors", "14_bf16.pth", "14_half.pth",
        "14_true_double.pth", "50_allnan.pth", "50_inf.pth", "50_nan.pth", "input.safetensors", "model-00001-of-00002.safetensors",
        "model-00002-of-00002.safetensors",
    ];

    private const string Cases = "cases/weights";

    private readonly TemporaryFolder folder = new();
    private readonly DisposeScope scope = NewDisposeScope();

    public void Dispose()
    {
        scope.Dispose();
        folder.Dispose();
    }

    [SharedFact(Cases)]
    public async Task Every_kind_of_file_gives_the_plain_ones_output()
    {
        var cases = SharedFiles.Find(Cases)!;
        var input = Path.Combine(cases, "input.safetensors");
        var expected = await Run.Of("forward", "lenet_1", "--weights", Path.Combine(cases, "01_plain.pth"), "--input", input);
        foreach (var path in Directory.EnumerateFiles(cases).Where(path => !NotPlain.Contains(Path.GetFileName(path))))
        {
            var actual = await Run.Of("forward", "lenet_1", "--weights", path, "--input", input);

            Assert.Equal((path, 0, expected.Output), (path, actual.ExitCode, actual.Output));
            Assert.True(actual.Error.Count(c => c == '\n') <= 1, actual.Error);
        }
    }

    private static Dictionary<string, Tensor> LeNet(int classes = 10)
    {
        manual_seed(3);
        using var network = ModelZoo.Create("lenet_1", classes);
        return network.state_dict().ToDictionary(pair => pair.Key, pair => pair.Value.detach().clone());
    }

    private string Save(string name, Dictionary<string, Tensor> tensors)
    {
        StateDict.Of(tensors).Save(folder.File(name));
        return folder.File(name);
    }

    [Fact]
    public async Task A_prefix_is_dropped_and_said_in_one_line()
    {
        var plain = Save("plain.pth", LeNet());
        var prefixed = LeNet().ToDictionary(pair => $"net.backbone.{pair.Key}", pair => pair.Value);
        prefixed["criterion.weight"] = ones(10);
        var other = Save("other.safetensors", prefixed);

        var expected = await Run.Of("forward", "lenet_1", "--weights", plain, "--seed", "1");
        var actual = await Run.Of("forward", "lenet_1", "--weights", other, "--seed", "1");

        Assert.Equal((0, expected.Output), (actual.ExitCode, actual.Output));
        Assert.Equal($"luma: {other}: dropped 'net.backbone.' from the names; left out criterion.weight", actual.Error.TrimEnd());
        Assert.Equal("", expected.Error);
    }

    [Fact]
    public async Task A_key_may_be_the_beginning_of_the_names()
    {
        var (first, second) = (LeNet(), LeNet().ToDictionary(pair => pair.Key, pair => pair.Value + 1));
        var both = Save("both.pth", first.Select(pair => ($"a.{pair.Key}", pair.Value)).Concat(second.Select(pair => ($"b.{pair.Key}", pair.Value)))
            .ToDictionary(pair => pair.Item1, pair => pair.Value));
        var plain = Save("plain.pth", second);

        var expected = await Run.Of("forward", "lenet_1", "--weights", plain, "--seed", "1");
        var actual = await Run.Of("forward", "lenet_1", "--weights", both, "--seed", "1", "--key", "b");

        Assert.Equal((0, expected.Output), (actual.ExitCode, actual.Output));
        Assert.Contains("12 unexpected", (await Run.Of("forward", "lenet_1", "--weights", both)).Failure(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_number_of_classes_is_the_weights_and_is_said()
    {
        var five = Save("five.pth", LeNet(classes: 5));

        var run = await Run.Of("forward", "lenet_1", "--weights", five, "--seed", "1");
        var asked = await Run.Of("forward", "lenet_1", "--weights", five, "--num-classes", "7");

        Assert.Equal("shape (1, 5)", run.Lines[0]);
        Assert.Equal($"luma: {five}: 5 classes, as the weights have", run.Error.TrimEnd());
        Assert.Contains("another number of classes", asked.Failure(), StringComparison.Ordinal);
        using var classifier = ModelZoo.CreateClassifier($"lenet_1:{five}");
        Assert.Equal(["0", "1", "2", "3", "4"], classifier.Labels);
    }

    [Theory]
    [InlineData(ScalarType.BFloat16, "out.pth")]
    [InlineData(ScalarType.Float16, "out.safetensors")]
    [InlineData(ScalarType.Float64, "out.safetensors")]
    public async Task Converting_for_a_network_keeps_types_values_and_metadata(ScalarType type, string name)
    {
        var tensors = LeNet(classes: 4).Reverse().ToDictionary(pair => pair.Key, pair => pair.Value.to(type));
        var first = Save("first.safetensors", tensors);
        var (input, output) = (folder.File("in.safetensors"), folder.File(name));
        File.WriteAllBytes(input, WithMetadata(File.ReadAllBytes(first)));

        var run = await Run.Of("convert", input, output, "--as", "lenet_1");
        Assert.Equal((0, $"luma: {input}: 4 classes, as the weights have"), (run.ExitCode, run.Error.TrimEnd()));
        Assert.Equal(0, (await Run.Of("convert", output, folder.File("again.safetensors"))).ExitCode);

        foreach (var path in (string[])[output, folder.File("again.safetensors")])
        {
            using var written = StateDict.Open(path);
            Assert.Equal(tensors.Keys.Reverse(), written.Names);
            Assert.All(written.Entries, entry => Assert.Equal(TensorContent.Of(entry.Name, tensors[entry.Name]), TensorContent.Of(entry)));
            Assert.Equal(("pt", "ä \"note\""), (written.Metadata["format"], written.Metadata["note"]));
        }

        static byte[] WithMetadata(byte[] file)
        {
            var length = BitConverter.ToInt32(file);
            var header = System.Text.Encoding.UTF8.GetString(file, 8, length).Replace("\"format\":\"pt\"", "\"format\":\"pt\",\"note\":\"ä \\\"note\\\"\"", StringComparison.Ordinal);
            return [.. BitConverter.GetBytes((long)System.Text.Encoding.UTF8.GetByteCount(header)), .. System.Text.Encoding.UTF8.GetBytes(header), .. file[(8 + length)..]];
        }
    }

    [Fact]
    public async Task Written_strides_are_the_sources_and_an_axis_of_one_decides_nothing()
    {
        var turned = randn(4, 5, 5, 3).permute(0, 3, 1, 2);
        var input = Save("in.pth", new() { ["conv"] = randn(4, 5, 5, 1).permute(0, 3, 1, 2), ["turned"] = turned, ["one"] = randn(1, 6).t() });

        Assert.Equal(0, (await Run.Of("convert", input, folder.File("out.pth"))).ExitCode);

        using var written = StateDict.Open(folder.File("out.pth"));
        Assert.Equal([25, 25, 5, 1], written["conv"].View.Strides);
        Assert.Equal(turned.stride(), written["turned"].View.Strides);
        Assert.Equal([1, 1], written["one"].View.Strides);
    }

    [Fact]
    public async Task TorchSharps_own_files_are_read_by_name()
    {
        manual_seed(5);
        using var network = ModelZoo.Create("lenet_1");
        network.save(folder.File("weights.dat"));

        using (var weights = StateDict.Open(folder.File("weights.dat")))
        {
            Assert.Equal(WeightFormat.TorchSharp, weights.Format);
            Assert.Equal(TensorContent.All(StateDict.Of(network)), TensorContent.All(weights));
        }
        Assert.Equal(0, (await Run.Of("forward", "lenet_1", "--weights", folder.File("weights.dat"))).ExitCode);
        var bytes = File.ReadAllBytes(folder.File("weights.dat"));
        File.WriteAllBytes(folder.File("cut.dat"), bytes[..^100]);
        Assert.Contains("cut off", Assert.Throws<WeightFileException>(() => StateDict.Open(folder.File("cut.dat"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_in_several_files_are_read_by_their_index_or_their_folder()
    {
        var tensors = LeNet();
        Save("model-00001-of-00002.safetensors", tensors.Take(3).ToDictionary());
        Save("model-00002-of-00002.safetensors", tensors.Skip(3).ToDictionary());
        var index = folder.File("model.safetensors.index.json");
        File.WriteAllText(index, "{\"metadata\":{},\"weight_map\":{" + string.Join(',', tensors.Keys.Select(
            (name, i) => $"\"{name}\":\"model-0000{(i < 3 ? 1 : 2)}-of-00002.safetensors\"")) + "}}");

        foreach (var path in (string[])[index, folder.File("")])
        {
            using var weights = StateDict.Open(path);
            Assert.Equal(tensors.Select(pair => TensorContent.Of(pair.Key, pair.Value)), TensorContent.All(weights));
        }

        File.Delete(folder.File("model-00002-of-00002.safetensors"));
        Assert.EndsWith("model-00002-of-00002.safetensors: there is no such file.", Assert.Throws<WeightFileException>(() => StateDict.Open(index)).Message, StringComparison.Ordinal);
        File.WriteAllText(index, "{\"weight_map\":{\"a\":\"../a.safetensors\"}}");
        Assert.Contains("no file beside it", Assert.Throws<WeightFileException>(() => StateDict.Open(index)).Message, StringComparison.Ordinal);
        File.WriteAllText(index, "{\"weight_map\":{\"a\":\"model.safetensors.index.json\"}}");
        Assert.Contains("JSON", Assert.Throws<WeightFileException>(() => StateDict.Open(index)).Message, StringComparison.Ordinal);
    }

    [Theory, Trait("Category", "Slow")]
    [InlineData("googlenet")]
    [InlineData("inception_v3")]
    public void The_transformation_of_the_input_travels_with_the_weights(string id)
    {
        using var skip = Luma.Neural.Initializers.Skip();
        foreach (var transform in (bool[])[true, false])
        {
            using var network = ModelZoo.Create(id, new ModelOptions { TransformInput = transform });
            foreach (var name in (string[])["a.pth", "b.safetensors"])
            {
                using (var state = StateDict.Of(network)) state.Save(folder.File(name));
                using var again = ModelZoo.Create(id, new ModelOptions(), folder.File(name), out var report);
                Assert.Equal(transform, again.named_children().Any(child => child.name == "transform_input"));
                Assert.Empty(report.Warnings);
            }
        }

        using (var other = ModelZoo.Create(id, new ModelOptions { TransformInput = true }))
        using (var state = StateDict.Open(folder.File("a.pth")))
            Assert.Contains("does not transform its input", Assert.Single(ModelZoo.Load(other, id, state).Warnings), StringComparison.Ordinal);

        using var unknown = StateDict.Open(folder.File("a.pth"));
        StateDict.Of(unknown.Entries.Select(entry => KeyValuePair.Create(entry.Name, entry.ToTensor()))).Save(folder.File("unknown.pth"));
        using var guessed = ModelZoo.Create(id, new ModelOptions(), folder.File("unknown.pth"), out var warned);
        Assert.Contains("TransformInput", Assert.Single(warned.Warnings), StringComparison.Ordinal);
    }

    // Two sets of weights for three classes, under keys of their own.
    private string SaveTwo()
    {
        var (first, second) = (LeNet(3), LeNet(3).ToDictionary(pair => pair.Key, pair => pair.Value * 2));
        return Save("two.safetensors", new[] { ("first", first), ("second", second) }.SelectMany(
            set => set.Item2.Select(pair => KeyValuePair.Create($"{set.Item1}.{pair.Key}", pair.Value))).ToDictionary());
    }

    [Fact]
    public async Task Classify_takes_the_weights_that_are_asked_for_and_says_so_as_the_other_commands_do()
    {
        var digit = Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Digits"), "*.png").Order().First();
        var path = SaveTwo();
        string[] wanted = ["--key", "second"];

        var run = await Run.Of(["classify", "lenet_1", digit, "--weights", path, "--json", "--interpolation", "bilinear", .. wanted]);
        var other = await Run.Of("classify", "lenet_1", digit, "--weights", path, "--json", "--key", "first");
        var forward = await Run.Of(["forward", "lenet_1", "--weights", path, "--json", .. wanted]);
        var converted = await Run.Of(["convert", path, folder.File("out.pth"), "--as", "lenet_1", "--json", .. wanted]);

        Assert.Equal((0, 0, 0), (run.ExitCode, forward.ExitCode, converted.ExitCode));
        Assert.Contains($"luma: {path}: dropped 'second.' from the names", run.Error, StringComparison.Ordinal);
        Assert.Contains($"luma: {path}: 3 classes, as the weights have\n", run.Error, StringComparison.Ordinal);
        Assert.Equal(run.Error, forward.Error);
        Assert.NotEqual(Only(run).GetProperty("predictions").GetRawText(), Only(other).GetProperty("predictions").GetRawText());
        var notes = Notes(Only(run));
        Assert.Equal(run.Error.TrimEnd().Split('\n').Select(line => line[$"luma: {path}: ".Length..]), notes);
        Assert.Equal(notes, Notes(Document(forward)));
        Assert.StartsWith("dropped 'second.' from the names", Notes(Document(converted))[0], StringComparison.Ordinal);

        // Where there is nothing to say nothing is said.
        Assert.False(Assert.Single((await Run.Of("classify", "lenet_5", digit, "--json")).Json().EnumerateArray()).TryGetProperty("notes", out _));

        static JsonElement Only(Run run) => Assert.Single(Document(run).EnumerateArray());
        static JsonElement Document(Run run) => JsonDocument.Parse(run.Output).RootElement;
        static string[] Notes(JsonElement element) => [.. element.GetProperty("notes").EnumerateArray().Select(note => note.GetString()!)];
    }

    [Fact]
    public async Task Classify_has_the_options_for_weight_files_that_forward_has()
    {
        var digit = Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Digits"), "*.png").Order().First();
        using (var skip = Luma.Neural.Initializers.Skip())
        using (var network = ModelZoo.Create("googlenet", new ModelOptions { AuxiliaryHeads = false }))
            Save("unknown.pth", network.state_dict());
        string[] classify = ["classify", $"googlenet:{folder.File("unknown.pth")}", digit];

        Assert.Contains("--transform-input", (await Run.Of(classify)).Error, StringComparison.Ordinal);
        Assert.DoesNotContain("--transform-input", (await Run.Of([.. classify, "--transform-input", "true"])).Error, StringComparison.Ordinal);
        Assert.Equal(0, (await Run.Of("classify", "lenet_5", digit, "--inert-extras")).ExitCode);
        Assert.Contains("'nowhere'", (await Run.Of(["classify", "lenet_1", digit, "--weights", SaveTwo(), "--key", "nowhere"])).Failure(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_classifier_tells_what_was_taken_of_its_weights()
    {
        var options = new WeightFileOptions { Key = "first" };

        using var classifier = ModelZoo.CreateClassifier("lenet_1", new() { Weights = SaveTwo(), File = options });
        using var other = await ModelZoo.CreateClassifierAsync("lenet_1", new() { Weights = SaveTwo(), File = options });
        using var own = new Luma.Zoo.Inference.Classifier(ModelZoo.Create("lenet_1"), classifier.Preset, ["a"], ownsModel: true);

        Assert.Equal(("first.", 3), (classifier.LoadReport!.Selection.DroppedPrefix, classifier.LoadReport.ClassesOfWeights));
        Assert.Equal(classifier.LoadReport.Selection.ToString(), other.LoadReport!.Selection.ToString());
        Assert.Equal(["0", "1", "2"], classifier.Labels);
        Assert.Null(own.LoadReport);
    }

    [Fact]
    public void Position_embeddings_stay_unless_another_size_is_asked_for()
    {
        using var skip = Luma.Neural.Initializers.Skip();
        using var large = ModelZoo.Create("vit_b_32", new ModelOptions { NumClasses = 3, ImageSize = 384 });
        using var weights = StateDict.Of(large);
        List<string> notes = [], more = [];

        using var kept = WeightArrangement.Arrange("vit_b_32", weights, "weights", new ModelOptions(), notes);
        using var resized = WeightArrangement.Arrange("vit_b_32", weights, "weights", new ModelOptions { ImageSize = 224 }, more);

        Assert.Equal([1L, 145, 768], kept["encoder.pos_embedding"].Shape);
        Assert.Equal([1L, 50, 768], resized["encoder.pos_embedding"].Shape);
        Assert.Equal(["3 classes, as the weights have"], notes);
        Assert.Contains("resized encoder.pos_embedding from (1, 145, 768) to (1, 50, 768)", more);
    }

    [Theory]
    [InlineData("<!doctype html>\n<html></html>", "web page")]
    [InlineData("\n<HTML>", "web page")]
    [InlineData("\uFEFF<html>", "web page")]
    [InlineData("<?xml version=\"1.0\"?><Error/>", "XML")]
    [InlineData("Not Found", "this is text")]
    [InlineData("{\"error\":\"gated\"}", "JSON")]
    [InlineData("version https://git-lfs.github.com/spec/v1\n", "Git LFS")]
    public async Task What_is_no_weight_file_is_named_in_one_line(string text, string kind)
    {
        File.WriteAllText(folder.File("page.pth"), text);

        var mistake = (await Run.Of("convert", folder.File("page.pth"), folder.File("out.pth"))).Failure();

        Assert.StartsWith($"{folder.File("page.pth")}: ", mistake, StringComparison.Ordinal);
        Assert.Contains(kind, mistake, StringComparison.Ordinal);
    }

    [Fact]
    public void A_message_has_ten_lines_at_most_however_many_names_differ()
    {
        using var network = ModelZoo.Create("resnet18", 10);
        using var weights = StateDict.Of(network.state_dict().Select(pair => KeyValuePair.Create($"x{pair.Key}", pair.Value)));

        var error = Assert.Throws<WeightMismatchException>(() => ModelZoo.Load(network, "resnet18", weights));

        Assert.InRange(error.Message.Split('\n').Length, 2, 10);
        Assert.InRange(error.Message.Length, 1, 1000);
        Assert.Contains("--key", error.Message, StringComparison.Ordinal);
    }
}
