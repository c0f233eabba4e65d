using Luma.Neural.Native;

namespace Luma.Neural.Tests;

public class NativeHeapTests
{
    public static bool IsGlibc { get; } = OperatingSystem.IsLinux() && Directory.GetFiles("/lib", "ld-musl-*").Length == 0;

    [Theory]
    [InlineData(true)]
    [InlineData(true, "LUMA_KEEP_MEMORY=1")]
    [InlineData(true, "GLIBC_TUNABLES=glibc.rtld.nns=4")]
    [InlineData(true, "MALLOC_ARENA_MAX=4")]
    [InlineData(false, "LUMA_KEEP_MEMORY=0")]
    [InlineData(false, "LUMA_KEEP_MEMORY=false")]
    [InlineData(false, "MALLOC_TRIM_THRESHOLD_=131072")]
    [InlineData(false, "MALLOC_MMAP_THRESHOLD_=131072")]
    [InlineData(false, "GLIBC_TUNABLES=glibc.rtld.nns=4:glibc.malloc.trim_threshold=131072")]
    public void Freed_memory_is_kept_unless_the_user_has_decided(bool kept, params string[] environment)
    {
        var variables = environment.Select(pair => pair.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);

        Assert.Equal(kept && IsGlibc, NativeHeap.KeepFreed(variables.GetValueOrDefault));
    }

    [Fact]
    public void Of_threads_that_are_there_together_not_all_have_the_roomy_heap()
    {
        const int Count = 40;
        var answers = new bool[Count];
        using var all = new Barrier(Count);
        var threads = Enumerable.Range(0, Count).Select(number => new Thread(() =>
        {
            answers[number] = NativeHeap.IsRoomy();
            all.SignalAndWait();
        })).ToList();

        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads) thread.Join();

        Assert.Equal(!IsGlibc || Environment.GetEnvironmentVariable("MALLOC_ARENA_MAX") is "1", answers.All(isRoomy => isRoomy));
    }
}
