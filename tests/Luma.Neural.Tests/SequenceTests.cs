using Luma.Neural.Blocks;
using Luma.Neural.Layers;

namespace Luma.Neural.Tests;

[Collection(Generator.Name)]
public class SequenceTests
{
    [Fact]
    public void Children_bear_their_places_or_their_names()
    {
        using var sequence = new Sequence { new Dense(2, 3), { "head", new Sequence([new Dense(3, 4, bias: false)]) }, new Dense(4, 1) };

        Assert.Equal(["0.weight", "0.bias", "head.0.weight", "2.weight", "2.bias"], sequence.state_dict().Keys);
        Assert.Equal((3, 4L), (sequence.Count, ((Dense)sequence[2]).InFeatures));
    }

    [Theory]
    [InlineData("a.b")]
    [InlineData("")]
    [InlineData("taken")]
    public void A_name_that_cannot_be_a_key_is_refused(string name)
    {
        using var sequence = new Sequence { { "taken", new Identity() } };
        using var child = new Identity();

        Assert.ThrowsAny<ArgumentException>(() => sequence.Add(name, child));
        Assert.Single(sequence);
    }

    [Fact]
    public void A_network_made_without_initialisers_does_not_draw()
    {
        manual_seed(5);
        using (Initializers.Skip())
        {
            using var skipped = new Sequence { new Convolution2D(3, 4, 3), new BatchNorm2D(4), new Dense(4, 4) };
        }
        using var after = rand(1);
        manual_seed(5);
        using var fresh = rand(1);

        Assert.Equal(fresh.item<float>(), after.item<float>());
    }

    /// <summary>As it is after an <c>await</c>.</summary>
    [Fact]
    public void Initialisers_draw_again_when_the_skipping_ends_on_another_thread()
    {
        var skip = Initializers.Skip();
        var other = new Thread(skip.Dispose);
        other.Start();
        other.Join();

        manual_seed(5);
        using var dense = new Dense(4, 4);
        using var after = rand(1);
        manual_seed(5);
        using var fresh = rand(1);

        Assert.NotEqual(fresh.item<float>(), after.item<float>());
    }

    [Fact]
    public void The_papers_local_response_norm_needs_no_arithmetic()
    {
        using var layer = LocalResponseNorm.FromPaper();

        Assert.Equal((5, 5e-4, 0.75, 2.0), (layer.Size, layer.Alpha, layer.Beta, layer.K));
    }

    [Fact]
    public void Checking_the_input_allocates_nothing()
    {
        using var noGrad = no_grad();
        using var layer = new Pooling2D(PoolingMode.Max, 2);
        using var input = ones(1, 2, 4, 4);
        long[] two = [2, 2], none = [0, 0], one = [1, 1];

        var bare = Allocated(() => nn.functional.max_pool2d(input, two, two, none, one).Dispose());
        var whole = Allocated(() => layer.call(input).Dispose());

        Assert.Equal(bare, whole);

        static long Allocated(Action action)
        {
            for (var call = 0; call < 50; call++) action();
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var call = 0; call < 100; call++) action();
            return (GC.GetAllocatedBytesForCurrentThread() - before) / 100;
        }
    }
}
