using System.Diagnostics;
using System.Security.Cryptography;
using Luma.Zoo.Weights;

namespace Luma.Zoo.Tests.Weights;

/// <summary>The cache: what is fetched into it, checked, shared and refused.</summary>
public sealed class HubTests : HubTestBase
{
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

    [Fact]
    public async Task Offline_only_the_cache_answers()
    {
        await using var server = new FileServer((request, _) => FileAnswer.Of(Bytes, request));
        var hub = MakeHub(options => options with { Offline = true });

        var error = await Assert.ThrowsAsync<DownloadException>(() => hub.DownloadAsync(server.File(Name)));
        Assert.Equal(DownloadFailure.Offline, error.Failure);
        Assert.StartsWith($"{Name} is not in {Path.GetDirectoryName(Cached)}, and offline nothing is fetched", error.Message, StringComparison.Ordinal);
        Assert.Contains(nameof(HubOptions) + "." + nameof(HubOptions.Offline), error.Message, StringComparison.Ordinal);

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

    [Theory]
    [InlineData("as it is", false)]
    [InlineData("another", true)]
    [InlineData("shorter", true)]
    [InlineData("longer", true)]
    public async Task A_file_that_is_there_is_checked_where_it_is_asked_for(string there, bool replaced)
    {
        await using var server = new FileServer((request, _) => FileAnswer.Of(Bytes, request));
        var content = there switch { "another" => Content(seed: 2), "shorter" => Bytes[..^1], "longer" => [.. Bytes, 0], _ => Bytes };
        var expected = new ExpectedFile { MinBytes = Bytes.Length, MaxBytes = Bytes.Length, Recheck = true };
        File.WriteAllBytes(Cached, content);

        await MakeHub().DownloadAsync(server.File(Name), expected with { Recheck = false });
        Assert.Equal(content, File.ReadAllBytes(Cached));
        Assert.Empty(server.Requests);

        await MakeHub().DownloadAsync(server.File(Name), expected);
        AssertFetched();
        Assert.Equal(replaced ? 1 : 0, server.Requests.Count);
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

    [LinuxFact]
    public async Task What_is_in_the_place_of_a_file_or_folder_is_told_before_anything_is_fetched()
    {
        await using var server = new FileServer((request, _) => FileAnswer.Of(Bytes, request));

        Directory.CreateDirectory(Cached);
        Assert.Contains("a folder is in its place", await RefusedAsync(MakeHub()), StringComparison.Ordinal);
        Directory.Delete(Cached);

        MakePipe(Cached);
        Assert.Contains("this is a pipe, not a file", await RefusedAsync(MakeHub()), StringComparison.Ordinal);
        File.Delete(Cached);

        MakePipe($"{Cached}.part");
        Assert.Contains($"{Name}.part is a pipe or a device, not a file", await RefusedAsync(MakeHub()), StringComparison.Ordinal);
        File.Delete($"{Cached}.part");

        File.CreateSymbolicLink(folder.File("checkpoints"), folder.File("unmounted"));
        Assert.Contains(
            "a link that leads nowhere", await RefusedAsync(MakeHub(options => options with { Folder = folder.File("checkpoints") })), StringComparison.Ordinal);

        Assert.Empty(server.Requests);

        static void MakePipe(string path)
        {
            using var make = Process.Start("mkfifo", path);
            make.WaitForExit();
        }

        async Task<string> RefusedAsync(Hub hub)
        {
            var error = await Assert.ThrowsAsync<DownloadException>(
                () => hub.DownloadAsync(server.File(Name), new ExpectedFile { MinBytes = Bytes.Length, Recheck = true }));
            Assert.Equal(DownloadFailure.Disk, error.Failure);
            return error.Message;
        }
    }

    [Theory]
    [InlineData(1, DownloadFailure.Disk)]
    [InlineData(2, DownloadFailure.Hash)]
    public async Task A_cache_folder_that_goes_meanwhile_is_told_in_words(int seed, DownloadFailure failure)
    {
        var content = Content(seed);
        await using var server = new FileServer((request, _) => FileAnswer.Of(content, request));
        var hub = MakeHub(options => options with { Folder = folder.File("checkpoints") });
        var harm = new Acting(step =>
        {
            if (step.Done == Bytes.Length) Directory.Delete(folder.File("checkpoints"), recursive: true);
        });

        var error = await Assert.ThrowsAsync<DownloadException>(() => hub.DownloadAsync(server.File(Name), harm));

        Assert.Equal(failure, error.Failure);
    }

    // Linux has a device that is always full.
    [LinuxFact]
    public async Task A_full_disk_is_told_and_not_tried_again()
    {
        await using var server = new FileServer((request, _) => FileAnswer.Of(Bytes, request));
        File.CreateSymbolicLink($"{Cached}.part", "/dev/full");

        var error = await FailsAsync(server, DownloadFailure.Disk);

        Assert.Contains("the disk is full", error.Message, StringComparison.Ordinal);
        Assert.Single(server.Requests);
    }

    private sealed class Acting(Action<ByteProgress> act) : IProgress<ByteProgress>
    {
        public void Report(ByteProgress value) => act(value);
    }

    private sealed class Direct(List<ByteProgress> steps) : IProgress<ByteProgress>
    {
        public void Report(ByteProgress value) => steps.Add(value);
    }
}
