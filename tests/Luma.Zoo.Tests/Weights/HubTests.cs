using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using Luma.Zoo.Weights;

namespace Luma.Zoo.Tests.Weights;

/// <summary>Downloads from a server that misbehaves. Each test has a cache folder of its own.</summary>
public sealed class HubTests : IDisposable
{
    private static readonly byte[] Bytes = Content(seed: 1);

    private static readonly string Name = NameOf(Bytes);

    private readonly TemporaryFolder folder = new();
    private readonly List<TimeSpan> delays = [];

    private string Cached => folder.File(Name);

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_file_is_fetched_once_and_has_its_name_alone()
    {
        await using var server = new FileServer((request, _) => FileAnswer.Of(Bytes, request));
        var steps = new List<ByteProgress>();
        var hub = MakeHub();

        Assert.False(hub.IsCached(server.File(Name)));
        Assert.Equal(Cached, await hub.DownloadAsync(server.File(Name), new Direct(steps)));
        Assert.Equal(Cached, await hub.DownloadAsync(server.File(Name)));

        Assert.True(hub.IsCached(server.File(Name)));
        AssertFetched();
        Assert.Equal($"/models/{Name}", Assert.Single(server.Requests).Path);
        Assert.Equal(steps.Select(step => step.Done).Order(), steps.Select(step => step.Done));
        Assert.All(steps, step => Assert.Equal(Bytes.Length, step.Total));
        Assert.Equal(Bytes.Length, steps[^1].Done);
    }

    [Fact]
    public async Task A_broken_connection_goes_on_where_it_broke()
    {
        await using var server = new FileServer((request, count) =>
            FileAnswer.Of(Bytes, request, ("ETag", "\"1\"")) with { Break = count < 3 ? (100_000, Task.CompletedTask) : null });

        await MakeHub().DownloadAsync(server.File(Name));

        AssertFetched();
        Assert.Equal([0, 100_000, 200_000, 300_000], server.Requests.Select(request => request.From));
        Assert.Equal([null, "\"1\"", "\"1\"", "\"1\""], server.Requests.Select(request => request.Headers.GetValueOrDefault("if-range")));
        // Each attempt got further, so none is the second failure in a row.
        Assert.Equal([1, 1, 1], delays.Select(delay => delay.TotalSeconds));
    }

    [Fact]
    public async Task Where_the_server_knows_no_ranges_the_file_is_fetched_from_its_start()
    {
        await using var server = new FileServer((_, count) =>
            FileAnswer.Whole(Bytes) with { Break = count == 0 ? (100_000, Task.CompletedTask) : null });

        await MakeHub().DownloadAsync(server.File(Name));

        AssertFetched();
        Assert.Equal([0, 100_000], server.Requests.Select(request => request.From));
    }

    [Fact]
    public async Task A_server_that_always_breaks_off_at_the_same_byte_is_given_up()
    {
        await using var server = new FileServer((_, _) => FileAnswer.Whole(Bytes) with { Break = (100_000, Task.CompletedTask) });

        var error = await FailsAsync(server, DownloadFailure.Network);

        Assert.Equal(5, server.Requests.Count);
        Assert.Equal([1, 2, 4, 8], delays.Select(delay => delay.TotalSeconds));
        Assert.Contains($"{Name} cannot be fetched from {server.File(Name)}: ", error.Message, StringComparison.Ordinal);
        // What came is kept, but not under the file's name.
        Assert.Equal([$"{Name}.part"], folder.Names);
    }

    [Fact]
    public async Task A_file_that_changed_on_the_server_is_fetched_anew()
    {
        var old = Content(seed: 2);
        // The server obeys If-Range: another version comes whole.
        await using var server = new FileServer((request, count) => count == 0
            ? FileAnswer.Whole(old, ("ETag", "\"old\"")) with { Break = (100_000, Task.CompletedTask) }
            : request.Headers["if-range"] == "\"new\"" ? FileAnswer.Of(Bytes, request) : FileAnswer.Whole(Bytes, ("ETag", "\"new\"")));

        await MakeHub().DownloadAsync(server.File(Name));

        AssertFetched();
        Assert.Equal(2, server.Requests.Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Parts_of_different_files_are_never_put_together(bool tagged)
    {
        var old = Content(seed: 2);
        // The server overlooks If-Range, or has no versions to tell.
        await using var server = new FileServer((request, count) => count == 0
            ? FileAnswer.Whole(old, tagged ? [("ETag", "\"old\"")] : []) with { Break = (100_000, Task.CompletedTask) }
            : FileAnswer.Of(Bytes, request, tagged ? [("ETag", "\"new\"")] : []));

        await MakeHub().DownloadAsync(server.File(Name));

        AssertFetched();
        Assert.Equal([0, 100_000, 0], server.Requests.Select(request => request.From));
    }

    [Fact]
    public async Task A_later_download_goes_on_with_what_an_earlier_one_left()
    {
        File.WriteAllBytes($"{Cached}.part", Bytes[..150_000]);
        await using var server = new FileServer((request, _) => FileAnswer.Of(Bytes, request));

        await MakeHub().DownloadAsync(server.File(Name));

        AssertFetched();
        Assert.Equal(150_000, Assert.Single(server.Requests).From);
    }

    [Fact]
    public async Task A_part_that_is_already_the_whole_file_only_gets_its_name()
    {
        File.WriteAllBytes($"{Cached}.part", Bytes);
        await using var server = new FileServer((request, _) => FileAnswer.Of(Bytes, request));

        await MakeHub().DownloadAsync(server.File(Name));

        AssertFetched();
        Assert.Single(server.Requests);
    }

    [Theory]
    [InlineData(150_000)]
    [InlineData(500_000)]
    public async Task What_an_earlier_download_left_of_another_file_is_thrown_away(int length)
    {
        File.WriteAllBytes($"{Cached}.part", new byte[length]);
        await using var server = new FileServer((request, _) => FileAnswer.Of(Bytes, request));

        await MakeHub().DownloadAsync(server.File(Name));

        AssertFetched();
        Assert.Equal([length, 0], server.Requests.Select(request => request.From));
    }

    [Fact]
    public async Task A_wrong_hash_leaves_nothing()
    {
        var other = Content(seed: 2);
        await using var server = new FileServer((request, _) => FileAnswer.Of(other, request));

        var error = await FailsAsync(server, DownloadFailure.Hash);

        Assert.Contains(Convert.ToHexStringLower(SHA256.HashData(other)), error.Message, StringComparison.Ordinal);
        Assert.Contains($"should begin with {Name[8..16]}", error.Message, StringComparison.Ordinal);
        Assert.Empty(folder.Names);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task A_name_without_a_hash_is_not_checked()
    {
        await using var server = new FileServer((request, _) => FileAnswer.Of(Bytes, request));

        Assert.Equal(Bytes, File.ReadAllBytes(await MakeHub().DownloadAsync(server.File("weights.pth"))));
    }

    [Theory]
    [InlineData("404 Not Found", HttpStatusCode.NotFound)]
    [InlineData("403 Forbidden", HttpStatusCode.Forbidden)]
    [InlineData("418 Teapot", (HttpStatusCode)418)]
    public async Task A_refusal_is_told_at_once(string status, HttpStatusCode code)
    {
        await using var server = new FileServer((_, _) => new(status));

        var error = await FailsAsync(server, DownloadFailure.Server);

        Assert.Equal(code, error.StatusCode);
        Assert.Contains($"the server answered {(int)code} ({status[4..]})", error.Message, StringComparison.Ordinal);
        Assert.Single(server.Requests);
    }

    [Theory]
    [InlineData("500 Internal Server Error")]
    [InlineData("503 Service Unavailable")]
    [InlineData("429 Too Many Requests")]
    public async Task A_server_that_recovers_is_asked_again(string status)
    {
        await using var server = new FileServer((request, count) => count < 3 ? new(status) : FileAnswer.Of(Bytes, request));

        await MakeHub().DownloadAsync(server.File(Name));

        AssertFetched();
        Assert.Equal([1, 2, 4], delays.Select(delay => delay.TotalSeconds));
    }

    [Theory]
    [InlineData("7", 7)]
    [InlineData("0", 1)]
    [InlineData("86400", 60)]
    public async Task A_server_may_ask_for_more_time(string asked, int waited)
    {
        await using var server = new FileServer((request, count) =>
            count == 0 ? new("503 Service Unavailable", ("Retry-After", asked)) : FileAnswer.Of(Bytes, request));

        await MakeHub().DownloadAsync(server.File(Name));

        Assert.Equal(waited, Assert.Single(delays).TotalSeconds);
    }

    [Fact]
    public async Task A_server_that_does_not_recover_is_given_up()
    {
        await using var server = new FileServer((_, _) => new("500 Internal Server Error"));

        var error = await FailsAsync(server, DownloadFailure.Server);

        Assert.Equal(HttpStatusCode.InternalServerError, error.StatusCode);
        Assert.Equal(5, server.Requests.Count);
    }

    [Fact]
    public async Task Without_a_network_the_user_is_told_where_to_put_the_file()
    {
        await using var server = new FileServer((_, _) => new("200 OK"));
        var address = server.File(Name);
        await server.DisposeAsync();

        var error = await Assert.ThrowsAsync<DownloadException>(() => MakeHub().DownloadAsync(address));

        Assert.Equal((DownloadFailure.Network, address, null), (error.Failure, error.Address, error.StatusCode));
        Assert.EndsWith($"put the file into {Path.GetDirectoryName(Cached)}.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_slow_download_is_cancelled_and_goes_on_the_next_time()
    {
        var never = new TaskCompletionSource();
        await using var server = new FileServer((request, count) =>
            FileAnswer.Of(Bytes, request) with { Break = count == 0 ? (100_000, never.Task) : null });
        using var cancellation = new CancellationTokenSource();
        var hub = MakeHub();

        var stopper = new Callback(step =>
        {
            if (step.Done == 100_000) cancellation.Cancel();
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => hub.DownloadAsync(server.File(Name), stopper, cancellation.Token));
        Assert.Equal([$"{Name}.part"], folder.Names);

        await hub.DownloadAsync(server.File(Name));
        AssertFetched();
        Assert.Equal(100_000, server.Requests[1].From);
    }

    [Fact]
    public async Task A_server_that_falls_silent_is_asked_again()
    {
        var never = new TaskCompletionSource();
        await using var server = new FileServer((request, count) =>
            FileAnswer.Of(Bytes, request) with { Break = count == 0 ? (100_000, never.Task) : null });

        await MakeHub(options => options with { Patience = TimeSpan.FromSeconds(0.5) }).DownloadAsync(server.File(Name));

        AssertFetched();
    }

    [Fact]
    public async Task Offline_only_the_cache_answers()
    {
        await using var server = new FileServer((request, _) => FileAnswer.Of(Bytes, request));
        var hub = MakeHub(options => options with { Offline = true });

        var error = await Assert.ThrowsAsync<DownloadException>(() => hub.DownloadAsync(server.File(Name)));
        Assert.Equal(DownloadFailure.Offline, error.Failure);
        Assert.StartsWith($"{Name} is not in {Path.GetDirectoryName(Cached)}, and offline nothing is fetched", error.Message, StringComparison.Ordinal);

        File.WriteAllBytes(Cached, Bytes);
        Assert.Equal(Cached, await hub.DownloadAsync(server.File(Name)));
        Assert.Empty(server.Requests);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    public async Task A_mirror_is_asked_instead(string slash)
    {
        await using var server = new FileServer((request, _) => FileAnswer.Of(Bytes, request));
        var hub = MakeHub(options => options with { Mirror = $"{server.Address}/copies{slash}" });

        await hub.DownloadAsync(new Uri($"https://weights.invalid/models/{Name}"));

        AssertFetched();
        Assert.Equal($"/copies/{Name}", Assert.Single(server.Requests).Path);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("ftp://example.invalid/models")]
    public async Task A_mirror_without_an_http_address_is_refused(string mirror)
    {
        var error = await Assert.ThrowsAsync<DownloadException>(
            () => MakeHub(options => options with { Mirror = mirror }).DownloadAsync(new Uri($"https://weights.invalid/models/{Name}")));

        Assert.Equal(DownloadFailure.Mirror, error.Failure);
        Assert.Contains(mirror, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_many_at_once_one_fetches_and_the_others_wait()
    {
        await using var server = new FileServer((request, _) => FileAnswer.Of(Bytes, request));

        var paths = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => MakeHub().DownloadAsync(server.File(Name)))));

        Assert.All(paths, path => Assert.Equal(Cached, path));
        Assert.Single(server.Requests);
        AssertFetched();
    }

    [Fact]
    public async Task Waiting_for_another_download_can_be_cancelled()
    {
        await using var server = new FileServer((request, _) => FileAnswer.Of(Bytes, request));
        using var other = new FileStream($"{Cached}.lock", FileMode.Create, FileAccess.ReadWrite, FileShare.None);
        using var cancellation = new CancellationTokenSource();

        var waiting = MakeHub().DownloadAsync(server.File(Name), cancellationToken: cancellation.Token);
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Empty(server.Requests);
    }

    // The other process fetches under a published name, whose hash these bytes have not: that they were put together is what counts.
    [Fact]
    public async Task Another_process_is_waited_for_and_its_part_resumed_when_it_has_died()
    {
        var (begun, never) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var server = new FileServer((request, count) =>
        {
            begun.TrySetResult();
            return FileAnswer.Of(Bytes, request) with { Break = count == 0 ? (100_000, never.Task) : null };
        });
        var address = server.File("resnet18-f37072fd.pth");
        var hub = MakeHub(options => options with { Folder = folder.File(Path.Combine("hub", "checkpoints")) });
        var part = $"{hub.GetPath(address)}.part";
        using var other = Process.Start(new ProcessStartInfo(
            "dotnet", [Path.Combine(AppContext.BaseDirectory, "luma.dll"), "download", "resnet18", "--mirror", $"{server.Address}/models"])
        {
            Environment = { ["TORCH_HOME"] = folder.File("") },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        try
        {
            await begun.Task.WaitAsync(TimeSpan.FromMinutes(1));
            while (new FileInfo(part) is not { Exists: true, Length: 100_000 }) await Task.Delay(10);
            using var cancellation = new CancellationTokenSource(TimeSpan.FromMilliseconds(500));
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => hub.DownloadAsync(address, cancellationToken: cancellation.Token));
            Assert.Single(server.Requests);
        }
        finally
        {
            other.Kill();
            await other.WaitForExitAsync();
        }

        var error = await Assert.ThrowsAsync<DownloadException>(() => hub.DownloadAsync(address));

        Assert.Equal(DownloadFailure.Hash, error.Failure);
        Assert.Equal([0, 100_000, 0], server.Requests.Select(request => request.From));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_file_that_is_larger_than_it_can_be_is_cut_off(bool declared)
    {
        await using var server = new FileServer((_, _) => declared ? FileAnswer.Whole(Bytes) : new("200 OK") { Body = Bytes });

        var error = await Assert.ThrowsAsync<DownloadException>(() =>
            MakeHub().DownloadAsync(server.File(Name), new ExpectedFile { MaxBytes = Bytes.Length - 1 }));

        Assert.Equal(DownloadFailure.Size, error.Failure);
        Assert.Single(server.Requests);
        Assert.Empty(folder.Names);
        await MakeHub().DownloadAsync(server.File(Name), new ExpectedFile { MaxBytes = Bytes.Length });
        AssertFetched();
    }

    [Fact]
    public async Task The_limit_of_published_weights_is_that_of_their_manifest()
    {
        // 44.7 MB; a server that never ends.
        await using var server = new FileServer((_, _) => new("200 OK", ("Content-Length", "60000000")));
        var hub = MakeHub(options => options with { Mirror = server.Address });

        var error = await Assert.ThrowsAsync<DownloadException>(() => ModelZoo.DownloadAsync("resnet18", hub: hub));

        Assert.Equal(DownloadFailure.Size, error.Failure);
    }

    [Fact]
    public async Task A_whole_hash_is_checked_where_it_is_known()
    {
        await using var server = new FileServer((request, _) => FileAnswer.Of(Bytes, request));
        var hash = Convert.ToHexString(SHA256.HashData(Bytes));

        var error = await Assert.ThrowsAsync<DownloadException>(() =>
            MakeHub().DownloadAsync(server.File("plain.pth"), new ExpectedFile { Sha256 = new string('0', 64) }));

        Assert.Equal(DownloadFailure.Hash, error.Failure);
        Assert.Empty(folder.Names);
        Assert.Equal(Bytes, File.ReadAllBytes(await MakeHub().DownloadAsync(server.File("plain.pth"), new ExpectedFile { Sha256 = hash })));
        Assert.Throws<ArgumentException>(() => new ExpectedFile { Sha256 = "no hash" });
        Assert.Throws<ArgumentOutOfRangeException>(() => new ExpectedFile { MaxBytes = 0 });
    }

    [Theory]
    [InlineData(HttpRequestError.NameResolutionError)]
    [InlineData(HttpRequestError.SecureConnectionError)]
    [InlineData(HttpRequestError.ProxyTunnelError)]
    public async Task What_another_attempt_would_meet_again_is_told_at_once(HttpRequestError failure)
    {
        using var handler = new Failing(failure);
        using var client = new HttpClient(handler);
        var address = new Uri($"https://weights.example/{Name}");

        var error = await Assert.ThrowsAsync<DownloadException>(() => MakeHub(options => options with { HttpClient = client }).DownloadAsync(address));

        Assert.Equal((DownloadFailure.Network, 1), (error.Failure, handler.Requests));
        Assert.Empty(delays);
        // The client stays its owner's.
        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(address));
    }

    [Fact]
    public async Task A_connection_that_is_refused_is_tried_again()
    {
        using var handler = new Failing(HttpRequestError.ConnectionError);
        using var client = new HttpClient(handler);

        await Assert.ThrowsAsync<DownloadException>(() =>
            MakeHub(options => options with { HttpClient = client }).DownloadAsync(new Uri($"https://weights.example/{Name}")));

        Assert.Equal(5, handler.Requests);
        Assert.Equal([1, 2, 4, 8], delays.Select(delay => delay.TotalSeconds));
    }

    [Fact]
    public async Task A_cache_folder_that_cannot_be_made_is_told()
    {
        await using var server = new FileServer((request, _) => FileAnswer.Of(Bytes, request));
        File.WriteAllText(folder.File("file"), "");
        var hub = MakeHub(options => options with { Folder = folder.File("file/checkpoints") });

        var error = await Assert.ThrowsAsync<DownloadException>(() => hub.DownloadAsync(server.File(Name)));

        Assert.Equal(DownloadFailure.Disk, error.Failure);
        Assert.Contains("let TORCH_HOME name another folder", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_part_that_cannot_be_written_is_told()
    {
        await using var server = new FileServer((request, _) => FileAnswer.Of(Bytes, request));
        Directory.CreateDirectory($"{Cached}.part");

        Assert.Equal(DownloadFailure.Disk, (await Assert.ThrowsAsync<DownloadException>(() => MakeHub().DownloadAsync(server.File(Name)))).Failure);
    }

    // Linux has a device that is always full.
    [LinuxFact]
    public async Task A_full_disk_is_told_and_not_tried_again()
    {
        await using var server = new FileServer((request, _) => FileAnswer.Of(Bytes, request));
        File.CreateSymbolicLink($"{Cached}.part", "/dev/full");

        var error = await FailsAsync(server, DownloadFailure.Disk);

        Assert.Contains("No space left on device", error.Message, StringComparison.Ordinal);
        Assert.Single(server.Requests);
    }

    [Theory]
    [InlineData("/t/hub/checkpoints", "TORCH_HOME=/t", "XDG_CACHE_HOME=/x")]
    [InlineData("/x/torch/hub/checkpoints", "XDG_CACHE_HOME=/x")]
    [InlineData("~/.cache/torch/hub/checkpoints")]
    [InlineData("~/.cache/torch/hub/checkpoints", "TORCH_HOME=", "XDG_CACHE_HOME=")]
    [InlineData("~/torch/hub/checkpoints", "TORCH_HOME=~/torch")]
    [InlineData("~/hub/checkpoints", "TORCH_HOME=~")]
    public void The_cache_is_pytorchs(string expected, params string[] environment)
    {
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);

        Assert.Equal(
            expected.Replace("~", home, StringComparison.Ordinal), HubOptions.FolderOf(In(environment)).Replace('\\', '/'));
    }

    [Theory]
    [InlineData(true, "LUMA_OFFLINE=1")]
    [InlineData(true, "LUMA_OFFLINE=yes")]
    [InlineData(false, "LUMA_OFFLINE=0")]
    [InlineData(false, "LUMA_OFFLINE=False")]
    [InlineData(false, "LUMA_OFFLINE=")]
    [InlineData(false)]
    public void The_environment_says_whether_to_stay_offline(bool expected, params string[] environment) =>
        Assert.Equal(expected, HubOptions.OfflineOf(In(environment)));

    [Theory]
    [InlineData("http://m", "LUMA_MIRROR=http://m")]
    [InlineData(null, "LUMA_MIRROR=")]
    [InlineData(null)]
    public void The_environment_names_a_mirror(string? expected, params string[] environment) =>
        Assert.Equal(expected, HubOptions.MirrorOf(In(environment)));

    [Theory]
    [InlineData("resnet18-f37072fd.pth", "f37072fd")]
    [InlineData("vgg16_features-amdegroot-88682ab5.pth", "88682ab5")]
    [InlineData("weights.pth", null)]
    [InlineData("weights-v2.pth", null)]
    [InlineData("weights-12345678.tar.gz", null)]
    public void The_hash_stands_at_the_end_of_the_name(string name, string? expected) => Assert.Equal(expected, Hub.HashPrefixOf(name));

    [Fact]
    public void An_address_without_a_file_is_refused() =>
        Assert.Throws<ArgumentException>(() => new Hub().GetPath(new Uri("https://weights.invalid/models/")));

    private static Func<string, string?> In(string[] environment) =>
        name => environment.Select(pair => pair.Split('=', 2)).FirstOrDefault(pair => pair[0] == name)?[1];

    private static byte[] Content(int seed)
    {
        var bytes = new byte[400_000];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private static string NameOf(byte[] bytes) => $"network-{Convert.ToHexStringLower(SHA256.HashData(bytes))[..8]}.pth";

    private Hub MakeHub(Func<HubOptions, HubOptions>? change = null)
    {
        var options = new HubOptions
        {
            Folder = Path.GetDirectoryName(Cached)!,
            Mirror = null,
            Offline = false,
            Time = new Hasty(delays),
        };
        return new(change?.Invoke(options) ?? options);
    }

    private async Task<DownloadException> FailsAsync(FileServer server, DownloadFailure failure)
    {
        var error = await Assert.ThrowsAsync<DownloadException>(() => MakeHub().DownloadAsync(server.File(Name)));
        Assert.Equal((failure, server.File(Name)), (error.Failure, error.Address));
        Assert.False(File.Exists(Cached));
        return error;
    }

    private void AssertFetched()
    {
        Assert.Equal(Bytes, File.ReadAllBytes(Cached));
        Assert.Equal([Name], folder.Names);
    }

    /// <summary>A time in which every wait is over at once.</summary>
    private sealed class Hasty(List<TimeSpan> delays) : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime > TimeSpan.Zero) delays.Add(dueTime);
            return base.CreateTimer(callback, state, dueTime > TimeSpan.Zero ? TimeSpan.Zero : dueTime, period);
        }
    }

    private sealed class Failing(HttpRequestError error) : HttpMessageHandler
    {
        public int Requests { get; private set; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Requests++;
            throw new HttpRequestException(error);
        }
    }

    private sealed class Direct(List<ByteProgress> steps) : IProgress<ByteProgress>
    {
        public void Report(ByteProgress value) => steps.Add(value);
    }

    private sealed class Callback(Action<ByteProgress> action) : IProgress<ByteProgress>
    {
        public void Report(ByteProgress value) => action(value);
    }
}
