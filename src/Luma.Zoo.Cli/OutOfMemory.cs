using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Luma.Zoo.Cli;

/// <summary>Knows an exception that says that there is not enough memory, .NET's or libtorch's.</summary>
internal static partial class OutOfMemory
{
    /// <summary>The exception in one line, or null if it says something else.</summary>
    public static string? Describe(Exception exception) => exception switch
    {
        OutOfMemoryException => "out of memory",
        ExternalException when Refused().Match(exception.Message) is { Success: true } match =>
            $"out of memory: {Size(double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture))} more are needed",
        ExternalException when exception.Message.Contains("out of memory", StringComparison.OrdinalIgnoreCase)
            || exception.Message.Contains("Storage size calculation overflowed", StringComparison.Ordinal)
            || exception.Message.Contains("numel: integer multiplication overflow", StringComparison.Ordinal) => "out of memory",
        _ => null,
    };

    /// <summary>Refuses a tensor that is larger than this machine's memory, which the system might grant and then kill the process for.</summary>
    /// <exception cref="UserException">The tensor is too large.</exception>
    public static void Refuse(IEnumerable<long> sizes)
    {
        var bytes = sizes.Aggregate((double)sizeof(float), (product, size) => product * size);
        if (bytes > GC.GetGCMemoryInfo().TotalAvailableMemoryBytes)
            throw new UserException($"out of memory: an input of ({string.Join(", ", sizes)}) takes {Size(bytes)}");
    }

    private static string Size(double bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:N0} MB");

    [GeneratedRegex("tried to allocate ([0-9]+) bytes")]
    private static partial Regex Refused();
}
