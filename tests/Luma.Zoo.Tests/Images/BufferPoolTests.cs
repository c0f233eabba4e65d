using Luma.Zoo.Images;

namespace Luma.Zoo.Tests.Images;

public class BufferPoolTests
{
    [Fact]
    public void What_fits_is_used_again()
    {
        var pool = new BufferPool(1000);
        var (small, large) = (pool.Rent(200), pool.Rent(400));
        pool.Return(large);
        pool.Return(small);

        Assert.Same(small, pool.Rent(150));
        Assert.Same(large, pool.Rent(300));
        Assert.Equal(0, pool.Bytes);
    }

    [Fact]
    public void An_array_that_is_too_short_or_twice_too_long_is_not()
    {
        var pool = new BufferPool(1000);
        pool.Return(new byte[300]);

        Assert.Equal(301, pool.Rent(301).Length);
        Assert.Equal(100, pool.Rent(100).Length);
        Assert.Equal(300, pool.Bytes);
    }

    [Fact]
    public void It_never_keeps_more_than_its_bound_and_lets_the_oldest_go()
    {
        var pool = new BufferPool(1000);
        byte[][] arrays = [new byte[400], new byte[500], new byte[300], new byte[1001]];
        foreach (var array in arrays) pool.Return(array);

        Assert.Equal(800, pool.Bytes);
        Assert.NotSame(arrays[0], pool.Rent(400));
        Assert.Same(arrays[2], pool.Rent(300));
    }

    [Fact]
    public void No_two_threads_get_the_same_memory()
    {
        var pool = new BufferPool(100_000);
        var wrong = 0;

        Parallel.For(0, 20_000, i =>
        {
            var array = pool.Rent(100 + (i % 700));
            Array.Fill(array, (byte)i);
            Thread.Yield();
            if (array.Any(value => value != (byte)i)) Interlocked.Increment(ref wrong);
            pool.Return(array);
            if (pool.Bytes > 100_000) Interlocked.Increment(ref wrong);
        });

        Assert.Equal(0, wrong);
    }
}
