namespace Luma.Zoo.Tests.Cli;

public class InfoTests
{
    [Theory]
    [InlineData(61_470, 236)]
    [InlineData(61_470 + (84 * 90), 236 + 90, "--num-classes", "100")]
    [InlineData(61_470, 236, "--config", "luma")]
    public async Task The_figures_are_those_of_the_network(long weights, long biases, params string[] options)
    {
        var report = (await Run.Of(["info", "LeNet_5", .. options, "--json"])).Json();

        Assert.Equal("lenet_5", report.GetProperty("id").GetString());
        Assert.Equal("LeNet", report.GetProperty("family").GetString());
        Assert.Equal(weights, report.GetProperty("weights").GetInt64());
        Assert.Equal(biases, report.GetProperty("biases").GetInt64());
        Assert.Equal(weights + biases, report.GetProperty("parameters").GetInt64());
        Assert.Equal([1, 32, 32], report.GetProperty("input").EnumerateArray().Select(size => size.GetInt32()));
    }

    [Fact]
    public async Task People_see_the_same()
    {
        var run = await Run.Of("info", "lenet_5");

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains(run.Lines, line => line.Contains("Parameters", StringComparison.Ordinal) && line.EndsWith("61,706", StringComparison.Ordinal));
        Assert.Contains(run.Lines, line => line.EndsWith("(N, 1, 32, 32)", StringComparison.Ordinal));
    }
}
