using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Luma.Zoo.Files;

namespace Luma.Zoo.Weights;

/// <summary>
/// Fetches weight files into PyTorch's own cache, and finds those that are there. May be used by several threads and processes.
/// </summary>
/// <remarks>
/// <para>
/// A file gets its name only when it is whole and its SHA-256 begins as its name promises (<c>resnet18-f37072fd.pth</c>); until then it
/// is called <c>NAME.part</c>, and a later download goes on from there. A file that has its name is used as it is, as PyTorch does:
/// its hash is not computed again, unless <see cref="ExpectedFile.Recheck"/> asks for it.
/// </para>
/// <para>Proxies are .NET's: the system's, or those that <c>HTTPS_PROXY</c> and <c>NO_PROXY</c> name.</para>
/// </remarks>
/// <param name="options">How files are fetched; by default as the environment says.</param>
public sealed partial class Hub(HubOptions? options = null)
{
    // The errors of a file that another process has locked: Windows' sharing and lock violations, EAGAIN on Linux and on macOS.
    private static readonly int[] LockErrors = [unchecked((int)0x80070020), unchecked((int)0x80070021), 11, 35];

    private const int DeniedAttempts = 10;

    private static readonly TimeSpan LockInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>How files are fetched.</summary>
    public HubOptions Options { get; } = options ?? new();

    /// <summary>Where the file of an address is kept.</summary>
    /// <param name="address">The address, whose last part is the file's name.</param>
    /// <returns>The path, also where there is no file yet.</returns>
    /// <exception cref="ArgumentException">The address ends with no file name.</exception>
    public string GetPath(Uri address)
    {
        ArgumentNullException.ThrowIfNull(address);
        var name = Path.GetFileName(address.LocalPath);
        return name.Length > 0 ? Path.Combine(Options.Folder, name) : throw new ArgumentException($"{address} names no file.", nameof(address));
    }

    /// <summary>Whether the file of an address is there.</summary>
    /// <param name="address">The address.</param>
    /// <exception cref="ArgumentException">The address ends with no file name.</exception>
    public bool IsCached(Uri address) => File.Exists(GetPath(address));

    /// <summary>Fetches a file, unless it is there.</summary>
    /// <param name="address">The address. Where the file's name has a hash before its last dot, the content is checked by it.</param>
    /// <param name="progress">Is told the bytes that are there and the bytes of the whole file, if something is fetched.</param>
    /// <param name="cancellationToken">Stops it; what has come so far is kept for the next time.</param>
    /// <returns>The path of the file.</returns>
    /// <exception cref="ArgumentException">The address ends with no file name.</exception>
    /// <exception cref="DownloadException">The file could not be fetched.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public Task<string> DownloadAsync(Uri address, IProgress<ByteProgress>? progress = null, CancellationToken cancellationToken = default) =>
        DownloadAsync(address, new ExpectedFile(), progress, cancellationToken);

    /// <summary>Fetches a file of which something is known, unless it is there.</summary>
    /// <param name="address">The address. Where the file's name has a hash before its last dot, the content is checked by it.</param>
    /// <param name="expected">What is known of the file.</param>
    /// <param name="progress">Is told the bytes that are there and the bytes of the whole file, if something is fetched.</param>
    /// <param name="cancellationToken">Stops it; what has come so far is kept for the next time.</param>
    /// <returns>The path of the file.</returns>
    /// <exception cref="ArgumentException">The address ends with no file name.</exception>
    /// <exception cref="DownloadException">The file could not be fetched.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public async Task<string> DownloadAsync(
        Uri address, ExpectedFile expected, IProgress<ByteProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(expected);
        var path = GetPath(address);
        expected = expected with { Sha256 = expected.Sha256 ?? HashPrefixOf(path) };
        if (Directory.Exists(path)) throw HubTransfer.DiskFailure(address, path, new NotAFileException("a folder is in its place"));
        if (await IsThereAsync(address, path, expected, cancellationToken).ConfigureAwait(false)) return path;
        if (Options.Offline)
        {
            throw new DownloadException(
                DownloadFailure.Offline, address,
                $"{Path.GetFileName(path)} {(File.Exists(path) ? "is another file" : "is not")} in {Options.Folder}, and offline nothing is fetched: "
                + "turn offline mode off (LUMA_OFFLINE, --offline or HubOptions.Offline), or put the file there.");
        }

        var source = Mirrored(address, Path.GetFileName(path));
        using var held = await LockAsync(path, source, cancellationToken).ConfigureAwait(false);
        // Another process may have fetched it in the meantime.
        if (await IsThereAsync(address, path, expected, cancellationToken).ConfigureAwait(false)) return path;

        // A lock that was deleted while another process waited for it may be held twice, but the part is not.
        var part = await WhenFreeAsync(() => HubTransfer.OpenPart(path), path, source, cancellationToken).ConfigureAwait(false);
        using var transfer = new HubTransfer(source, path, expected, Options, progress, part);
        await transfer.RunAsync(cancellationToken).ConfigureAwait(false);
        return path;
    }

    /// <summary>The beginning of a file's SHA-256 that its name promises, or null: <c>f37072fd</c> of <c>resnet18-f37072fd.pth</c>.</summary>
    internal static string? HashPrefixOf(string path) =>
        HashInName().Match(Path.GetFileName(path)) is { Success: true } match ? match.Groups[1].Value : null;

    [GeneratedRegex(@"-([0-9a-f]{8,64})\.[^.]*$")]
    private static partial Regex HashInName();

    // What is asked to be checked anew must have the expected size and hash.
    private static async Task<bool> IsThereAsync(Uri address, string path, ExpectedFile expected, CancellationToken cancellationToken)
    {
        if (!File.Exists(path)) return false;
        if (!expected.Recheck) return true;
        try
        {
            using var file = RegularFile.OpenStream(path);
            if (file.Length < expected.MinBytes || file.Length > expected.MaxBytes) return false;
            return expected.Sha256 is not { } wanted
                || Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellationToken).ConfigureAwait(false)).StartsWith(wanted, StringComparison.Ordinal);
        }
        catch (Exception error) when (FileTrouble.IsOfDisk(error))
        {
            throw HubTransfer.DiskFailure(address, path, error);
        }
    }

    private Uri Mirrored(Uri address, string name)
    {
        if (Options.Mirror is not { } mirror) return address;
        if (!Uri.TryCreate(mirror, UriKind.Absolute, out var folder) || folder.Scheme is not ("http" or "https"))
            throw new DownloadException(DownloadFailure.Mirror, address, $"The mirror '{mirror}' is no http address: correct LUMA_MIRROR or --mirror.");

        // What stands behind the path, such as a key, stays there.
        return new UriBuilder(folder) { Path = $"{folder.AbsolutePath.TrimEnd('/')}/{Uri.EscapeDataString(name)}", Fragment = "" }.Uri;
    }

    private Task<FileStream> LockAsync(string path, Uri source, CancellationToken cancellationToken) => WhenFreeAsync(
        () =>
        {
            Directory.CreateDirectory(Options.Folder);
            return new FileStream(
                $"{path}.lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose);
        },
        path, source, cancellationToken);

    // Opens a file once no other process has it locked.
    private static async Task<FileStream> WhenFreeAsync(Func<FileStream> open, string path, Uri source, CancellationToken cancellationToken)
    {
        for (var attempt = 0; ; attempt++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                return open();
            }
            catch (IOException error) when (LockErrors.Contains(error.HResult))
            {
                await Task.Delay(LockInterval, cancellationToken).ConfigureAwait(false);
            }
            // Windows denies access to a file that is about to go, as the other process's lock is when it is done.
            catch (UnauthorizedAccessException) when (OperatingSystem.IsWindows() && attempt < DeniedAttempts)
            {
                await Task.Delay(LockInterval, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception error) when (FileTrouble.IsOfDisk(error))
            {
                throw HubTransfer.DiskFailure(source, path, error);
            }
        }
    }
}

/// <summary>What is known of a file before it is fetched.</summary>
public sealed record ExpectedFile
{
    /// <summary>The most bytes that it can have; null for no limit. A longer answer is cut off, and nothing of it is kept.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is below 1.</exception>
    public long? MaxBytes
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value ?? 1, 1, nameof(MaxBytes));
            field = value;
        }
    }

    /// <summary>The fewest bytes that it can have: a file that is there and has fewer is another one.</summary>
    public long MinBytes { get; init; }

    /// <summary>
    /// Whether a file that is there is checked too, by its size and its SHA-256, and replaced where it is another one. By default it is used
    /// as it is.
    /// </summary>
    public bool Recheck { get; init; }

    /// <summary>Its SHA-256 in hexadecimal digits, or the beginning of it; null where it is not known.</summary>
    /// <exception cref="ArgumentException">It is no such hash.</exception>
    public string? Sha256
    {
        get;
        init => field = value is null || (value.Length is > 0 and <= 64 && value.All(char.IsAsciiHexDigit))
            ? value?.ToLowerInvariant()
            : throw new ArgumentException($"'{value}' is not the beginning of a SHA-256 in hexadecimal digits.", nameof(Sha256));
    }
}
