using System.Net;
using System.Net.Sockets;
using System.Text;
using Luma.Zoo.Weights;

namespace Luma.Zoo.Tests.Weights;

/// <summary>Downloads from a server that misbehaves: what is tried again, and where it goes on.</summary>
public sealed class HubTransferTests : HubTestBase
{
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

    [Theory]
    [InlineData("connection")]
    [InlineData("headers")]
    public async Task A_server_from_which_nothing_comes_is_not_asked_again(string until)
    {
        var never = new TaskCompletionSource();
        using var mute = new TcpListener(IPAddress.Loopback, 0);
        mute.Start();
        await using var server = new FileServer((request, _) => FileAnswer.Of(Bytes, request) with { Break = (0, never.Task) });
        var address = until == "headers" ? server.File(Name) : new Uri($"http://127.0.0.1:{((IPEndPoint)mute.LocalEndpoint).Port}/{Name}");

        var error = await Assert.ThrowsAsync<DownloadException>(() =>
            MakeHub(options => options with { Patience = TimeSpan.FromSeconds(0.2) }).DownloadAsync(address));

        Assert.Contains("the server was silent for 0.2 seconds", error.Message, StringComparison.Ordinal);
        Assert.Equal(DownloadFailure.Network, error.Failure);
        Assert.Empty(delays);
        Assert.Empty(folder.Names);
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
    public async Task A_server_that_is_never_reached_is_given_up_within_seconds_and_leaves_nothing()
    {
        using var handler = new Failing(HttpRequestError.ConnectionError);
        using var client = new HttpClient(handler);

        await Assert.ThrowsAsync<DownloadException>(() =>
            MakeHub(options => options with { HttpClient = client }).DownloadAsync(new Uri($"https://weights.example/{Name}")));

        Assert.Equal(3, handler.Requests);
        Assert.Equal([1, 2], delays.Select(delay => delay.TotalSeconds));
        Assert.Empty(folder.Names);
    }

    [Fact]
    public async Task What_an_earlier_download_left_is_kept_where_the_server_cannot_be_reached()
    {
        File.WriteAllBytes($"{Cached}.part", Bytes[..150_000]);
        using var handler = new Failing(HttpRequestError.ConnectionError);
        using var client = new HttpClient(handler);

        await Assert.ThrowsAsync<DownloadException>(() =>
            MakeHub(options => options with { HttpClient = client }).DownloadAsync(new Uri($"https://weights.example/{Name}")));
        using var cancellation = new CancellationTokenSource();
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => MakeHub().DownloadAsync(new Uri($"https://weights.example/{Name}"), cancellationToken: cancellation.Token));

        Assert.Equal(150_000, new FileInfo($"{Cached}.part").Length);
    }

    [Theory]
    [InlineData("file:///etc/hostname", "the server redirects to an address that is no http address")]
    [InlineData("/models/again", "the server answered 302 (Found), a redirection that leads in a circle or from https to http")]
    public async Task A_redirection_that_leads_nowhere_is_told_at_once(string location, string reason)
    {
        await using var server = new FileServer((_, _) => new("302 Found", ("Location", location), ("Content-Length", "0")));

        var error = await FailsAsync(server, DownloadFailure.Server);

        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.Empty(delays);
        Assert.Empty(folder.Names);
    }

    [Theory]
    [InlineData("\uFEFF \n<!DOCTYPE html><html>Log in</html>", null, "it is a web page, perhaps one where a network wants a login")]
    [InlineData("packed", "gzip", "the server compressed it (gzip)")]
    [InlineData("short", null, "it has 5 bytes, and should have 400,000 or more")]
    public async Task What_came_instead_is_told(string body, string? encoding, string kind)
    {
        await using var server = new FileServer((_, _) => FileAnswer.Whole(Encoding.UTF8.GetBytes(body), encoding is null ? [] : [("Content-Encoding", encoding)]));

        var error = await Assert.ThrowsAsync<DownloadException>(() =>
            MakeHub().DownloadAsync(server.File(Name), new ExpectedFile { MinBytes = Bytes.Length, MaxBytes = Bytes.Length }));

        Assert.Equal($"{Name} from {server.File(Name)} is not that file: {kind}. Nothing was kept; try another network or mirror.", error.Message);
        Assert.Equal(DownloadFailure.Hash, error.Failure);
        Assert.Empty(folder.Names);
    }

    [Fact]
    public async Task What_broke_the_connection_is_told_in_words()
    {
        await using var server = new FileServer((_, _) => FileAnswer.Whole(Bytes) with { Break = (100_000, Task.CompletedTask) });

        var error = await FailsAsync(server, DownloadFailure.Network);

        Assert.Contains($"cannot be fetched from {server.File(Name)}: the connection ended early. ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_in_an_address_is_sent_and_not_shown()
    {
        await using var server = new FileServer((_, _) => new("404 Not Found"));
        var mirror = new UriBuilder(server.Address) { Path = "copies/", Query = "?key=secret", UserName = "me", Password = "secret" }.Uri.AbsoluteUri;

        var error = await Assert.ThrowsAsync<DownloadException>(() => MakeHub(options => options with { Mirror = mirror }).DownloadAsync(server.File(Name)));

        Assert.Equal($"/copies/{Name}?key=secret", Assert.Single(server.Requests).Path);
        Assert.Contains($"{server.Address}/copies/{Name}: ", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
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

    private sealed class Callback(Action<ByteProgress> action) : IProgress<ByteProgress>
    {
        public void Report(ByteProgress value) => action(value);
    }
}
