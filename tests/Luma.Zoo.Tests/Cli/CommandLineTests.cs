namespace Luma.Zoo.Tests.Cli;

public class CommandLineTests
{
    [Theory]
    [InlineData("There is no verb 'lsit' (see luma --help)", "lsit")]
    [InlineData("There is no network 'lenet5'; did you mean lenet_5, lenet_1, lenet_4?", "info", "lenet5")]
    [InlineData("There is no network 'lenet5'; did you mean lenet_5, lenet_1, lenet_4?", "summary", "lenet5")]
    [InlineData("There is no network 'xyzzy'; 'luma list' shows all.", "forward", "xyzzy")]
    [InlineData("There is no configuration '1': it is default or luma (see luma info --help)", "info", "lenet_5", "--config", "1")]
    [InlineData("--num-classes must be at least 1 (see luma info --help)", "info", "lenet_5", "--num-classes", "0")]
    [InlineData("'1,0,32,32' is no shape: write it like 1,3,224,224 (see luma forward --help)", "forward", "lenet_5", "--shape", "1,0,32,32")]
    [InlineData("'1,-1' is no shape: write it like 1,3,224,224 (see luma summary --help)", "summary", "lenet_5", "--shape", "1,-1")]
    [InlineData("--depth must not be negative (see luma summary --help)", "summary", "lenet_5", "--depth", "-1")]
    [InlineData("lenet_5 cannot take an input of (1, 3, 32, 32): Convolution2D(1 -> 6): expected (N, 1, H, W), got (1, 3, 32, 32)", "summary", "lenet_5", "--shape", "1,3,32,32")]
    [InlineData("lenet_5 cannot take an input of (1, 3, 32, 32): Convolution2D(1 -> 6): expected (N, 1, H, W), got (1, 3, 32, 32)", "forward", "lenet_5", "--shape", "1,3,32,32")]
    [InlineData("lenet_5 cannot take an input of (1, 1, 28, 28): Dense(400 -> 120): expected (N, 400), got (1, 256)", "summary", "lenet_5", "--json", "--shape", "1x1x28x28")]
    [InlineData("There is no network 'lenat*'; did you mean lenet_1, lenet_4, lenet_5?", "list", "lenat*")]
    [InlineData("There is no network 'xyzzy*'; 'luma list' shows all.", "list", "xyzzy*", "--json")]
    [InlineData("There is no family 'LeNets'; did you mean LeNet?", "list", "--family", "LeNets")]
    [InlineData("There is no network 'vgg*'; 'luma list' shows all.", "list", "vgg*", "--family", "lenet")]
    public async Task A_mistake_is_told_in_one_line(string line, params string[] args) => Assert.Equal(line, (await Run.Of(args)).Mistake());

    [Theory]
    [InlineData("forward", "lenet_5", "--shape", "1,1,4,4")]
    [InlineData("summary", "lenet_5", "--shape", "1,1,4,4")]
    public async Task An_image_too_small_for_a_kernel_is_told_in_one_line(params string[] args) =>
        Assert.StartsWith("lenet_5 cannot take an input of (1, 1, 4, 4): ", (await Run.Of(args)).Mistake(), StringComparison.Ordinal);

    [Theory]
    [InlineData]
    [InlineData("--help")]
    [InlineData("list", "--help")]
    [InlineData("info", "--help")]
    [InlineData("summary", "--help")]
    [InlineData("forward", "--help")]
    public async Task Every_verb_has_help(params string[] args)
    {
        var run = await Run.Of(args);

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains("Usage:", run.Output, StringComparison.Ordinal);
        if (args.Length == 2) Assert.Contains("--json", run.Output, StringComparison.Ordinal);
    }
}
