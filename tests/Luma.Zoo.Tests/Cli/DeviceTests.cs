using System.CommandLine;
using Luma.Zoo.Cli;
using Luma.Zoo.Tests.Training;
using Luma.Zoo.Tests.Weights;

namespace Luma.Zoo.Tests.Cli;

/// <summary>Where the commands compute that compute.</summary>
public sealed class DeviceTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly DigitFiles digits = new DigitFiles().WithPart("train", 100).WithPart("t10k", 50);
    private int runs;

    public static TheoryData<string> Commands => [.. Computing.Select(command => command.Name)];

    private static IEnumerable<Command> Computing => CommandLine.CreateRoot(new Terminal(TextWriter.Null, TextWriter.Null)).Subcommands
        .Where(command => command.Options.Any(option => option.Name == "--device"));

    public void Dispose()
    {
        folder.Dispose();
        digits.Dispose();
    }

    [Fact]
    public void Every_command_that_computes_has_the_choice() => Assert.Superset(new HashSet<string> { "classify", "forward", "train", "finetune", "evaluate" }, Computing.Select(command => command.Name).ToHashSet());

    [Theory, MemberData(nameof(Commands))]
    public async Task The_CPU_may_be_named(string command)
    {
        var usual = await Run.Of([command, .. Arguments(command)]);
        var named = await Run.Of([command, .. Arguments(command), "--device", "CPU"]);

        // Each training has a folder of its own.
        Assert.Equal((0, usual.Output.Replace("run0", "run1", StringComparison.Ordinal)), (named.ExitCode, named.Output));
    }

    [Theory, MemberData(nameof(Commands))]
    public async Task A_GPU_that_is_not_there_is_told_in_one_line_with_what_to_install(string command)
    {
        foreach (var device in (string[])["cuda", "cuda:7"])
        {
            var run = await Run.Of([command, .. Arguments(command), "--device", device]);

            // Where there is one, it is used.
            if (cuda.is_available() && (device == "cuda" || cuda.device_count() > 7)) Assert.Equal(0, run.ExitCode);
            else if (cuda.is_available()) Assert.StartsWith("There is no cuda:7: ", run.Failure(), StringComparison.Ordinal);
            else Assert.StartsWith($"cuda:{(device == "cuda" ? 0 : 7)} cannot be used here: it needs an NVIDIA GPU with its driver, and libtorch for CUDA", run.Failure(), StringComparison.Ordinal);
        }
    }

    private string[] Arguments(string command) => command switch
    {
        "classify" => ["lenet_5", ManyImages.Digits[0]],
        "forward" => ["lenet_5", "--seed", "1"],
        "train" => ["lenet_5", "--data", digits.Folder, "--output", folder.File($"run{runs++}"), "--epochs", "1", "--json"],
        "finetune" => ["lenet_5", "--data", digits.Folder, "--output", folder.File($"run{runs++}"), "--epochs", "1", "--json"],
        "evaluate" => ["lenet_5", "--data", digits.Folder],
        _ => throw new NotSupportedException($"Say how luma {command} is called."),
    };
}
