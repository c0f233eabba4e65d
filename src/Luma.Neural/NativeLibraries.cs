using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Luma.Neural;

/// <summary>
/// Loads libtorch before TorchSharp does. Where it cannot be loaded, TorchSharp prints its whole search to the console and copies
/// the packages about; this says in one sentence what is missing.
/// </summary>
public static partial class NativeLibraries
{
    // What the process has loaded stays loaded.
    private static volatile bool loaded;

    /// <summary>
    /// Loads libtorch and TorchSharp's part of it, or does nothing if they are loaded. Every layer and block calls it; a program that
    /// begins with tensors calls it first.
    /// </summary>
    /// <exception cref="NativeLibraryException">A library cannot be loaded; the message says which and what to do.</exception>
    public static void EnsureLoaded()
    {
        if (loaded) return;

        // Two threads may get here at once: loading a library twice is loading it once.
        Load("torch_cpu", typeof(torch).Assembly);
        Load("LibTorchSharp", typeof(torch).Assembly);
        loaded = true;
    }

    /// <summary>Loads one library from where the assembly's own native libraries are.</summary>
    /// <param name="library">The library's name without prefix and extension.</param>
    /// <param name="assembly">The assembly that needs it.</param>
    /// <exception cref="NativeLibraryException">It cannot be loaded.</exception>
    internal static void Load(string library, Assembly assembly)
    {
        try
        {
            NativeLibrary.Load(library, assembly, searchPath: null);
        }
        catch (Exception error) when (error is DllNotFoundException or BadImageFormatException)
        {
            throw new NativeLibraryException(Explain(library, error.Message), error);
        }
    }

    /// <summary>One sentence for what the system's loader had to say.</summary>
    /// <param name="library">The library that was to be loaded.</param>
    /// <param name="message">The loader's message: a line for each place where it looked.</param>
    /// <returns>The sentence.</returns>
    internal static string Explain(string library, string message)
    {
        if (VersionNotFound().Match(message) is { Success: true } version)
        {
            return $"libtorch cannot be loaded: {library} needs {version.Groups["version"].Value}, which is newer than this system's " +
                $"{version.Groups["library"].Value}; use a newer Linux distribution, or install a newer {Package(version.Groups["library"].Value)}.";
        }

        if (SymbolNotFound().Match(message) is { Success: true } symbol)
        {
            return $"libtorch cannot be loaded: {library} needs the symbol {symbol.Groups["symbol"].Value}, which no library has; " +
                "libtorch and TorchSharp are of different versions: restore the packages and build again.";
        }

        var dependency = FileNotFound().Matches(message)
            .Select(match => match.Groups["library"].Value)
            .FirstOrDefault(file => !file.Contains(library, StringComparison.Ordinal));
        if (dependency is not null)
            return $"libtorch cannot be loaded: {library} needs {dependency}, which is missing; install {Package(dependency)}.";

        // Windows names neither the dependency nor the place.
        return $"libtorch cannot be loaded: {library} or a library that it needs is missing; build again, so that the libtorch package " +
            $"for {RuntimeInformation.RuntimeIdentifier} is beside the program in {AppContext.BaseDirectory}.";
    }

    private static string Package(string library) => library switch
    {
        _ when library.StartsWith("libgomp", StringComparison.Ordinal) => "the package libgomp1 (Debian, Ubuntu) or libgomp (Fedora, RHEL)",
        _ when library.StartsWith("libstdc++", StringComparison.Ordinal) => "the package libstdc++6 (Debian, Ubuntu) or libstdc++ (Fedora, RHEL)",
        _ when library.StartsWith("libc10", StringComparison.Ordinal) || library.StartsWith("libtorch", StringComparison.Ordinal)
            => "the libtorch package again by restoring and building",
        _ => "it",
    };

    [GeneratedRegex(@"(?<library>[^\s/:]+): version [`'](?<version>[^']+)' not found")]
    private static partial Regex VersionNotFound();

    [GeneratedRegex(@"(undefined symbol|Symbol not found): (?<symbol>[^\s,]+)")]
    private static partial Regex SymbolNotFound();

    [GeneratedRegex(@"(?<library>[^\s/:]+): cannot open shared object file|Library not loaded: (\S*/)?(?<library>[^\s/]+)")]
    private static partial Regex FileNotFound();
}

/// <summary>A native library could not be loaded. The message is one sentence for the user.</summary>
/// <param name="message">What is missing and what to do.</param>
/// <param name="inner">What the runtime said.</param>
public sealed class NativeLibraryException(string message, Exception inner) : Exception(message, inner);
