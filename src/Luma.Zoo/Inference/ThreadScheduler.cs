using Luma.Neural.Native;

namespace Luma.Zoo.Inference;

/// <summary>Runs tasks on a few threads of its own, which come with the work and leave some time after the last of it.</summary>
/// <param name="capacity">How many threads there may be.</param>
/// <param name="roomy">Whether they need a heap that holds the activations of large batches.</param>
internal sealed class ThreadScheduler(int capacity, bool roomy = false) : TaskScheduler
{
    /// <summary>How tasks are made for it: what awaits them does not run on its threads.</summary>
    public const TaskCreationOptions Options =
        TaskCreationOptions.RunContinuationsAsynchronously | TaskCreationOptions.DenyChildAttach | TaskCreationOptions.HideScheduler;

    // A new thread has to start libtorch's own threads anew.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    // More heaps than glibc makes for the threads of most processes.
    private const int MostHeaps = 32;

    private readonly Queue<Task> waiting = [];
    private int threads, idle;

    /// <inheritdoc/>
    public override int MaximumConcurrencyLevel => capacity;

    /// <inheritdoc/>
    protected override void QueueTask(Task task)
    {
        lock (waiting)
        {
            waiting.Enqueue(task);
            if (idle < waiting.Count && threads < capacity)
            {
                threads++;
                Start(roomy ? MostHeaps : 1, new());
            }
            else
            {
                Monitor.Pulse(waiting);
            }
        }
    }

    /// <inheritdoc/>
    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

    /// <inheritdoc/>
    protected override IEnumerable<Task> GetScheduledTasks()
    {
        lock (waiting) return [.. waiting];
    }

    private void Start(int heaps, TaskCompletionSource found) => new Thread(() => Begin(heaps, found)) { IsBackground = true, Name = "Luma.Zoo call" }.Start();

    // The heaps go to new threads in turn, and in one of them large batches are slower: it is passed over.
    private void Begin(int heaps, TaskCompletionSource found)
    {
        if (heaps > 1 && !NativeHeap.IsRoomy() && TryPassOn(heaps, found)) return;

        found.SetResult();
        Work();
    }

    private bool TryPassOn(int heaps, TaskCompletionSource found)
    {
        try
        {
            Start(heaps - 1, found);
        }
        catch (OutOfMemoryException)
        {
            // The system allows no further thread.
            return false;
        }
        // Until then this thread keeps its heap, so that the next one gets another.
        found.Task.Wait();
        return true;
    }

    private void Work()
    {
        while (Next() is { } task) TryExecuteTask(task);
    }

    // Null where the thread has waited long enough.
    private Task? Next()
    {
        lock (waiting)
        {
            while (waiting.Count == 0)
            {
                idle++;
                var woken = Monitor.Wait(waiting, Patience);
                idle--;
                if (woken || waiting.Count > 0) continue;

                threads--;
                return null;
            }
            return waiting.Dequeue();
        }
    }
}
