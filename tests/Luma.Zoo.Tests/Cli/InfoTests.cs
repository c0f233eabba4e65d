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

    [Theory]
    [InlineData("googlenet", 13_004_888)]
    [InlineData("googlenet", 6_624_904, "--aux-heads", "false")]
    [InlineData("inception_v3", 27_161_264, "--aux-heads", "true")]
    [InlineData("inceptionnet_v1", 6_998_552)]
    public async Task Auxiliary_heads_are_there_by_default_where_torchvision_has_them_and_can_be_chosen(string id, long parameters, params string[] options)
    {
        var info = (await Run.Of(["info", id, .. options, "--json"])).Json();
        var summary = (await Run.Of(["summary", id, .. options, "--json"])).Json();

        Assert.Equal(parameters, info.GetProperty("parameters").GetInt64());
        Assert.Equal(parameters, summary.GetProperty("parameters").GetInt64());
    }

    [Theory]
    [InlineData("info")]
    [InlineData("summary")]
    [InlineData("forward")]
    public async Task A_choice_that_a_network_does_not_have_is_refused(string verb)
    {
        Assert.Equal("lenet_5 has no auxiliary heads (--aux-heads)", (await Run.Of(verb, "lenet_5", "--aux-heads", "true")).Mistake());
        Assert.Contains("maybe", (await Run.Of(verb, "googlenet", "--aux-heads", "maybe")).Mistake(), StringComparison.Ordinal);
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
