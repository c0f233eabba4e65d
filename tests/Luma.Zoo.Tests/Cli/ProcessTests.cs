using System.Diagnostics;
using System.Text.Json;
using Luma.Zoo.Tests.Images;
using Luma.Zoo.Tests.Training;
using Luma.Zoo.Tests.Weights;

namespace Luma.Zoo.Tests.Cli;

/// <summary>The program as a process of its own: signals, pipes, the environment.</summary>
public sealed class ProcessTests : IDisposable
{
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "luma");
    private static readonly string Digit = Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Digits"), "*.png").Order().First();

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [LinuxFact]
    public void An_image_that_memory_does_not_hold_does_not_stop_the_others()
    {
        OneBitPng.Write(folder.File("huge.png"), 13_000, 13_000);

        var (code, output, error) = Shell($"DOTNET_GCHeapHardLimit=0x20000000 '{Program}' classify lenet_5 huge.png '{Digit}' huge.png --json");

        Assert.Equal(1, code);
        using var results = JsonDocument.Parse(output);
        Assert.Equal([true, false, true], results.RootElement.EnumerateArray().Select(result => result.TryGetProperty("error", out _)));
        Assert.Equal("luma: huge.png: there is not enough memory for it\nluma: huge.png: there is not enough memory for it\n", error);
    }

    [LinuxFact]
    public void A_reader_that_has_seen_enough_ends_the_program_without_a_word()
    {
        foreach (var command in (string[])["list", "list --json", "weights --json", "summary resnet18", "forward lenet_5", "--help"])
        {
            var (code, output, error) = Shell($"'{Program}' {command} | head -c 20; exit ${{PIPESTATUS[0]}}");

            Assert.Equal((0, 20, ""), (code, output.Length, error));
        }
    }

    [LinuxFact]
    public void A_place_without_room_for_the_results_is_told()
    {
        var (code, _, error) = Shell($"'{Program}' list > /dev/full");

        Assert.Equal((1, "luma: No space left on device\n"), (code, error));
    }

    [LinuxFact]
    public void Results_go_on_in_a_file_where_others_have_written()
    {
        var (_, output, _) = Shell($"(echo begin; '{Program}' info lenet_5; echo end) > out.txt; cat out.txt");

        Assert.StartsWith("begin\nId ", output, StringComparison.Ordinal);
        Assert.EndsWith("\nend\n", output, StringComparison.Ordinal);
    }

    [LinuxFact]
    public void A_home_that_is_not_there_yet_gets_the_cache()
    {
        Shell($"unset TORCH_HOME XDG_CACHE_HOME; HOME=$PWD/not-there '{Program}' download resnet18 --mirror http://127.0.0.1:9/");

        Assert.True(Directory.Exists(folder.File("not-there/.cache/torch/hub/checkpoints")));
        Assert.False(Directory.Exists(folder.File(".cache")));
    }

    [LinuxFact]
    public void What_is_classified_when_the_user_stops_it_is_told()
    {
        for (var i = 0; i < 64; i++) File.Copy(Digit, folder.File($"{i:D4}.png"));

        // The same images again and again, for longer than the test waits.
        var (code, output, error) = Shell(
            $"'{Program}' classify lenet_5 $(for i in $(seq 500); do echo *.png; done) --json --verbose > out.json 2> err.txt & pid=$!; "
            + "for i in $(seq 600); do grep -qs 10% err.txt && break; sleep 0.05; done; kill -INT $pid; wait $pid 2> /dev/null; code=$?; cat out.json; tail -n 1 err.txt >&2; exit $code");

        Assert.Equal(130, code);
        Assert.EndsWith("luma: cancelled\n", error, StringComparison.Ordinal);
        using var results = JsonDocument.Parse(output);
        Assert.InRange(results.RootElement.GetArrayLength(), 64, 500 * 64 - 1);
        Assert.All(results.RootElement.EnumerateArray(), result => Assert.True(result.TryGetProperty("predictions", out _)));
    }

    [LinuxFact]
    public void What_the_first_epoch_has_learnt_when_the_user_stops_it_is_saved()
    {
        using var digits = new DigitFiles().WithPart("train", 20_000).WithPart("t10k", 50);

        var (code, output, error) = Shell(
            $"'{Program}' train lenet_5 --data '{digits.Folder}' --output out.pth --verbose --epochs 3 --json > out.json 2> err.txt & pid=$!; "
            + "sleep 4; kill -INT $pid; wait $pid 2> /dev/null; code=$?; cat out.json; cat err.txt >&2; exit $code");

        Assert.Equal(130, code);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        using var report = JsonDocument.Parse(output);
        Assert.True(report.RootElement.GetProperty("cancelled").GetBoolean());
        using var network = ModelZoo.Create("lenet_5", weights: folder.File("out.pth"));
        // Saved whole, with nothing beside it.
        Assert.Equal(["err.txt", "out.json", "out.pth"], folder.Names.Order());
    }

    /// <summary>Runs the program in a folder, which is its home for weights too.</summary>
    internal static (int Code, string Output, string Error) Luma(TemporaryFolder folder, string arguments) =>
        Shell(folder, $"TORCH_HOME=$PWD '{Program}' {arguments}");

    private (int Code, string Output, string Error) Shell(string script) => Shell(folder, script);

    private static (int Code, string Output, string Error) Shell(TemporaryFolder folder, string script)
    {
        // Its own job control: in the background a shell has its children ignore the interrupt.
        using var shell = Process.Start(new ProcessStartInfo("bash", ["-c", $"set -m; {script}"])
        {
            WorkingDirectory = folder.File(""),
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var error = shell.StandardError.ReadToEndAsync();
        var output = shell.StandardOutput.ReadToEnd();
        shell.WaitForExit();
        return (shell.ExitCode, output, error.Result);
    }
}
