using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using Luma.Zoo.Files;
using Polly;
using Polly.Retry;

namespace Luma.Zoo.Weights;

/// <summary>One file on its way: the part that is there, its hash, and the attempts to get the rest.</summary>
internal sealed class HubTransfer : IDisposable
{
    private const int BufferBytes = 1 << 17;

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

    // The attempts in a row that got no further than this.
    private int failures;
    private long furthest;

    private HubTransfer(Uri source, string path, ExpectedFile expected, HubOptions options, IProgress<ByteProgress>? progress, FileStream part)
    {
        (this.source, this.path, this.expected, this.options, this.progress, this.part) = (source, path, expected, options, progress, part);
        client = options.HttpClient ?? new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
    }

    private string Name => Path.GetFileName(path);

    /// <summary>Opens the part that an earlier run left, or an empty one. The caller holds the file's lock.</summary>
    /// <exception cref="DownloadException">The part cannot be opened.</exception>
    public static HubTransfer Open(Uri source, string path, ExpectedFile expected, HubOptions options, IProgress<ByteProgress>? progress)
    {
        try
        {
            var part = new FileStream(
                PartOf(path), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0, FileOptions.Asynchronous);
            return new(source, path, expected, options, progress, part);
        }
        catch (Exception error) when (IsOfDisk(error))
        {
            throw DiskFailure(source, path, error);
        }
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

    /// <summary>Closes the part, which stays.</summary>
    public void Dispose()
    {
        part.Dispose();
        hash.Dispose();
        if (options.HttpClient is null) client.Dispose();
    }

    /// <summary>Whether an exception is the file system's.</summary>
    internal static bool IsOfDisk(Exception error) => error is IOException or UnauthorizedAccessException;

    /// <summary>The exception for a cache folder that cannot be written.</summary>
    internal static DownloadException DiskFailure(Uri source, string path, Exception error) => new(
        DownloadFailure.Disk, source,
        $"{Path.GetFileName(path)} cannot be written to {Path.GetDirectoryName(path)}: {FileTrouble.WhileWriting(error, Path.GetDirectoryName(path))}. "
        + "Make room there, or let TORCH_HOME name another folder.", innerException: error);

    private static string PartOf(string path) => $"{path}.part";

    // As long as attempts get further, or few in a row do not.
    private ResiliencePipeline Retries() => new ResiliencePipelineBuilder { TimeProvider = options.Time }
        .AddRetry(new RetryStrategyOptions
        {
            MaxRetryAttempts = int.MaxValue,
            ShouldHandle = args => ValueTask.FromResult(args.Outcome.Exception is InterruptionException && HasPatience()),
            DelayGenerator = args => ValueTask.FromResult<TimeSpan?>(DelayAfter(failures, (args.Outcome.Exception as InterruptionException)?.RetryAfter)),
        })
        .Build();

    private bool HasPatience()
    {
        failures = position > furthest ? 1 : failures + 1;
        furthest = Math.Max(furthest, position);
        return failures < options.Attempts;
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
            if (!patched || again) throw HashFailure(actual);
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
            if (Begin(response) is not { } total) return;

            using var content = await response.Content.ReadAsStreamAsync(silence.Token).ConfigureAwait(false);
            while (true)
            {
                silence.CancelAfter(options.Patience);
                var count = await content.ReadAsync(buffer, silence.Token).ConfigureAwait(false);
                if (count == 0) break;
                RefuseMoreThan(position + count);
                await OnDisk(() => AppendAsync(buffer.AsMemory(0, count), cancellationToken)).ConfigureAwait(false);
                progress?.Report(new(position, Math.Max(position, total)));
            }
            if (position < total) throw new InterruptionException("the connection ended early");
        }
        catch (OperationCanceledException error) when (!cancellationToken.IsCancellationRequested)
        {
            throw new InterruptionException(
                string.Create(CultureInfo.InvariantCulture, $"the server was silent for {options.Patience.TotalSeconds:0.##} seconds"), error);
        }
        catch (HttpRequestException error) when (Hopeless(error.HttpRequestError) is { } advice)
        {
            throw new DownloadException(
                DownloadFailure.Network, source, $"{Name} cannot be fetched from {source}: {error.Message.TrimEnd('.')}. {advice}", innerException: error);
        }
        // What the disk throws has become a DownloadException.
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            throw new InterruptionException(error.Message.TrimEnd('.'), error);
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
                    $"{Name} cannot be fetched from {source}: {Describe(response)}. {Advice(status)}", status);
        }
        if (response.Headers.ETag is { IsWeak: false } tag) version = tag;
        var total = range?.Length ?? (position + response.Content.Headers.ContentLength) ?? 0;
        RefuseMoreThan(total);
        return total;
    }

    private void RefuseMoreThan(long bytes)
    {
        if (expected.MaxBytes is not { } most || bytes <= most) return;

        Discard();
        throw new DownloadException(DownloadFailure.Size, source, string.Create(
            CultureInfo.InvariantCulture,
            $"{Name} from {source} is not that file: it has more than the {most:N0} bytes that it can have. Nothing was kept; try another network or mirror."));
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
        catch (Exception error) when (IsOfDisk(error))
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
        catch (Exception error) when (IsOfDisk(error))
        {
            throw DiskFailure(source, path, error);
        }
    }

    private DownloadException HashFailure(string actual)
    {
        Discard();
        return new(
            DownloadFailure.Hash, source,
            $"{Name} from {source} is not that file: its SHA-256 should begin with {expected.Sha256} and is {actual}. "
            + "Nothing was kept; try another network or mirror.");
    }

    // Nothing can be built on it.
    private void Discard()
    {
        Restart();
        part.Dispose();
        File.Delete(PartOf(path));
    }

    private DownloadException Failure(InterruptionException interruption) => new(
        interruption.StatusCode is null ? DownloadFailure.Network : DownloadFailure.Server, source,
        $"{Name} cannot be fetched from {source}: {interruption.Message}. "
        + $"Try again later, name a mirror, or put the file into {Path.GetDirectoryName(path)}.",
        interruption.StatusCode, interruption);

    private static string Describe(HttpResponseMessage response) => $"the server answered {(int)response.StatusCode} ({response.ReasonPhrase})";

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
    }
}
