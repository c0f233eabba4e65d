using System.Globalization;

namespace Luma.Neural.Native;

/// <summary>
/// Refuses what the memory cannot hold before it is asked for: libtorch may be granted more than there is, and the system then kills the
/// process when it is used; and some of TorchSharp's functions crash where libtorch is refused.
/// </summary>
internal static class MemoryGuard
{
    // What is smaller is not worth a look at the system.
    private const long Small = 64 << 20;

    private static readonly string[] Available = ["MemAvailable:", "SwapFree:"];

    /// <summary>Makes sure that there is room.</summary>
    /// <param name="bytes">How many bytes are needed beside what is in use.</param>
    /// <param name="what">What they are for, as the beginning of a sentence.</param>
    /// <exception cref="InsufficientMemoryException">There is not.</exception>
    public static void Ensure(double bytes, string what = "a step of the network")
    {
        if (Fits(bytes)) return;
        throw new InsufficientMemoryException($"{what} takes {Size(bytes)}, and {Size(Math.Max(0, Free()))} are free");
    }

    /// <summary>Whether there is room.</summary>
    /// <param name="bytes">How many bytes are needed beside what is in use.</param>
    public static bool Fits(double bytes)
    {
        if (bytes < Small || bytes <= Free()) return true;
        // The process may have kept what it has freed.
        NativeHeap.GiveBack();
        return bytes <= Free();
    }

    /// <summary>A size for people.</summary>
    public static string Size(double bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:N0} MB");

    // Of what the process may have, which knows of containers, what it does not have yet; and of what the system has, what others leave.
    private static double Free()
    {
        var own = (double)GC.GetGCMemoryInfo().TotalAvailableMemoryBytes - Environment.WorkingSet;
        return Math.Min(own, OfSystem() ?? double.PositiveInfinity);
    }

    private static double? OfSystem()
    {
        if (!OperatingSystem.IsLinux()) return null;
        try
        {
            double kilobytes = 0;
            foreach (var line in File.ReadLines("/proc/meminfo").Where(line => Available.Any(name => line.StartsWith(name, StringComparison.Ordinal))))
            {
                if (!double.TryParse(line.Split(':')[1].Trim().Split(' ')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return null;
                kilobytes += number;
            }
            return kilobytes > 0 ? 1024 * kilobytes : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
