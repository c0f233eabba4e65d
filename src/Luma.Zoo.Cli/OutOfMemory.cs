using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Luma.Neural.Native;

namespace Luma.Zoo.Cli;

/// <summary>Knows an exception that says that there is not enough memory, .NET's or libtorch's.</summary>
internal static partial class OutOfMemory
{
    /// <summary>The exception in one line, or null if it says something else.</summary>
    public static string? Describe(Exception exception) => exception switch
    {
        InsufficientMemoryException => $"out of memory: {exception.Message}",
        OutOfMemoryException => "out of memory",
        ExternalException when Refused().Match(exception.Message) is { Success: true } match =>
            $"out of memory: {MemoryGuard.Size(double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture))} more are needed",
        ExternalException when exception.Message.Contains("out of memory", StringComparison.OrdinalIgnoreCase)
            || exception.Message.Contains("Storage size calculation overflowed", StringComparison.Ordinal)
            || exception.Message.Contains("numel: integer multiplication overflow", StringComparison.Ordinal) => "out of memory",
        _ => null,
    };

    [GeneratedRegex("tried to allocate ([0-9]+) bytes")]
    private static partial Regex Refused();
}
