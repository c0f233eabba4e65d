using Luma.Zoo.Tests.Training;

namespace Luma.Zoo.Tests.Cli;

/// <summary><c>luma evaluate</c> in this process, with the weights for digits that the project has.</summary>
public sealed class EvaluateTests : IDisposable
{
    private readonly PictureFolder data = new();

    public void Dispose() => data.Dispose();

    public EvaluateTests()
    {
        // Named after what they show.
        foreach (var file in Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Digits"), "*.png"))
            data.Write($"{Label(file)}/{Path.GetFileName(file)}", File.ReadAllBytes(file));
    }

    [Fact]
    public async Task Digits_are_measured_by_class()
    {
        var count = Directory.GetFiles(data.Root, "*.png", SearchOption.AllDirectories).Length;

        var json = (await Run.Of("evaluate", "lenet_5", "--data", data.Root, "--json")).Json();
        var table = await Run.Of("evaluate", "lenet_5", "--data", data.Root, "--batch-size", "1");

        Assert.Equal(count, json.GetProperty("images").GetInt32());
        Assert.InRange(json.GetProperty("top1").GetDouble(), 0.8, 1);
        Assert.InRange(json.GetProperty("top5").GetDouble(), json.GetProperty("top1").GetDouble(), 1);
        Assert.Equal(count, json.GetProperty("confusion").EnumerateArray().Sum(row => row.EnumerateArray().Sum(cell => cell.GetInt32())));
        Assert.Equal(10, json.GetProperty("classes").GetArrayLength());
        Assert.Equal(0, table.ExitCode);
        Assert.StartsWith($"{count} pictures, top-1 ", table.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("onednn")]
    [InlineData("onnxruntime")]
    public async Task An_engine_measures_the_same(string engine)
    {
        var own = (await Run.Of("evaluate", "lenet_5", "--data", data.Root, "--json", "--no-compile")).Json();

        var compiled = (await Run.Of("evaluate", "lenet_5", "--data", data.Root, "--json", "--engine", engine)).Json();

        Assert.Equal(own.GetProperty("top1").GetDouble(), compiled.GetProperty("top1").GetDouble());
        Assert.Equal(own.GetProperty("loss").GetDouble(), compiled.GetProperty("loss").GetDouble(), 1e-5);
    }

    [Theory]
    [InlineData("There is no engine 'tensorrt': it is onednn, onnxruntime or auto", "tensorrt")]
    [InlineData("--no-compile and --engine contradict each other", "auto", "--no-compile")]
    [InlineData("Networks are compiled for the CPU: --engine and --device cuda:1 do not go together", "onednn", "--device", "cuda:1")]
    public async Task Engines_that_make_no_sense_are_mistakes(string expected, params string[] options) =>
        Assert.StartsWith(expected, (await Run.Of(["evaluate", "lenet_5", "--data", data.Root, "--engine", .. options])).Mistake(), StringComparison.Ordinal);

    [Fact]
    public async Task A_picture_that_cannot_be_read_is_told()
    {
        data.Write("7/broken.png", "no picture");

        var run = await Run.Of("evaluate", "lenet_5", "--data", data.Root);

        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith($"luma: left out: {data.PathOf("7/broken.png")}: ", run.Error, StringComparison.Ordinal);
        Assert.StartsWith(data.PathOf("7/broken.png"), (await Run.Of("evaluate", "lenet_5", "--data", data.Root, "--strict")).Failure(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Labels_that_are_not_the_networks_are_named()
    {
        data.With("seven/1.png");

        Assert.Equal(
            $"{data.Root}: its class 'seven' is none of the network's: '0', '1', '2', '3', '4' and 5 more.", (await Run.Of("evaluate", "lenet_5", "--data", data.Root)).Failure());
        Assert.Equal("nowhere: there is no such folder or file.", (await Run.Of("evaluate", "lenet_5", "--data", "nowhere")).Failure());
    }

    private static string Label(string file) => Path.GetFileNameWithoutExtension(file).First(char.IsDigit).ToString();
}
