using Luma.Neural.Blocks;

namespace Luma.Neural.Tests;

public class WindowsTests
{
    [Fact]
    public void A_window_holds_neighbours_and_a_grid_pixels_spread_over_the_map()
    {
        using var scope = NewDisposeScope();
        // Each pixel is its place: row 3 begins with 12.
        var map = arange(16).view(1, 4, 4, 1);

        var window = Windows.Partition(map, 2)[0, 1];
        var grid = Windows.PartitionGrid(map, 2)[0, 1];

        Assert.Equal([2, 3, 6, 7], window.flatten().data<long>().ToArray());
        Assert.Equal([1, 3, 9, 11], grid.contiguous().flatten().data<long>().ToArray());
    }

    [Theory]
    [InlineData(1, 4, 4, 2)]
    [InlineData(2, 6, 3, 3)]
    [InlineData(3, 2, 10, 2)]
    [InlineData(2, 5, 7, 1)]
    public void What_is_cut_is_put_together_again(long count, long height, long width, long size)
    {
        using var scope = NewDisposeScope();
        var maps = rand(count, height, width, 3);

        var windows = Windows.Partition(maps, size);
        var grids = Windows.PartitionGrid(maps, size);

        long[] expected = [count, height * width / size / size, size * size, 3];
        Assert.Equal(expected, windows.shape);
        Assert.Equal(expected, grids.shape);
        Assert.True(Windows.Merge(windows, size, height, width).equal(maps).all().item<bool>());
        Assert.True(Windows.MergeGrid(grids, size, height, width).equal(maps).all().item<bool>());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    public void Each_relative_position_has_a_number_of_its_own(long size)
    {
        using var scope = NewDisposeScope();

        var positions = Windows.RelativePositions(size).data<long>().ToArray();

        var (side, expected) = ((2 * size) - 1, new List<long>());
        for (var from = 0; from < size * size; from++)
        {
            for (var to = 0; to < size * size; to++)
            {
                var (down, right) = ((from / size) - (to / size), (from % size) - (to % size));
                expected.Add(((down + size - 1) * side) + right + size - 1);
            }
        }
        Assert.Equal(expected, positions);
    }

    [Fact]
    public void A_position_bias_is_read_from_the_heads_column()
    {
        using var scope = NewDisposeScope();
        var table = rand(9, 2);

        var bias = Windows.PositionBias(table, Windows.RelativePositions(2), 2);

        Assert.Equal([1, 2, 4, 4], bias.shape);
        // The first pixel lies a row and a column before the last: distance (-1, -1).
        Assert.Equal(table[0, 1].item<float>(), bias[0, 1, 0, 3].item<float>());
        Assert.Equal(table[8, 0].item<float>(), bias[0, 0, 3, 0].item<float>());
    }

    [Fact]
    public void Heads_that_are_split_and_joined_are_the_embeddings()
    {
        using var scope = NewDisposeScope();
        var projected = rand(2, 3, 5, 24);

        var (query, key, value) = AttentionHeads.Split(projected, 4);

        Assert.Equal([2, 3, 4, 5, 2], query.shape);
        var joined = cat([AttentionHeads.Join(query), AttentionHeads.Join(key), AttentionHeads.Join(value)], -1);
        Assert.True(joined.equal(projected).all().item<bool>());
    }
}
