using Luma.Zoo.Inference;

namespace Luma.Zoo.Tests.Inference;

public sealed class InputMemoryTests
{
    private readonly InputMemory memory = new(2, [3, 4, 5]);

    [Fact]
    public void A_batch_gets_the_memory_of_one_that_is_done()
    {
        var first = memory.Rent();
        var second = memory.Rent();
        Assert.NotSame(first, second);
        Assert.Equal([2, 3, 4, 5], second.shape);

        memory.Return(first);

        Assert.Same(first, memory.Rent());
        memory.Close();
        memory.Return(first);
        memory.Return(second);
    }

    [Fact]
    public void Nothing_is_kept_once_it_is_closed()
    {
        var (early, late) = (memory.Rent(), memory.Rent());
        memory.Return(early);

        memory.Close();
        memory.Return(late);

        Assert.True(early.IsInvalid);
        Assert.True(late.IsInvalid);
    }

    [Fact]
    public void It_outlives_the_scope_of_whoever_takes_it()
    {
        Tensor input;
        using (NewDisposeScope()) input = memory.Rent();

        Assert.False(input.IsInvalid);
        input.Dispose();
    }
}
