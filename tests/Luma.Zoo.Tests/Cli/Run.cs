using System.Text.Json;
using Luma.Zoo.Cli;

namespace Luma.Zoo.Tests.Cli;

/// <summary>One run of the program in this process.</summary>
internal sealed record Run(int ExitCode, string Output, string Error)
{
    public static async Task<Run> Of(params string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await CommandLine.RunAsync(args, new Terminal(output, error));
        return new(code, output.ToString(), error.ToString());
    }

    /// <summary>The output's lines without what stands right of them.</summary>
    public string[] Lines => [.. Output.TrimEnd().Split('\n').Select(line => line.TrimEnd())];

    /// <summary>The one JSON document that the output must be.</summary>
    public JsonElement Json()
    {
        Assert.Equal((0, ""), (ExitCode, Error));
        using var document = JsonDocument.Parse(Output);
        return document.RootElement.Clone();
    }

    /// <summary>The one line that incorrect usage must be answered with.</summary>
    public string Mistake() => Line(CommandLine.UsageError);

    /// <summary>The one line that a file that fails must be answered with.</summary>
    public string Failure() => Line(CommandLine.Failure);

    private string Line(int exitCode)
    {
        Assert.Equal((exitCode, ""), (ExitCode, Output));
        var line = Assert.Single(Error.TrimEnd('\n', '\r').Split('\n'));
        Assert.StartsWith("luma: ", line, StringComparison.Ordinal);
        return line["luma: ".Length..].TrimEnd();
    }
}
