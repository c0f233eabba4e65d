using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Luma.Neural.Native;

/// <summary>
/// Loads libtorch before TorchSharp does. Where it cannot be loaded, TorchSharp prints its whole search to the console and copies
/// the packages about; this says in one sentence what is missing.
/// </summary>
public static partial class NativeLibraries
{
    // What a process has loaded stays loaded.
    private static volatile bool loaded;

    /// <summary>
    /// Loads libtorch and TorchSharp's part of it, or does nothing if they are loaded. Every layer and block calls it; a program that
    /// begins with tensors calls it first.
    /// </summary>
    /// <exception cref="NativeLibraryException">A library cannot be loaded; the message says why and what to do.</exception>
    public static void EnsureLoaded()
    {
        if (loaded) return;

        // Two threads may get here at once: loading a library twice is loading it once.
        var folders = (AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string ?? "").Split(Path.PathSeparator);
        foreach (var library in (string[])["torch_cpu", "LibTorchSharp"]) Load(library, [.. folders, AppContext.BaseDirectory]);
        loaded = true;
    }

    /// <summary>Loads one library from the first folder that has it.</summary>
    /// <param name="library">The library's name without prefix and extension.</param>
    /// <param name="folders">The folders of the program's native libraries.</param>
    /// <exception cref="NativeLibraryException">It is in none of them, or cannot be loaded.</exception>
    // By its path: by its name alone a libtorch of the system would be found too, whatever its version.
    internal static void Load(string library, IEnumerable<string> folders)
    {
        var file = OperatingSystem.IsWindows() ? $"{library}.dll" : OperatingSystem.IsMacOS() ? $"lib{library}.dylib" : $"lib{library}.so";
        var path = folders.Select(folder => Path.Combine(folder, file)).FirstOrDefault(File.Exists)
            ?? throw new NativeLibraryException(
                $"libtorch cannot be loaded: {file} is not beside the program in {AppContext.BaseDirectory}; " +
                $"reference the libtorch package for {RuntimeInformation.RuntimeIdentifier} and build again.");
        try
        {
            NativeLibrary.Load(path);
        }
        catch (Exception error) when (error is DllNotFoundException or BadImageFormatException)
        {
            throw new NativeLibraryException(Explain(path, error.Message), error);
        }
    }

    /// <summary>One sentence for why a file that is there does not load.</summary>
    /// <param name="path">The file.</param>
    /// <param name="message">What the system's loader said, through .NET.</param>
    /// <returns>The sentence.</returns>
    internal static string Explain(string path, string message)
    {
        var file = Path.GetFileName(path);
        if (VersionNotFound().Match(message) is { Success: true } version)
        {
            var (needed, system) = (version.Groups["version"].Value, version.Groups["library"].Value);
            return $"libtorch cannot be loaded: {file} needs {needed}, and this system's {system} is older; " +
                "use a newer release of the operating system, or build the program again with Luma.Neural's build targets.";
        }

        if (SymbolNotFound().Match(message) is { Success: true } symbol)
        {
            return $"libtorch cannot be loaded: {file} and the libtorch that was found are of different versions " +
                $"(no {symbol.Groups["symbol"].Value}); build again, so that both come from their packages.";
        }

        if (FileNotFound().Match(message) is { Success: true } missing)
        {
            var dependency = missing.Groups["library"].Value;
            return $"libtorch cannot be loaded: {file} needs {dependency}, which is missing; {Remedy(dependency)}.";
        }

        // Windows does not name what is missing.
        var reason = message.Split('\n')
            .FirstOrDefault(line => line.StartsWith(path + ": ", StringComparison.Ordinal))?[(path.Length + 2)..].Trim();
        return $"libtorch cannot be loaded: {path} is damaged, or a library that it needs is missing ({reason ?? message.Trim()}); " +
            "build again, so that the file comes from its package.";
    }

    private static string Remedy(string library) => library switch
    {
        "libgomp.so.1" => "install it (package libgomp1 on Debian and Ubuntu, libgomp on Fedora and RHEL)",
        "libstdc++.so.6" => "install it (package libstdc++6 on Debian and Ubuntu, libstdc++ on Fedora and RHEL)",
        _ when library.StartsWith("libcu", StringComparison.Ordinal) || library.StartsWith("libnv", StringComparison.Ordinal)
            => "install the CUDA libraries, or build with -p:LumaBackend=cpu",
        _ => "it belongs to the libtorch package: build again",
    };

    [GeneratedRegex(@"(?<library>[^\s/:]+): version [`'](?<version>[^']+)' not found")]
    private static partial Regex VersionNotFound();

    [GeneratedRegex(@"(?i:undefined symbol|symbol not found): (?<symbol>[^\s,]+)")]
    private static partial Regex SymbolNotFound();

    [GeneratedRegex(@"(?<library>[^\s/:]+): cannot open shared object file|Library not loaded: (\S*/)?(?<library>[^\s/]+)")]
    private static partial Regex FileNotFound();
}

/// <summary>A native library could not be loaded. The message is one sentence for the user.</summary>
/// <param name="message">What is missing and what to do.</param>
/// <param name="inner">What the runtime said, if it was asked.</param>
public sealed class NativeLibraryException(string message, Exception? inner = null) : Exception(message, inner);
