using Microsoft.Extensions.Logging;

namespace Luma.Zoo.Cli;

/// <summary>Shows warnings of the library to people; the rest only with <c>--verbose</c>.</summary>
internal sealed class TerminalLogger(Terminal terminal) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= (terminal.Verbose ? LogLevel.Debug : LogLevel.Warning);

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel)) terminal.Error.WriteLine($"luma: {Shown.Message(formatter(state, exception))}");
    }
}
