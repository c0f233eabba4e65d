using Luma.Zoo.Tests.Models;

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
