using Luma.Neural;
using Luma.Neural.Blocks;
using Luma.Neural.Layers;
using Luma.Neural.Observation;

namespace Luma.Zoo.Tests.Summary;

public class NetworkSummaryTests
{
    private static readonly long[] WorkshopInput = [3, 3, 200, 200];

    private static string Golden(string name) => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Goldens", "summary", name));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void The_table_is_torchinfos_at_every_depth(int depth)
    {
        using var network = new Workshop();

        Assert.Equal(Golden($"workshop-{depth}.txt"), network.Summary(WorkshopInput).ToText(depth) + "\n");
    }

    [Fact]
    public void The_table_of_lenet_is_torchinfos()
    {
        using var network = ModelZoo.Create("lenet_5");

        Assert.Equal(Golden("lenet_5.txt"), network.Summary(1, 1, 32, 32) + "\n");
    }

    [Fact]
    public void A_batch_of_lenet_counts_as_by_hand()
    {
        using var network = ModelZoo.Create("lenet_5");

        var summary = network.Summary(4, 1, 32, 32);

        // Each filter's weights and bias at each position, each dense layer's once.
        var convolutions = (156 * 28 * 28) + (2_416 * 10 * 10);
        var dense = 48_120 + 10_164 + 850;
        Assert.Equal(4 * (convolutions + dense), summary.MultiplyAdds);

        var outputs = (6 * 28 * 28) + (16 * 10 * 10) + 120 + 84 + 10;
        Assert.Equal(4 * outputs * 2 * sizeof(float), summary.ForwardBackwardBytes);
        Assert.Equal(4 * 32 * 32 * sizeof(float), summary.InputBytes);
        Assert.Equal(61_706 * sizeof(float), summary.ParameterBytes);
        Assert.Equal(summary.InputBytes + summary.ForwardBackwardBytes + summary.ParameterBytes, summary.TotalBytes);
    }

    [Fact]
    public void A_row_bears_the_name_that_the_state_dict_uses()
    {
        using var network = new Workshop();

        var names = network.Summary(WorkshopInput).Rows.Select(row => row.Name);

        Assert.Equal(
            ["", "stem", "stem.0", "stem.1", "stem.2", "shared", "shared", "frozen", "stages", "stages.first", "stages.first.0", "stages.first.1",
                "stages.first.2", "stages.second", "stages.second.0", "stages.second.1", "stages.second.1.0", "stages.second.1.1", "pool", "flatten", "head"],
            names);
    }

    [Fact]
    public void A_block_that_never_runs_as_a_whole_has_no_output_shape()
    {
        using var network = new Workshop();

        var row = Assert.Single(network.Summary(WorkshopInput).Rows, row => row.OutputShape is null);

        Assert.Equal("Stages", row.Type);
        Assert.Equal(2, row.Children.Count);
    }

    [Fact]
    public void Parameters_that_two_layers_share_count_once()
    {
        using var gain = new TorchSharp.Modules.Parameter(ones(4));
        using var network = new Sequence { new Gain(gain), new Gain(gain) };

        var summary = network.Summary(2, 4);

        Assert.Equal(4, summary.Parameters);
        Assert.Equal(2 * (4 + 4), summary.MultiplyAdds);
        Assert.Equal([(4L, false), (0L, true)], summary.Root.Children.Select(row => (row.OwnParameters, row.Reused)));
    }

    [Fact]
    public void A_layer_alone_has_a_summary()
    {
        using var layer = new Convolution2D(3, 8, 3);

        var summary = layer.Summary(2, 3, 8, 8);

        Assert.Equal([2L, 8, 6, 6], summary.Root.OutputShape!);
        Assert.Equal(224, summary.Parameters);
        Assert.Equal(224 * 2 * 36, summary.MultiplyAdds);
    }

    [Fact]
    public void The_network_is_left_as_it_was()
    {
        using var network = new Workshop();
        network.train();
        network.Norm.eval();
        manual_seed(7);
        var before = network.modules().Select(module => module.training).ToList();

        network.Summary(WorkshopInput);

        Assert.Equal(before, network.modules().Select(module => module.training));
        Assert.Equal(0, network.Norm.NumBatchesTracked!.item<long>());
        using var drawn = rand(1);
        manual_seed(7);
        using var expected = rand(1);
        Assert.Equal(expected.item<float>(), drawn.item<float>());
    }

    [Fact]
    public void A_failure_leaves_the_network_training()
    {
        using var network = new Workshop();

        var error = Assert.Throws<InputShapeException>(() => network.Summary(1, 4, 32, 32));

        Assert.Contains("expected (N, 3, H, W), got (1, 4, 32, 32)", error.Message, StringComparison.Ordinal);
        Assert.All(network.modules(), module => Assert.True(module.training));
    }

    [Fact]
    public void No_tensor_outlives_the_summary()
    {
        using var network = new Workshop();
        using var scope = NewDisposeScope();

        network.Summary(WorkshopInput);

        Assert.Equal(0, scope.DisposablesCount);
    }

    [Fact]
    public void Sizes_follow_the_type_of_the_numbers()
    {
        using var network = new Workshop();
        var single = network.Summary(WorkshopInput);
        network.to(float64);

        var twofold = network.Summary(WorkshopInput);

        Assert.Equal(2 * single.TotalBytes, twofold.TotalBytes);
    }

    [Fact]
    public void A_long_name_widens_its_column()
    {
        var nested = new Sequence { new AdaptiveAvgPooling2D(1) };
        for (var i = 0; i < 5; i++) nested = [nested];
        using var network = nested;

        var lines = network.Summary(1, 2, 4, 4).ToText().Split('\n');

        // Depth 6: six indents of 5, one more, and 'AdaptiveAvgPooling2D: 6-1', up to the next multiple of 5.
        Assert.Equal(60 + 50, lines[0].Length);
        Assert.Equal("│    │    │    │    │    └─AdaptiveAvgPooling2D: 6-1         [1, 2, 1, 1]              --", lines[^12]);
    }

    [Theory]
    [InlineData]
    [InlineData(1L, 0L)]
    [InlineData(-1L, 3L)]
    public void A_shape_that_is_none_is_refused(params long[] shape)
    {
        using var network = new Sequence();

        Assert.Throws<ArgumentException>(() => network.Summary(shape));
    }

    [Fact]
    public void A_negative_depth_is_refused()
    {
        using var network = new Sequence();

        Assert.Throws<ArgumentOutOfRangeException>(() => network.Summary(1, 1).ToText(-1));
    }

    /// <summary>A layer of a user's own, with a parameter that it is given.</summary>
    private sealed class Gain : Layer
    {
        private readonly TorchSharp.Modules.Parameter gain;

        public Gain(TorchSharp.Modules.Parameter gain) : base(nameof(Gain))
        {
            this.gain = gain;
            register_parameter("weight", gain);
        }

        protected override Tensor Compute(Tensor input) => input.mul(gain);
    }
}
