using Luma.Zoo.Tests.Models;
using Luma.Zoo.Tests.Weights;

namespace Luma.Zoo.Tests.Cli;

public class ForwardTests
{
    [Fact]
    public async Task The_same_seed_gives_pythons_output()
    {
        var report = (await Run.Of("forward", "lenet_5", "--seed", "0", "--num-classes", $"{ModelGolden.Classes}", "--json")).Json();

        Assert.Equal([1, ModelGolden.Classes], report.GetProperty("shape").EnumerateArray().Select(size => size.GetInt32()));
        var output = report.GetProperty("output").EnumerateArray().Select(number => number.GetSingle()).ToArray();
        Assert.InRange(ModelGolden.Difference(ModelGolden.Load("lenet_5").Seeded, output), 0, 1e-5);
    }

    [Fact]
    public async Task The_weights_that_ran_can_be_kept_and_run_again()
    {
        using var folder = new TemporaryFolder();
        var kept = folder.File("lenet.pth");

        var first = (await Run.Of("forward", "lenet_5", "--seed", "0", "--save", kept, "--json")).Json();
        var again = (await Run.Of("forward", "lenet_5", "--seed", "0", "--weights", kept, "--json")).Json();
        var other = await Run.Of("forward", "lenet_5", "--save", folder.File("lenet.onnx"));

        Assert.Equal(first.GetRawText(), again.GetRawText());
        Assert.EndsWith("its name must end in .safetensors, .pth, .pt or .bin, which says the format to write", other.Mistake(), StringComparison.Ordinal);
        Assert.Equal(["lenet.pth"], folder.Names);
    }

    [Fact]
    public async Task The_shape_can_be_chosen()
    {
        var report = (await Run.Of("forward", "lenet_5", "--shape", "3,1,32,32", "--json")).Json();

        Assert.Equal([3, 10], report.GetProperty("shape").EnumerateArray().Select(size => size.GetInt32()));
        Assert.Equal(30, report.GetProperty("output").GetArrayLength());
    }

    [Fact]
    public async Task People_see_the_shape_and_a_number_a_line()
    {
        var run = await Run.Of("forward", "lenet_5");

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Equal("shape (1, 10)", run.Lines[0]);
        Assert.Equal(11, run.Lines.Length);
    }
}
