namespace Luma.Zoo.Tests;

/// <summary>Has libtorch compute on all processors, as in people's programs, until it is disposed of. The other tests compute on one.</summary>
internal sealed class AllThreads : IDisposable
{
    private readonly int before = get_num_threads();

    public AllThreads() => set_num_threads(Environment.ProcessorCount);

    public void Dispose() => set_num_threads(before);
}
