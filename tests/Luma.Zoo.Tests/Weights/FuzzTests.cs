using System.Globalization;
using Luma.Zoo.Weights.Formats;
using Xunit.Abstractions;

namespace Luma.Zoo.Tests.Weights;

/// <summary>The environment variables LUMA_FUZZ_CASES and LUMA_FUZZ_SEED make it longer or different; see scripts/fuzz.</summary>
public class FuzzTests(ITestOutputHelper output)
{
    private const int DefaultCases = 20_000;
    private const int DefaultSeed = 1;
    private const double SlowestSeconds = 2;

    [Fact]
    public void Damaged_files_are_read_or_refused_and_take_no_more_memory_than_they_are_worth()
    {
        var report = new Fuzzer(Setting("LUMA_FUZZ_SEED", DefaultSeed)).Run(Setting("LUMA_FUZZ_CASES", DefaultCases));

        output.WriteLine($"{report}");
        Assert.True(report.Read > 0 && report.Refused > 0);
        Assert.InRange(report.ManagedMultiple, 0, ReadBudget.Factor);
        Assert.InRange(report.NativeMultiple, 0, ReadBudget.Factor);
        // A clock says something where nothing else runs beside: in scripts/fuzz.
        if (Setting("LUMA_FUZZ_CASES", 0) > 0) Assert.InRange(report.Slowest.TotalSeconds, 0, SlowestSeconds);
    }

    [LinuxFact]
    public void The_script_says_what_is_asserted()
    {
        var script = Path.Combine(SharedFiles.Project!, "scripts", "fuzz");
        using var run = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("bash", [script, "--help"]) { RedirectStandardOutput = true })!;
        var help = string.Join(' ', run.StandardOutput.ReadToEnd().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        run.WaitForExit();

        Assert.Equal(0, run.ExitCode);
        Assert.All(
            [
                "another exception than WeightFileException", $"more than {ReadBudget.Factor} times the file's size and {Fuzzer.ManagedAllowance >> 10} KB in .NET's memory",
                $"more than {ReadBudget.Factor} times the file's size in tensors", $"takes {SlowestSeconds} seconds or more", "from memory, one from the disk and one mapped",
                $"runs {DefaultCases.ToString("N0", CultureInfo.InvariantCulture)} cases", "scripts/fuzz [CASES [SEED]]",
            ],
            text => Assert.Contains(text, help, StringComparison.Ordinal));
    }

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.Integer, CultureInfo.InvariantCulture, out var value) ? value : otherwise;
}
