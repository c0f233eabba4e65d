using Luma.Zoo.Tests.Weights;

namespace Luma.Zoo.Tests.Cli;

/// <summary>ONNX Runtime's telemetry, which begins with a file that names the session.</summary>
[Collection(nameof(Processes))]
public sealed class TelemetryTests
{
    [LinuxFact, Trait("Category", "Slow")]
    public void It_is_off_where_nobody_has_asked_for_it()
    {
        using var folder = new TemporaryFolder();
        var (luma, digits) = (Path.Combine(AppContext.BaseDirectory, "luma"), Path.Combine(AppContext.BaseDirectory, "Digits"));

        var (code, output, error) = ProcessTests.Shell(
            folder, $"unset ORT_DISABLE_TELEMETRY; mkdir temp; TMPDIR=$PWD/temp '{luma}' classify lenet_5 '{digits}' --engine onnxruntime --json > out.json || exit 1; grep -q probability out.json && echo classified; ls -A temp | grep -v -e ^clr- -e ^dotnet-");

        Assert.True(error.Length == 0, error);
        // Something was classified, and nothing is left: grep finds no other name.
        Assert.Equal((1, "classified"), (code, output.Trim()));
    }
}
