using Luma.Zoo.Files;
using Luma.Zoo.Tests.Weights;

namespace Luma.Zoo.Tests.Files;

/// <summary>The lock of those who write several files that belong together.</summary>
public sealed class FileLockTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private string Target => folder.File("model.onnx");

    public void Dispose() => folder.Dispose();

    [Fact]
    public void One_at_a_time_has_it_and_nothing_is_left()
    {
        var (inside, most, taken) = (0, 0, 0);

        Parallel.For(0, 200, new() { MaxDegreeOfParallelism = 8 }, _ =>
        {
            using var held = FileLock.Take(Target, CancellationToken.None);
            most = Math.Max(most, Interlocked.Increment(ref inside));
            taken++;
            Thread.Yield();
            Interlocked.Decrement(ref inside);
        });

        Assert.Equal((1, 200), (most, taken));
        Assert.Empty(folder.Names);
    }

    [Fact]
    public void Who_waits_can_be_stopped_and_others_files_are_not_locked()
    {
        using var held = FileLock.Take(Target, CancellationToken.None);
        using (FileLock.Take(folder.File("other.onnx"), CancellationToken.None))
        {
        }
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));

        Assert.Throws<OperationCanceledException>(() => FileLock.Take(Target, stop.Token));

        Assert.Single(folder.Names);
    }

    [LinuxFact]
    public void What_a_killed_process_left_locks_nothing()
    {
        string name;
        using (FileLock.Take(Target, CancellationToken.None)) name = folder.Names.Single()!;
        File.WriteAllText(folder.File(name), "longer than what is written there");

        using (FileLock.Take(Target, CancellationToken.None))
        {
        }

        Assert.Empty(folder.Names);
    }

    [Fact]
    public void A_folder_that_takes_no_files_is_told()
    {
        var missing = folder.File("nowhere/model.onnx");

        var error = Assert.Throws<IOException>(() => FileLock.Take(missing, CancellationToken.None));

        Assert.StartsWith($"{missing}: cannot be written: the folder", error.Message, StringComparison.Ordinal);
    }
}
