using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Luma.Zoo.Files;
using Polly;
using Polly.Retry;

namespace Luma.Zoo.Weights;

/// <summary>One file on its way: the part that is there, its hash, and the attempts to get the rest.</summary>
internal sealed class HubTransfer : IDisposable
{
    private const int BufferBytes = 1 << 17;

    // A server that was never reached is given up soon: whoever waits had better check the address.
    private const int AttemptsWithoutAnswer = 3;

    // As much of what came as tells a web page, also after a mark of its encoding and empty lines.
    private const int BytesToKnow = 64;

    private static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(1), LongestDelay = TimeSpan.FromMinutes(1);

    private readonly Uri source;
    private readonly string path;
    private readonly ExpectedFile expected;
    private readonly HubOptions options;
    private readonly IProgress<ByteProgress>? progress;
    private readonly HttpClient client;
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly FileStream part;
    private readonly byte[] buffer = new byte[BufferBytes];

    // What the part is a part of, as far as the server says.
    private EntityTagHeaderValue? version;
    private long position;

    // Whether the part was put together from more than one answer, and whether it was thrown away for that once.
    private bool patched, again;

    // Whether the server was reached at all, whether anything came of it, and how it says that it packed what it sent.
    private bool answered, received;
    private string? encoding;

    // The attempts in a row that got no further than this.
    private int failures;
    private long furthest;

    /// <param name="source">Where the file is fetched from.</param>
    /// <param name="path">The file, whose lock the caller holds.</param>
    /// <param name="expected">What is known of it.</param>
    /// <param name="options">How it is fetched.</param>
    /// <param name="progress">Is told how far it is, or null.</param>
    /// <param name="part">What there is of it, which is taken over.</param>
    public HubTransfer(Uri source, string path, ExpectedFile expected, HubOptions options, IProgress<ByteProgress>? progress, FileStream part)
    {
        (this.source, this.path, this.expected, this.options, this.progress, this.part) = (source, path, expected, options, progress, part);
        client = options.HttpClient ?? new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
    }

    private string Name => Path.GetFileName(path);

    // As it may be shown: a password or a key may stand before the server's name or behind the path.
    private string Address => source.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped);

    /// <summary>Opens the part that an earlier run left, or an empty one.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public static FileStream OpenPart(string path)
    {
        var part = new FileStream(
            PartOf(path), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0, FileOptions.Asynchronous);
        if (part.CanSeek) return part;

        part.Dispose();
        throw new NotAFileException($"{Path.GetFileName(PartOf(path))} is a pipe or a device, not a file");
    }

    /// <summary>Gets the rest of the file, checks it, and gives it its name.</summary>
    /// <exception cref="DownloadException">The file could not be fetched.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await OnDisk(() => HashPartAsync(cancellationToken)).ConfigureAwait(false);
        furthest = position;
        try
        {
            await Retries().ExecuteAsync(async token => await AttemptAsync(token).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        }
        catch (InterruptionException interruption)
        {
            throw Failure(interruption);
        }
        await OnDisk(Finish).ConfigureAwait(false);
    }

    /// <summary>Closes the part, which stays, unless nothing has come.</summary>
    public void Dispose()
    {
        if (part.CanWrite && part.Length == 0) Forget();
        part.Dispose();
        hash.Dispose();
        if (options.HttpClient is null) client.Dispose();
    }

    /// <summary>The exception for a cache folder that cannot be written.</summary>
    internal static DownloadException DiskFailure(Uri source, string path, Exception error) => new(
        DownloadFailure.Disk, source,
        $"{Path.GetFileName(path)} cannot be written to {Path.GetDirectoryName(path)}: {FileTrouble.WhileWriting(error, Path.GetDirectoryName(path))}. "
        + "Put that right, or let TORCH_HOME name another folder.", innerException: error);

    private static string PartOf(string path) => $"{path}.part";

    // As long as attempts get further, or few in a row do not.
    private ResiliencePipeline Retries() => new ResiliencePipelineBuilder { TimeProvider = options.Time }
        .AddRetry(new RetryStrategyOptions
        {
            MaxRetryAttempts = int.MaxValue,
            ShouldHandle = args => ValueTask.FromResult(args.Outcome.Exception is InterruptionException interruption && HasPatience(interruption)),
            DelayGenerator = args => ValueTask.FromResult<TimeSpan?>(DelayAfter(failures, (args.Outcome.Exception as InterruptionException)?.RetryAfter)),
        })
        .Build();

    private bool HasPatience(InterruptionException interruption)
    {
        // Whoever has waited that long for nothing need not do so again and again.
        if (interruption.IsSilence && !received) return false;

        failures = position > furthest ? 1 : failures + 1;
        furthest = Math.Max(furthest, position);
        return failures < (answered ? options.Attempts : Math.Min(options.Attempts, AttemptsWithoutAnswer));
    }

    // The time doubles, and a server may ask for more.
    private static TimeSpan DelayAfter(int failures, TimeSpan? asked)
    {
        var delay = TimeSpan.FromTicks(Math.Max(FirstDelay.Ticks << Math.Min(failures - 1, 10), (asked ?? TimeSpan.Zero).Ticks));
        return delay < LongestDelay ? delay : LongestDelay;
    }

    // Gets what is missing, and checks the whole.
    private async Task AttemptAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await FetchAsync(cancellationToken).ConfigureAwait(false);
            var actual = Convert.ToHexStringLower(hash.GetCurrentHash());
            if (expected.Sha256 is not { } wanted || actual.StartsWith(wanted, StringComparison.Ordinal)) return;

            // Parts of different files may have been put together: once more, in one piece.
            if (!patched || again)
                throw OtherFile(DownloadFailure.Hash, $"its SHA-256 should begin with {wanted} and is {actual}");
            again = true;
            Restart();
        }
    }

    // One request, and what comes of it.
    private async Task FetchAsync(CancellationToken cancellationToken)
    {
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            silence.CancelAfter(options.Patience);
            using var request = new HttpRequestMessage(HttpMethod.Get, source);
            request.Headers.UserAgent.ParseAdd("Luma.Zoo");
            if (position > 0)
            {
                request.Headers.Range = new RangeHeaderValue(position, null);
                if (version is not null) request.Headers.IfRange = new RangeConditionHeaderValue(version);
            }
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, silence.Token).ConfigureAwait(false);
            answered = true;
            if (Begin(response) is not { } total) return;

            using var content = await response.Content.ReadAsStreamAsync(silence.Token).ConfigureAwait(false);
            while (true)
            {
                silence.CancelAfter(options.Patience);
                var count = await content.ReadAsync(buffer, silence.Token).ConfigureAwait(false);
                if (count == 0) break;
                received = true;
                RefuseMoreThan(position + count);
                await OnDisk(() => AppendAsync(buffer.AsMemory(0, count), cancellationToken)).ConfigureAwait(false);
                progress?.Report(new(position, Math.Max(position, total)));
            }
            if (position < total) throw new InterruptionException("the connection ended early");
        }
        catch (OperationCanceledException error) when (!cancellationToken.IsCancellationRequested)
        {
            throw new InterruptionException(
                string.Create(CultureInfo.InvariantCulture, $"the server was silent for {options.Patience.TotalSeconds:0.##} seconds"), error)
            {
                IsSilence = true,
            };
        }
        catch (HttpRequestException error) when (Hopeless(error.HttpRequestError) is { } advice)
        {
            throw new DownloadException(
                DownloadFailure.Network, source, $"{Name} cannot be fetched from {Address}: {Reason(error)}. {advice}", innerException: error);
        }
        // What the disk throws has become a DownloadException.
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            throw new InterruptionException(Reason(error), error);
        }
        // What .NET makes of a redirection to something like 'file:///'.
        catch (Exception error) when (error is UriFormatException or NotSupportedException)
        {
            throw new DownloadException(
                DownloadFailure.Server, source,
                $"{Name} cannot be fetched from {Address}: the server redirects to an address that is no http address. Another mirror may have it.", innerException: error);
        }
    }

    // Answers with the size of the whole file, 0 where the server does not say it, or null where nothing is left to come.
    private long? Begin(HttpResponseMessage response)
    {
        var (status, range) = (response.StatusCode, response.Content.Headers.ContentRange);
        switch (status)
        {
            case HttpStatusCode.OK:
                // The server knows no ranges, or has another file now.
                if (position > 0) Restart();
                break;
            case HttpStatusCode.PartialContent when range?.From == position && IsSameVersion(response):
                patched |= position > 0;
                break;
            case HttpStatusCode.RequestedRangeNotSatisfiable when position > 0 && range?.Length == position:
                patched = true;
                return null;
            case HttpStatusCode.PartialContent or HttpStatusCode.RequestedRangeNotSatisfiable when position > 0:
                Restart();
                throw new InterruptionException("the server answered with another part of the file");
            case HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError:
                throw new InterruptionException(Describe(response)) { StatusCode = status, RetryAfter = response.Headers.RetryAfter?.Delta };
            default:
                throw new DownloadException(
                    DownloadFailure.Server, source,
                    $"{Name} cannot be fetched from {Address}: {Describe(response)}. {Advice(status)}", status);
        }
        encoding = response.Content.Headers.ContentEncoding.Count > 0 ? string.Join(", ", response.Content.Headers.ContentEncoding) : null;
        if (response.Headers.ETag is { IsWeak: false } tag) version = tag;
        var total = range?.Length ?? (position + response.Content.Headers.ContentLength) ?? 0;
        RefuseMoreThan(total);
        return total;
    }

    private void RefuseMoreThan(long bytes)
    {
        if (expected.MaxBytes is not { } most || bytes <= most) return;

        throw OtherFile(DownloadFailure.Size, string.Create(CultureInfo.InvariantCulture, $"it has more than the {most:N0} bytes that it can have"));
    }

    // What another attempt would meet again.
    private static string? Hopeless(HttpRequestError error) => error switch
    {
        HttpRequestError.NameResolutionError => "Check the name of the server and the connection to the network.",
        HttpRequestError.SecureConnectionError => "Check the server's certificate, this machine's clock and any proxy between.",
        HttpRequestError.ProxyTunnelError or HttpRequestError.UserAuthenticationError => "Check the proxy.",
        HttpRequestError.VersionNegotiationError or HttpRequestError.ConfigurationLimitExceeded or HttpRequestError.InvalidResponse =>
            "The server does not speak HTTP as it should: check the address.",
        _ => null,
    };

    private bool IsSameVersion(HttpResponseMessage response) => version is null || response.Headers.ETag is null || version.Equals(response.Headers.ETag);

    private async Task HashPartAsync(CancellationToken cancellationToken)
    {
        while (position < part.Length)
        {
            var count = await part.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            if (count == 0) return;
            hash.AppendData(buffer, 0, count);
            position += count;
        }
    }

    private async Task AppendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        await part.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
        hash.AppendData(bytes.Span);
        position += bytes.Length;
    }

    private void Restart()
    {
        try
        {
            part.SetLength(0);
            part.Position = position = 0;
        }
        catch (Exception error) when (FileTrouble.IsOfDisk(error))
        {
            throw DiskFailure(source, path, error);
        }
        hash.GetHashAndReset();
        (version, patched) = (null, false);
    }

    private Task Finish()
    {
        part.Flush(flushToDisk: true);
        part.Dispose();
        File.Move(PartOf(path), path, overwrite: true);
        return Task.CompletedTask;
    }

    private async Task OnDisk(Func<Task> action)
    {
        try
        {
            await action().ConfigureAwait(false);
        }
        catch (Exception error) when (FileTrouble.IsOfDisk(error))
        {
            throw DiskFailure(source, path, error);
        }
    }

    // What came is not the file, and nothing can be built on it.
    private DownloadException OtherFile(DownloadFailure failure, string how)
    {
        var kind = IsWebPage() ? "it is a web page, perhaps one where a network wants a login"
            : encoding is not null ? $"the server compressed it ({encoding})"
            : expected.MinBytes > 0 && failure == DownloadFailure.Hash && position < expected.MinBytes
                ? string.Create(CultureInfo.InvariantCulture, $"it has {position:N0} bytes, and should have {expected.MinBytes:N0} or more")
            : how;
        try
        {
            Restart();
        }
        finally
        {
            Forget();
        }
        return new(failure, source, $"{Name} from {Address} is not that file: {kind}. Nothing was kept; try another network or mirror.");
    }

    private bool IsWebPage()
    {
        Span<byte> start = stackalloc byte[BytesToKnow];
        try
        {
            start = start[..RandomAccess.Read(part.SafeFileHandle, start, fileOffset: 0)];
        }
        catch (Exception error) when (FileTrouble.IsOfDisk(error))
        {
            return false;
        }
        var text = Encoding.UTF8.GetString(start).TrimStart('\uFEFF').TrimStart();
        return text.StartsWith("<!doctype html", StringComparison.OrdinalIgnoreCase) || text.StartsWith("<html", StringComparison.OrdinalIgnoreCase);
    }

    // Once its folder is gone, there is nothing to be deleted.
    private void Forget()
    {
        part.Dispose();
        try
        {
            File.Delete(PartOf(path));
        }
        catch (Exception error) when (FileTrouble.IsOfDisk(error))
        {
        }
    }

    private DownloadException Failure(InterruptionException interruption) => new(
        interruption.StatusCode is null ? DownloadFailure.Network : DownloadFailure.Server, source,
        $"{Name} cannot be fetched from {Address}: {interruption.Message}. "
        + $"Try again later, name a mirror, or put the file into {Path.GetDirectoryName(path)}.",
        interruption.StatusCode, interruption);

    private static string Describe(HttpResponseMessage response)
    {
        var answer = $"the server answered {(int)response.StatusCode} ({response.ReasonPhrase})";
        // .NET follows others.
        return response.Headers.Location is null ? answer : $"{answer}, a redirection that leads in a circle or from https to http";
    }

    // .NET's words where they say something.
    private static string Reason(Exception error) => error switch
    {
        HttpIOException { HttpRequestError: HttpRequestError.ResponseEnded } => "the connection ended early",
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError or HttpRequestError.Unknown, InnerException: { } inner } => Reason(inner),
        _ => error.Message.TrimEnd('.'),
    };

    private static string Advice(HttpStatusCode status) => status switch
    {
        HttpStatusCode.NotFound or HttpStatusCode.Gone => "The file is not there: check the mirror, if there is one.",
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.ProxyAuthenticationRequired =>
            "Access is denied: check the proxy or the mirror.",
        _ => "Another mirror may have it.",
    };

    /// <summary>A failure that another attempt may not meet.</summary>
    private sealed class InterruptionException(string message, Exception? innerException = null) : Exception(message, innerException)
    {
        public HttpStatusCode? StatusCode { get; init; }

        public TimeSpan? RetryAfter { get; init; }

        public bool IsSilence { get; init; }
    }
}
