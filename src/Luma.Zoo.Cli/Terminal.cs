using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Spectre.Console;

namespace Luma.Zoo.Cli;

/// <summary>Where the program writes: results to one writer, progress and errors to the other.</summary>
internal sealed record Terminal(TextWriter Out, TextWriter Error)
{
    private IAnsiConsole? output, progress;

    /// <summary>Tables for people.</summary>
    public IAnsiConsole Console => output ??= CreateConsole(Out);

    /// <summary>Progress for people, beside the results.</summary>
    public IAnsiConsole Progress => progress ??= CreateConsole(Error);

    public static Terminal System() => new(global::System.Console.Out, global::System.Console.Error);

    /// <summary>Writes one JSON document.</summary>
    public void WriteJson<T>(T value, JsonTypeInfo<T> type) => Out.WriteLine(JsonSerializer.Serialize(value, type));

    private static IAnsiConsole CreateConsole(TextWriter writer)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) });
        // A file or a pipe has no width: do not fold what goes there.
        if (!console.Profile.Out.IsTerminal) console.Profile.Width = 500;
        return console;
    }
}
