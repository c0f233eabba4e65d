using System.Reflection;
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
        var folders = Folders(AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string, AppContext.BaseDirectory);
        foreach (var library in (string[])["torch_cpu", "LibTorchSharp"]) Load(library, folders);
        loaded = true;
    }

    /// <summary>Where a program's native libraries may be.</summary>
    /// <param name="listed">The runtime's list of folders, if it has one.</param>
    /// <param name="program">The program's folder.</param>
    /// <returns>The folders, in the order in which to look.</returns>
    // The list ends with a separator, and a path without a folder would be one in the current folder.
    internal static IReadOnlyList<string> Folders(string? listed, string program) =>
        [.. (listed ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries), program];

    /// <summary>Loads one library from the first folder that has it.</summary>
    /// <param name="library">The library's name without prefix and extension.</param>
    /// <param name="folders">The folders of the program's native libraries.</param>
    /// <exception cref="NativeLibraryException">It is in none of them, or cannot be loaded.</exception>
    // By its path: by its name alone a libtorch of the system would be found too, whatever its version.
    internal static void Load(string library, IReadOnlyList<string> folders)
    {
        var file = FileName(library);
        var path = Find(file, folders) ?? throw new NativeLibraryException(
            ExplainMissing(RuntimeInformation.RuntimeIdentifier, BackendVersion(typeof(torch).Assembly.GetName())));
        try
        {
            NativeLibrary.Load(path);
        }
        catch (Exception error) when (error is DllNotFoundException or BadImageFormatException)
        {
            if (!OperatingSystem.IsLinux() || !VersionNotFound().IsMatch(error.Message) || Find($"{library}.so", folders) is not { } copy)
                throw new NativeLibraryException(Explain(path, error.Message), error);

            LoadCopy(copy, BackendVersion(typeof(torch).Assembly.GetName()), TorchSharpVersion.Built, error);
        }
    }

    /// <summary>The one sentence for a program without libtorch.</summary>
    /// <param name="platform">The runtime identifier of the platform that the program runs on.</param>
    /// <param name="version">The version of TorchSharp, which is that of the packages that have libtorch.</param>
    /// <returns>The sentence.</returns>
    internal static string ExplainMissing(string platform, string version)
    {
        var (system, processor) = (platform[..Math.Max(platform.IndexOfAny(['.', '-']), 0)], platform[(platform.LastIndexOf('-') + 1)..]);
        var packages = (system, processor) switch
        {
            _ when platform.Contains("musl", StringComparison.Ordinal) || system == "alpine" => null,
            ("win", "x64") => "TorchSharp-cpu or TorchSharp-cuda-windows",
            ("osx", "arm64") => "TorchSharp-cpu",
            ("win" or "osx", _) => null,
            (_, "x64") => "TorchSharp-cpu or TorchSharp-cuda-linux",      // distributions that build .NET themselves name themselves
            _ => null,
        };
        return packages is null
            ? $"libtorch cannot be loaded: TorchSharp has no package of it for {platform}, only for linux-x64 (with glibc), win-x64 and osx-arm64."
            : $"libtorch cannot be loaded: the program was built without it; add the package {packages}, version {version}, to the program's project.";
    }

    /// <summary>Loads the copy that Luma.Neural brings for an older libstdc++; see build/WeakLibTorchSharp.targets.</summary>
    /// <param name="path">The copy.</param>
    /// <param name="used">The version of the program's TorchSharp.</param>
    /// <param name="known">The version of TorchSharp that the copy belongs to.</param>
    /// <param name="original">Why the original did not load.</param>
    /// <exception cref="NativeLibraryException">The copy belongs to another version, or does not load either.</exception>
    internal static void LoadCopy(string path, string used, string known, Exception original)
    {
        if (used != known)
        {
            throw new NativeLibraryException(
                $"libtorch cannot be loaded: this system's libstdc++ is older than TorchSharp {used} needs; use a newer release " +
                $"of the operating system, or TorchSharp {known}.", original);
        }

        try
        {
            NativeLibrary.Load(path);
        }
        catch (Exception error) when (error is DllNotFoundException or BadImageFormatException)
        {
            throw new NativeLibraryException(Explain(path, error.Message), error);
        }
    }

    private static string BackendVersion(AssemblyName torchSharp) => torchSharp.Version?.ToString(3) ?? "of TorchSharp";

    private static string? Find(string file, IEnumerable<string> folders) =>
        folders.Select(folder => Path.Combine(folder, file)).FirstOrDefault(File.Exists);

    private static string FileName(string library) =>
        OperatingSystem.IsWindows() ? $"{library}.dll" : OperatingSystem.IsMacOS() ? $"lib{library}.dylib" : $"lib{library}.so";

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
                "use a newer release of the operating system, or build the program again, so that Luma.Neural's LibTorchSharp.so lies beside it.";
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
            => "install the CUDA libraries, or take the package TorchSharp-cpu instead",
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
