using Luma.Neural.Native;
using Luma.Zoo.Inference;

namespace Luma.Zoo.Tests.Inference;

/// <summary>The threads that passes run on.</summary>
public class ThreadSchedulerTests
{
    [Fact]
    public async Task All_of_its_threads_have_a_heap_for_large_batches()
    {
        const int Threads = 3;
        NativeHeap.KeepFreed();
        var scheduler = new ThreadScheduler(Threads, roomy: true);
        using var all = new Barrier(Threads);

        var answers = await Task.WhenAll(Enumerable.Range(0, Threads).Select(_ => Task.Factory.StartNew(
            () =>
            {
                all.SignalAndWait();
                return (Environment.CurrentManagedThreadId, NativeHeap.IsRoomy());
            },
            CancellationToken.None, ThreadScheduler.Options, scheduler)));

        Assert.Equal(Threads, answers.Distinct().Count());
        Assert.All(answers, answer => Assert.True(answer.Item2));
    }
}
