using System.Text.Json;
using Luma.Zoo.Tests.Export.Onnx;
using Luma.Zoo.Tests.Weights;
using Luma.Zoo.Weights;

namespace Luma.Zoo.Tests.Cli;

public class ExportTests
{
    private static readonly string Digit = Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Digits"), "digit-7-*.png").Order().First();

    [Fact]
    public async Task An_onnx_model_says_what_is_on_an_image_and_how_it_wants_it()
    {
        using var folder = new TemporaryFolder();
        var (path, input) = (folder.File("digits.onnx"), folder.File("input.safetensors"));

        var run = await Run.Of("export", "lenet_5:MNIST", "--output", path);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.StartsWith($"{path}: lenet_5, 0.2 MB", run.Lines.Single(), StringComparison.Ordinal);
        Assert.Equal(0, (await Run.Of("preprocess", "lenet_5", Digit, "--output", input)).ExitCode);

        using var scope = NewDisposeScope();
        using var model = new OnnxModel(path);
        using var images = StateDict.Open(input);
        var facts = model.Metadata.CustomMetadataMap;
        var answer = model.Run(images.Entries[0].ToTensor());
        Assert.Equal("7", JsonSerializer.Deserialize<string[]>(facts["labels"])![Array.IndexOf(answer, answer.Max())]);
        Assert.Equal(("lenet_5", "lenet_5:MNIST", "single-label"), (facts["model"], facts["weights"], facts["task"]));
        Assert.NotEmpty(facts["license"]);
    }

    [Fact]
    public async Task The_weights_of_an_onnx_model_are_converted_back_to_the_same_bytes()
    {
        using var folder = new TemporaryFolder();
        var (path, first, second) = (folder.File("digits.onnx"), folder.File("first.safetensors"), folder.File("second.safetensors"));
        using (var weights = ModelZoo.OpenWeights("lenet_5", "MNIST")) weights.Save(first);
        Assert.Equal(0, (await Run.Of("export", "lenet_5", "--output", path)).ExitCode);

        var run = await Run.Of("convert", path, second, "--as", "lenet_5");

        Assert.Equal(0, run.ExitCode);
        using var expected = StateDict.Open(first);
        using var converted = StateDict.Open(second);
        Assert.Equal(expected.Names, converted.Names);
        Assert.All(expected.Entries.Zip(converted.Entries), pair => Assert.Equal(pair.First.ToTensor().bytes.ToArray(), pair.Second.ToTensor().bytes.ToArray()));
    }

    [Fact]
    public async Task A_torchscript_archive_is_written_by_its_name()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("digits.pt");

        var document = (await Run.Of("export", "lenet_5", "--output", path, "--json")).Json();

        Assert.Equal(("torchscript", "lenet_5", new FileInfo(path).Length), (document.GetProperty("format").GetString(), document.GetProperty("id").GetString(), document.GetProperty("bytes").GetInt64()));
        Assert.False(document.TryGetProperty("dynamic", out _));
        using var module = jit.load<Tensor, Tensor>(path);
        using var output = module.call(zeros(3, 1, 32, 32));
        Assert.Equal([3, 10], output.shape);
    }

    [Fact]
    public async Task The_document_says_what_was_written()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("digits.model");

        var document = (await Run.Of(
            "export", "lenet_5", "--output", path, "--format", "onnx", "--type", "float16", "--external-data", "--with-preprocessing", "--input-name", "pixels", "--output-name", "digits",
            "--fold-batch-norm", "--fixed-size", "--json")).Json();

        Assert.Equal((path, "onnx", false), (document.GetProperty("path").GetString(), document.GetProperty("format").GetString(), document.GetProperty("dynamic").GetBoolean()));
        Assert.True(File.Exists(document.GetProperty("data").GetString()));
        using var model = new OnnxModel(path);
        Assert.Equal(("pixels", "digits"), (model.Inputs.Keys.Single(), model.Outputs.Keys.Single()));
        Assert.Equal([-1, -1, -1, 1], model.Inputs["pixels"].Dimensions);
    }

    [Theory]
    [InlineData("model.txt: its name ends in neither .onnx nor .pt, so --format must say the format", "--output", "model.txt")]
    [InlineData("There is no format 'tflite': it is onnx or torchscript (see luma export --help)", "--output", "a.onnx", "--format", "tflite")]
    [InlineData("There is no type 'int8': it is float32, float16 or bfloat16 (see luma export --help)", "--output", "a.onnx", "--type", "int8")]
    [InlineData("--type is for ONNX: there is no such choice for torchscript", "--output", "a.pt", "--type", "float16")]
    [InlineData("--with-preprocessing is for ONNX: there is no such choice for torchscript", "--output", "a.pt", "--with-preprocessing")]
    [InlineData("--input-name and --output-name are the same: input and output need a name each", "--output", "a.onnx", "--input-name", "x", "--output-name", "x")]
    public async Task A_mistake_is_told_before_any_work(string expected, params string[] arguments) =>
        Assert.Equal(expected, (await Run.Of(["export", "lenet_5", .. arguments])).Mistake());

    [Fact]
    public async Task What_cannot_be_written_is_told_before_any_work()
    {
        Assert.StartsWith("nowhere/a.onnx: there is no folder ", (await Run.Of("export", "no_such", "--output", "nowhere/a.onnx")).Failure(), StringComparison.Ordinal);
        using var folder = new TemporaryFolder();
        var weights = folder.File("lenet.onnx");
        Assert.Equal(0, (await Run.Of("export", "lenet_5", "--output", weights)).ExitCode);
        Assert.StartsWith($"{weights} is read, and so cannot be written", (await Run.Of("export", $"lenet_5:{weights}", "--output", weights)).Mistake(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_files_of_the_model_itself_are_not_written_over()
    {
        using var folder = new TemporaryFolder();
        var model = folder.File("model");
        Assert.Equal(0, (await Run.Of("pack", "lenet_5", "--output", model)).ExitCode);

        foreach (var name in (string[])["model.safetensors", "model.json"])
        {
            var file = Path.Combine(model, name);
            var before = File.ReadAllBytes(file);
            Assert.Equal($"{file} is read, and so cannot be written: name another file with --output", (await Run.Of("export", model, "--output", file, "--format", "onnx")).Mistake());
            Assert.Equal(before, File.ReadAllBytes(file));
        }
        // Beside them there is room, and what lies there is replaced.
        for (var time = 0; time < 2; time++) Assert.Equal(0, (await Run.Of("export", model, "--output", Path.Combine(model, "model.onnx"))).ExitCode);
    }

    [Fact]
    public async Task What_a_format_cannot_do_is_told_in_a_sentence()
    {
        using var folder = new TemporaryFolder();

        var failure = (await Run.Of("export", "lenet_5", "--output", folder.File("a.onnx"), "--with-preprocessing", "--interpolation", "nearest")).Failure();

        Assert.StartsWith("A model cannot take nearest pixels itself", failure, StringComparison.Ordinal);
        Assert.Empty(folder.Names);
    }
}
