using Luma.Zoo.Tests.Weights;

namespace Luma.Zoo.Tests.Cli;

public class ClassifyTests
{
    private static readonly string Digits = Path.Combine(AppContext.BaseDirectory, "Digits");

    private static readonly string[] Names = [.. Directory.GetFiles(Digits, "*.png").Select(path => Path.GetFileName(path)!).Order()];

    public static TheoryData<string> Samples => [.. Names];

    [Fact]
    public void There_are_twenty_samples() => Assert.Equal(20, Names.Length);

    [Theory, MemberData(nameof(Samples))]
    public async Task The_embedded_lenet_reads_every_sample(string name)
    {
        var path = Path.Combine(Digits, name);
        var result = Assert.Single((await Run.Of("classify", "lenet_5", path, "--top", "1", "--json")).Json().EnumerateArray());

        Assert.Equal(path, result.GetProperty("path").GetString());
        Assert.False(result.TryGetProperty("error", out _));
        var prediction = Assert.Single(result.GetProperty("predictions").EnumerateArray());
        // digit-7-0017.png: the seven with the number 17 among the test images.
        Assert.Equal(name.Split('-')[1], prediction.GetProperty("label").GetString());
        Assert.Equal(name.Split('-')[1], $"{prediction.GetProperty("index").GetInt32()}");
        Assert.InRange(prediction.GetProperty("probability").GetSingle(), 0.5, 1);
    }

    [Fact]
    public async Task A_folder_stands_for_its_images()
    {
        var run = await Run.Of("classify", "lenet_5", Digits, "--top", "2");

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.All(Names, name => Assert.Contains(name, run.Output, StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_image_that_fails_is_told_and_does_not_stop_the_others()
    {
        using var folder = new TemporaryFolder();
        var (good, bad, missing) = (Path.Combine(Digits, Names[0]), folder.File("bad.png"), folder.File("missing.png"));
        File.WriteAllText(bad, "no image");

        var run = await Run.Of("classify", "lenet_5", bad, good, missing, "--json");

        Assert.Equal(1, run.ExitCode);
        var results = System.Text.Json.JsonDocument.Parse(run.Output).RootElement.EnumerateArray().ToList();
        Assert.Equal([bad, good, missing], results.Select(result => result.GetProperty("path").GetString()));
        Assert.Equal([true, false, true], results.Select(result => result.TryGetProperty("error", out _)));
        Assert.Equal([false, true, false], results.Select(result => result.TryGetProperty("predictions", out _)));
        Assert.Equal(2, run.Error.TrimEnd().Split('\n').Length);
    }

    [UnixFact]
    public async Task A_link_that_leads_in_a_circle_does_not_stop_the_others()
    {
        if (OperatingSystem.IsWindows()) return;
        using var folder = new TemporaryFolder();
        var (circle, output) = (folder.File("circle.png"), folder.File("out.jsonl"));
        File.CreateSymbolicLink(circle, circle);

        var run = await Run.Of("classify", "lenet_5", circle, Path.Combine(Digits, Names[0]), "--output", output);

        var lines = File.ReadAllLines(output);
        Assert.Equal((1, 2), (run.ExitCode, lines.Length));
        Assert.Contains("\"error\":", lines[0], StringComparison.Ordinal);
        Assert.Contains("\"predictions\":", lines[1], StringComparison.Ordinal);
        Assert.EndsWith("circle.jsonl: the symbolic links lead in a circle", await Into("circle.jsonl"), StringComparison.Ordinal);

        async Task<string> Into(string name)
        {
            File.CreateSymbolicLink(folder.File(name), folder.File(name));
            return (await Run.Of("classify", "lenet_5", Path.Combine(Digits, Names[0]), "--output", folder.File(name))).Failure();
        }
    }

    [Theory]
    [InlineData("preprocess", "lenet_5:%/w.pth", "%/x.png", "--output", "%/w.pth")]
    [InlineData("preprocess", "lenet_5:%/w.pth", "%/x.png", "--output", "%/link/w.pth")]
    [InlineData("preprocess", "lenet_5", "%/x.png", "--labels", "%/names.bin", "--output", "%/names.bin")]
    [InlineData("export", "%/model", "--format", "onnx", "--output", "%/model/model.safetensors")]
    [InlineData("export", "%/model", "--format", "onnx", "--output", "%/model/model.json")]
    [InlineData("export", "lenet_5", "--preset", "%/preset.onnx", "--output", "%/preset.onnx")]
    [InlineData("classify", "lenet_5", "%/x.png", "--labels", "%/names.txt", "--output", "%/names.txt", "--force")]
    [InlineData("classify", "lenet_5", "%/x.png", "--preset", "%/preset.json", "--output", "%/link/preset.json", "--force")]
    [InlineData("classify", "%/model", "%/x.png", "--output", "%/model/model.json", "--force")]
    public async Task Nothing_that_is_read_is_written(params string[] arguments)
    {
        using var folder = new TemporaryFolder();
        var root = Path.GetDirectoryName(folder.File("x"))!;
        File.Copy(Path.Combine(Digits, Names[0]), folder.File("x.png"));
        foreach (var name in (string[])["names.txt", "names.bin"]) File.WriteAllLines(folder.File(name), Enumerable.Range(0, 10).Select(number => $"{number}"));
        foreach (var name in (string[])["preset.json", "preset.onnx"]) File.WriteAllText(folder.File(name), """{"resize_size": [32], "crop_size": [32], "mean": [0.5], "std": [0.5], "channels": 1}""");
        Assert.Equal(0, (await Run.Of("pack", "lenet_5", "--output", folder.File("model"))).ExitCode);
        Assert.Equal(0, (await Run.Of("convert", folder.File("model/model.safetensors"), folder.File("w.pth"))).ExitCode);
        var before = Directory.GetFiles(root, "*", SearchOption.AllDirectories).ToDictionary(path => path, File.ReadAllBytes);
        if (!OperatingSystem.IsWindows()) File.CreateSymbolicLink(folder.File("link"), root);
        else if (arguments.Any(argument => argument.Contains("link", StringComparison.Ordinal))) return;

        var mistake = (await Run.Of([.. arguments.Select(argument => argument.Replace("%", root, StringComparison.Ordinal))])).Mistake();

        Assert.EndsWith("is read, and so cannot be written: name another file with --output", mistake, StringComparison.Ordinal);
        Assert.All(before, file => Assert.Equal(file.Value, File.ReadAllBytes(file.Key)));
    }

    [Fact]
    public async Task Weights_come_from_a_file_too()
    {
        using var folder = new TemporaryFolder();
        var file = folder.File("lenet.pth");
        using (var weights = ModelZoo.OpenWeights("lenet_5", "MNIST")) weights.Save(file);
        var image = Path.Combine(Digits, Names[0]);

        var embedded = (await Run.Of("classify", "lenet_5", image, "--json")).Json();
        var given = (await Run.Of("classify", "lenet_5", image, "--weights", file, "--interpolation", "bilinear", "--json")).Json();

        Assert.Equal(embedded.ToString(), given.ToString());
    }

    [Theory]
    [InlineData("There is no network 'lenet5'; did you mean lenet_5, lenet_1, lenet_4?", "lenet5", "x.png")]
    [InlineData("--top must be a whole number from 1 to 2147483647, not '0' (see luma classify --help)", "lenet_5", "x.png", "--top", "0")]
    public async Task A_mistake_is_one_line(string message, params string[] arguments) =>
        Assert.Equal(message, (await Run.Of(["classify", .. arguments])).Mistake());

    [Fact]
    public async Task A_turned_picture_is_shown_upright_unless_it_is_to_be_taken_as_it_is_stored()
    {
        using var folder = new TemporaryFolder();
        var (turned, input) = (folder.File("turned.jpg"), folder.File("input.safetensors"));
        File.WriteAllBytes(turned, Images.Pictures.Get("exif-6.jpg").Bytes);

        Assert.Equal(Applied(new()), await Shown());
        Assert.Equal(Applied(Images.ImageGoldens.AsItStands), await Shown("--ignore-orientation"));
        Assert.NotEqual(await Shown(), await Shown("--ignore-orientation"));

        File.WriteAllBytes(turned, await File.ReadAllBytesAsync(Path.Combine(AppContext.BaseDirectory, "Images", "Samples", "rgb-420.jpg")));
        string[] small = ["--resize", "12", "--crop", "12"];
        Assert.NotEqual(await Shown(small), await Shown([.. small, "--fast-decode"]));

        async Task<float[]> Shown(params string[] options)
        {
            Assert.Equal(0, (await Run.Of(["preprocess", "lenet_5", turned, "--output", input, .. options])).ExitCode);
            using var tensors = Luma.Zoo.Weights.StateDict.Open(input);
            return tensors["input"].ToTensor().data<float>().ToArray();
        }

        float[] Applied(Luma.Zoo.Images.DecodeOptions options) =>
            ModelZoo.Weights("lenet_5")[0].Preset.Apply(Luma.Zoo.Images.ImageDecoder.Decode(turned, options)).data<float>().ToArray();
    }

    [Fact]
    public async Task A_crop_that_the_network_does_not_take_is_told_with_the_option()
    {
        var image = Path.Combine(AppContext.BaseDirectory, "Images", "Samples", "rgb-420.jpg");

        var failure = (await Run.Of("classify", "lenet_5", image, "--resize", "12", "--crop", "12", "--no-compile")).Failure();

        Assert.StartsWith("lenet_5 does not take images of 12x12: ", failure, StringComparison.Ordinal);
        Assert.EndsWith("; give another --crop", failure, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_network_without_weights_needs_some() => Assert.Equal(
        "Say which weights to take: nobody has published weights for lenet_1.", (await Run.Of("classify", "lenet_1", "x.png")).Failure());

    [Theory]
    [InlineData("@photo.png")]
    [InlineData("-photo.png", "--")]
    public async Task A_name_stands_for_the_file_of_that_name(string name, params string[] before)
    {
        using var folder = new TemporaryFolder();
        File.Copy(Path.Combine(Digits, Names[0]), folder.File(name));
        var here = Directory.GetCurrentDirectory();
        Directory.SetCurrentDirectory(folder.File(""));
        try
        {
            var result = Assert.Single((await Run.Of(["classify", "lenet_5", "--json", .. before, name])).Json().EnumerateArray());
            Assert.Equal(name, result.GetProperty("path").GetString());
        }
        finally
        {
            Directory.SetCurrentDirectory(here);
        }
    }

    [Fact]
    public async Task Weights_may_be_named_with_the_network()
    {
        var image = Path.Combine(Digits, Names[0]);

        Assert.Equal((await Run.Of("classify", "lenet_5", image)).Output, (await Run.Of("classify", "lenet_5:MNIST", image)).Output);
    }

    [Fact]
    public async Task Folders_in_a_folder_are_searched_where_it_is_asked_for()
    {
        using var folder = new TemporaryFolder();
        var inner = folder.File("seven");
        Directory.CreateDirectory(inner);
        File.Copy(Path.Combine(Digits, Names[0]), Path.Combine(inner, "a.JPE"));
        // A link back must not be followed for ever.
        Directory.CreateSymbolicLink(Path.Combine(inner, "loop"), folder.File(""));

        var refused = (await Run.Of("classify", "lenet_5", folder.File("."))).Failure();
        var found = (await Run.Of("classify", "lenet_5", folder.File("."), "--recursive", "--json")).Json();

        Assert.EndsWith("there are no images in this folder; --recursive searches the folders in it too", refused, StringComparison.Ordinal);
        Assert.EndsWith("a.JPE", Assert.Single(found.EnumerateArray()).GetProperty("path").GetString(), StringComparison.Ordinal);
    }

    [UnixFact]
    public async Task A_folder_with_nothing_but_links_to_folders_says_that_these_are_not_followed()
    {
        if (OperatingSystem.IsWindows()) return;
        using var folder = new TemporaryFolder();
        Directory.CreateSymbolicLink(folder.File("digits"), Digits);

        var refused = (await Run.Of("classify", "lenet_5", folder.File("."), "--recursive")).Failure();

        Assert.EndsWith("there are no images in this folder, and links to folders are not followed; name what they lead to", refused, StringComparison.Ordinal);
        Assert.Equal(0, (await Run.Of("classify", "lenet_5", folder.File("digits"))).ExitCode);
    }

    [Fact]
    public async Task A_folder_without_images_does_not_stop_the_others()
    {
        using var folder = new TemporaryFolder();
        var image = Path.Combine(Digits, Names[0]);

        var run = await Run.Of("classify", "lenet_5", image, folder.File("."), image, "--json");

        Assert.Equal(1, run.ExitCode);
        var results = System.Text.Json.JsonDocument.Parse(run.Output).RootElement.EnumerateArray();
        Assert.Equal([false, true, false], results.Select(result => result.TryGetProperty("error", out _)));
    }

    [Fact]
    public async Task Answers_that_are_no_numbers_are_written_and_warned_about()
    {
        using var folder = new TemporaryFolder();
        using (var network = ModelZoo.Create("lenet_5"))
        {
            foreach (var parameter in network.parameters()) TorchSharp.torch.nn.init.constant_(parameter, double.NaN);
            using var state = Luma.Zoo.Weights.StateDict.Of(network);
            state.Save(folder.File("nan.pth"));
        }

        var run = await Run.Of("classify", $"lenet_5:{folder.File("nan.pth")}", Path.Combine(Digits, Names[0]), "--interpolation", "bilinear", "--json");
        var forward = await Run.Of("forward", $"lenet_5:{folder.File("nan.pth")}", "--json");

        Assert.Contains("\"probability\":\"NaN\"", run.Output, StringComparison.Ordinal);
        Assert.StartsWith("luma: warning: the network's answers are not numbers", run.Error, StringComparison.Ordinal);
        Assert.StartsWith("luma: the output has NaN or infinite numbers", forward.Error, StringComparison.Ordinal);
        using var document = System.Text.Json.JsonDocument.Parse(forward.Output);
        Assert.All(document.RootElement.GetProperty("output").EnumerateArray(), number => Assert.Equal("NaN", number.GetString()));
    }
}
