using System.Security.Cryptography;
using Luma.Zoo.Weights;

namespace Luma.Zoo.Tests.Weights;

/// <summary>A file to download, a cache folder of its own for each test, and a time in which every wait is over at once.</summary>
public abstract class HubTestBase : IDisposable
{
    private protected static readonly byte[] Bytes = Content(seed: 1);

    private protected static readonly string Name = NameOf(Bytes);

    private protected readonly TemporaryFolder folder = new();
    private protected readonly List<TimeSpan> delays = [];

    private protected string Cached => folder.File(Name);

    public void Dispose()
    {
        folder.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected static byte[] Content(int seed)
    {
        var bytes = new byte[400_000];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private protected Hub MakeHub(Func<HubOptions, HubOptions>? change = null)
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

    private protected async Task<DownloadException> FailsAsync(FileServer server, DownloadFailure failure)
    {
        var error = await Assert.ThrowsAsync<DownloadException>(() => MakeHub().DownloadAsync(server.File(Name)));
        Assert.Equal((failure, server.File(Name)), (error.Failure, error.Address));
        Assert.False(File.Exists(Cached));
        return error;
    }

    private protected void AssertFetched()
    {
        Assert.Equal(Bytes, File.ReadAllBytes(Cached));
        Assert.Equal([Name], folder.Names);
    }

    private static string NameOf(byte[] bytes) => $"network-{Convert.ToHexStringLower(SHA256.HashData(bytes))[..8]}.pth";

    /// <summary>A time in which every wait is over at once.</summary>
    private sealed class Hasty(List<TimeSpan> delays) : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime > TimeSpan.Zero) delays.Add(dueTime);
            return base.CreateTimer(callback, state, dueTime > TimeSpan.Zero ? TimeSpan.Zero : dueTime, period);
        }
    }
}
