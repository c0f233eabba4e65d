namespace Luma.Zoo.Tests.Cli;

public class CommandLineTests
{
    [Theory]
    [InlineData("There is no command 'lsit'; did you mean list? (see luma --help)", "lsit")]
    [InlineData("There is no network 'lenet5'; did you mean lenet_5, lenet_1, lenet_4?", "info", "lenet5")]
    [InlineData("There is no network 'lenet5'; did you mean lenet_5, lenet_1, lenet_4?", "summary", "lenet5")]
    [InlineData("There is no network 'xyzzy', and no model folder of that name here; 'luma list' shows all networks.", "forward", "xyzzy")]
    [InlineData("There is no network 'my-model', and no model folder of that name here; 'luma list' shows all networks.", "classify", "my-model:x.pth", "x.png")]
    [InlineData("There is no configuration '1': it is default or luma (see luma info --help)", "info", "lenet_5", "--config", "1")]
    [InlineData("--num-classes must be a whole number from 1 to 2147483647, not '0' (see luma info --help)", "info", "lenet_5", "--num-classes", "0")]
    [InlineData("'1,0,32,32' is no shape: write it like 1,3,224,224 (see luma forward --help)", "forward", "lenet_5", "--shape", "1,0,32,32")]
    [InlineData("'1,-1' is no shape: write it like 1,3,224,224 (see luma summary --help)", "summary", "lenet_5", "--shape", "1,-1")]
    [InlineData("--depth must be a whole number from 0 to 2147483647, not '-1' (see luma summary --help)", "summary", "lenet_5", "--depth", "-1")]
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
    [InlineData("--top must be a whole number from 1 to 2147483647, not 'abc' (see luma classify --help)", "classify", "lenet_5", "x.png", "--top", "abc")]
    [InlineData("--num-classes must be a whole number from 1 to 2147483647, not '1.5' (see luma classify --help)", "classify", "lenet_5", "x.png", "--num-classes", "1.5")]
    [InlineData("--depth must be a whole number from 0 to 2147483647, not 'x' (see luma summary --help)", "summary", "lenet_1", "--depth", "x")]
    [InlineData("--epochs must be a whole number from 1 to 2147483647, not '99999999999' (see luma train --help)", "train", "lenet_5", "--data", ".", "--output", "x.pth", "--epochs", "99999999999")]
    [InlineData("--seed must be a whole number from 0 to 2147483647, not '-1' (see luma train --help)", "train", "lenet_5", "--data", ".", "--output", "x.pth", "--seed", "-1")]
    [InlineData("--seed must be a whole number, not '99999999999999999999' (see luma forward --help)", "forward", "lenet_1", "--seed", "99999999999999999999")]
    [InlineData("'1,99999999999999999999,2,2' is no shape: write it like 1,3,224,224 (see luma forward --help)", "forward", "lenet_1", "--shape", "1,99999999999999999999,2,2")]
    public async Task A_number_that_is_none_is_told_in_one_line(string line, params string[] args) => Assert.Equal(line, (await Run.Of(args)).Mistake());

    [Theory]
    [InlineData("There is no option '--weight'; did you mean --weights? (see luma classify --help)", "classify", "lenet_5", "x.png", "--weight", "my.pth")]
    [InlineData("There is no option '-w'; did you mean --weights? (see luma classify --help)", "classify", "lenet_5", "x.png", "-w")]
    [InlineData("There is no option '--jsn'; did you mean --json? (see luma classify --help)", "classify", "lenet_5", "--jsn", "x.png")]
    [InlineData("There is no option '--jsn'; did you mean --json? (see luma list --help)", "list", "--jsn")]
    [InlineData("There is no option '--jsn'; did you mean --json? (see luma download --help)", "download", "resnet18", "--jsn")]
    [InlineData("There is no option '--xyzzy' (see luma convert --help)", "convert", "a.pth", "b.pth", "--xyzzy")]
    [InlineData("--weights needs a value before --jsn; for a file of that name write ./--jsn (see luma forward --help)", "forward", "lenet_5", "--weights", "--jsn")]
    [InlineData("There is no option '--jsn' (see luma --help)", "--jsn")]
    [InlineData("Say which command to run (see luma --help)", "--verbose")]
    [InlineData("There is no command 'clasify'; did you mean classify? (see luma --help)", "clasify")]
    [InlineData("There is no command 'clasify'; did you mean classify? (see luma --help)", "clasify", "lenet_5", "x.png")]
    [InlineData("There is no command 'clasify'; did you mean classify? (see luma --help)", "clasify", "--help")]
    [InlineData("There is no option '--tpo'; did you mean --top? (see luma classify --help)", "classify", "--tpo")]
    [InlineData("There is no option '--tpo'; did you mean --top? (see luma classify --help)", "classify", "lenet_5", "x.png", "--tpo", "3")]
    [InlineData("There is no command 'help' (see luma --help)", "help")]
    [InlineData("There is no command 'help' (see luma classify --help)", "help", "classify")]
    [InlineData("There is no command 'version' (see luma --help)", "version")]
    [InlineData("There is no option '--version' (see luma list --help)", "list", "--version")]
    [InlineData("There is no shortcut 'none': it is projection, zero-padding or zero-padding-around (see luma info --help)", "info", "resnet20", "--shortcut", "none")]
    [InlineData("--transform-input must be true or false, not 'maybe' (see luma classify --help)", "classify", "googlenet", "x.png", "--transform-input", "maybe")]
    [InlineData("--json must be true or false, not '1' (see luma classify --help)", "classify", "lenet_5", "x.png", "--json=1")]
    [InlineData("--recursive must be true or false, not 'maybe' (see luma classify --help)", "classify", "lenet_5", "x.png", "--recursive:maybe")]
    [InlineData("--aux-heads must be true or false, not '2' (see luma info --help)", "info", "googlenet", "--aux-heads", "2")]
    [InlineData("There is no device 'gpu': it is cpu, cuda or cuda:N (see luma classify --help)", "classify", "lenet_5", "x.png", "--device", "gpu")]
    [InlineData("There is no device 'cuda:-1': it is cpu, cuda or cuda:N (see luma forward --help)", "forward", "lenet_5", "--device", "cuda:-1")]
    [InlineData("There are no weights after the colon of 'lenet_5:'", "classify", "lenet_5:", "x.png")]
    [InlineData("'lenet_5:MNIST' and --weights both name weights: give one of them", "classify", "lenet_5:MNIST", "x.png", "--weights", "MNIST")]
    public async Task A_misspelling_is_told_before_any_work(string line, params string[] args) => Assert.Equal(line, (await Run.Of(args)).Mistake());

    [Theory]
    [InlineData("An argument is empty (see luma classify --help)", "classify", "lenet_5", "")]
    [InlineData("An argument is empty (see luma convert --help)", "convert", "", "x.pth")]
    [InlineData("An argument is empty (see luma train --help)", "train", "lenet_5", "--data", ".", "--output", "")]
    [InlineData("Required argument missing for option: '--output' (see luma train --help)", "train", "lenet_5", "--data", ".", "--output=")]
    [InlineData("An argument is empty (see luma list --help)", "list", "")]
    [InlineData("An argument has a NUL character in it (see luma train --help)", "train", "lenet_5", "--data", "a\0b", "--output", "x.pth")]
    public async Task An_empty_argument_is_told_in_one_line(string line, params string[] args) => Assert.Equal(line, (await Run.Of(args)).Mistake());

    [Theory]
    [InlineData("forward", "lenet_1", "--shape", "9999999999,1,28,28")]
    [InlineData("forward", "lenet_1", "--shape", "99999999999,1,99999999999,28")]
    [InlineData("summary", "lenet_1", "--shape", "9999999999,1,28,28")]
    [InlineData("info", "lenet_5", "--num-classes", "2147483647")]
    public async Task What_memory_does_not_hold_is_told_in_one_line(params string[] args) =>
        Assert.StartsWith("out of memory", (await Run.Of(args)).Failure(), StringComparison.Ordinal);

    [Fact]
    public async Task Any_arguments_are_answered_with_an_exit_code_and_without_a_trace()
    {
        string[] words =
        [
            "list", "info", "summary", "forward", "weights", "classify", "lenet_5", "lenet_5:MNIST", "x", "", "-", "--", "-1", "@x", "--json", "--top",
            "--shape", "1,1,32,32", "--num-classes", "99999999999999999999", "é\uD83D", "\0", "--help", "--depth", "[suggest]", "--verbose=x", "--top=", "/h", "*", ":", "::x",
        ];
        var random = new Random(1);
        for (var round = 0; round < 400; round++)
        {
            var args = Enumerable.Range(0, random.Next(1, 7)).Select(_ => words[random.Next(words.Length)]).ToArray();
            var run = await Run.Of(args);

            Assert.True(run.ExitCode is 0 or 1 or 2, $"luma {string.Join(' ', args)}: {run.ExitCode} {run.Error}");
            Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
            if (run.ExitCode == 2) Assert.Single(run.Error.TrimEnd().Split('\n'));
        }
    }

    [Fact]
    public async Task The_trace_of_a_failure_is_shown_where_it_is_asked_for()
    {
        string[] args = ["forward", "lenet_5", "--weights", "nowhere.pth"];

        Assert.DoesNotContain("   at ", (await Run.Of(args)).Failure(), StringComparison.Ordinal);
        Assert.Contains("   at ", (await Run.Of([.. args, "--verbose"])).Error, StringComparison.Ordinal);
    }
}
