using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Win32.SafeHandles;
using Spectre.Console;

namespace Luma.Zoo.Cli;

/// <summary>Hears how far something has come, and what it is doing now.</summary>
internal delegate void ReportProgress(double done, double whole, string? what = null);

/// <summary>Where the program writes: results to one writer, progress and errors to the other.</summary>
internal sealed class Terminal(TextWriter output, TextWriter error)
{
    private const int MostColumns = 120;

    private static readonly TimeSpan UnknownEvery = TimeSpan.FromSeconds(10);

    private IAnsiConsole? console, progress;

    /// <summary>Whether progress and the traces of errors are written even where nobody watches.</summary>
    public bool Verbose { get; set; }

    /// <summary>Results.</summary>
    public TextWriter Out { get; } = output;

    /// <summary>Errors.</summary>
    public TextWriter Error { get; } = error;

    /// <summary>The width of help: the terminal's, but no more than is easily read.</summary>
    public int HelpWidth => Console.Profile.Out.IsTerminal ? Math.Min(Console.Profile.Width, MostColumns) : MostColumns;

    /// <summary>Tables for people.</summary>
    public IAnsiConsole Console => console ??= CreateConsole(Out);

    private IAnsiConsole Progress => progress ??= CreateConsole(Error);

    public static Terminal System()
    {
        // Spectre asks the console whether its writer is a terminal.
        if (OpenOutput() is { } output) global::System.Console.SetOut(new StreamWriter(output, new UTF8Encoding(false)) { AutoFlush = true });
        // An error that cannot be told is no other error.
        if (StandardStreams.IsClosed(StandardStreams.Error)) global::System.Console.SetError(TextWriter.Null);
        else if (global::System.Console.IsErrorRedirected)
            global::System.Console.SetError(new StreamWriter(new QuietStream(global::System.Console.OpenStandardError()), new UTF8Encoding(false)) { AutoFlush = true });
        return new(global::System.Console.Out, global::System.Console.Error);
    }

    /// <summary>Writes one JSON document.</summary>
    public void WriteJson<T>(T value, JsonTypeInfo<T> type) => Out.WriteLine(JsonSerializer.Serialize(value, type));

    /// <summary>Writes a line about the progress: to a terminal, or where the user asked for it.</summary>
    public void Say(string line)
    {
        if (Progress.Profile.Out.IsTerminal) Progress.WriteLine(line);
        else if (Verbose) Error.WriteLine(line);
    }

    /// <summary>Whether somebody sees how far something has come.</summary>
    public bool ShowsProgress => Verbose || Progress.Profile.Out.IsTerminal;

    /// <summary>Writes a line about what went wrong, also while a bar is shown.</summary>
    public void Complain(string line)
    {
        line = Shown.Message(line);
        if (Progress.Profile.Out.IsTerminal) Progress.WriteLine(line);
        else Error.WriteLine(line);
    }

    /// <summary>Runs something and shows how far it is: as a bar on a terminal, as lines where the user asked for it.</summary>
    /// <param name="what">What is done.</param>
    /// <param name="run">Does it.</param>
    /// <param name="columns">What the bar shows, or null for Spectre's usual columns.</param>
    public async Task<T> ShowProgressAsync<T>(string what, Func<ReportProgress, Task<T>> run, params ProgressColumn[] columns)
    {
        if (!Progress.Profile.Out.IsTerminal) return await run(Verbose ? Lines(what) : static (_, _, _) => { });

        var bar = Progress.Progress().AutoClear(true);
        if (columns.Length > 0) bar.Columns(columns);
        return await bar.StartAsync(async context =>
        {
            var task = context.AddTask(Markup.Escape(what));
            return await run((done, whole, now) =>
            {
                // Of what has no known end only the count is known.
                task.IsIndeterminate = whole <= 0;
                (task.MaxValue, task.Value) = (Math.Max(whole, 1), Math.Min(done, Math.Max(whole, 1)));
                if (now is not null) task.Description = Markup.Escape(now);
            });
        });
    }

    // A line for every tenth of the way; now and then where its length is not known.
    private ReportProgress Lines(string what)
    {
        var told = 0;
        var (watch, next) = (Stopwatch.StartNew(), UnknownEvery);
        return (done, whole, now) =>
        {
            if (whole <= 0 && watch.Elapsed >= next)
            {
                next = watch.Elapsed + UnknownEvery;
                Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{now ?? what}: {done:N0}"));
            }
            var tenth = whole > 0 ? (int)(10 * done / whole) : 0;
            if (tenth <= told) return;
            told = tenth;
            Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{now ?? what}: {10 * tenth}%{Left(done, whole)}"));
        };

        string Left(double done, double whole) =>
            done < whole ? string.Create(CultureInfo.InvariantCulture, $", {watch.Elapsed * ((whole - done) / done):hh\\:mm\\:ss} left") : "";
    }

    // A terminal is left to .NET.
    private static OutputStream? OpenOutput()
    {
        if (StandardStreams.IsClosed(StandardStreams.Output)) return new OutputStream(null);
        if (!global::System.Console.IsOutputRedirected) return null;

        // .NET's own stream ignores that the reader of a pipe has gone; in a file it goes on where others have written.
        var pipe = OperatingSystem.IsWindows() ? null : new FileStream(new SafeFileHandle(StandardStreams.Output, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        return new OutputStream(pipe is { CanSeek: false } ? pipe : global::System.Console.OpenStandardOutput());
    }

    /// <summary>Tables for people on a writer.</summary>
    public static IAnsiConsole CreateConsole(TextWriter writer)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) });
        // A file or a pipe has no width: do not fold what goes there.
        if (!console.Profile.Out.IsTerminal) console.Profile.Width = 500;
        return console;
    }
}
