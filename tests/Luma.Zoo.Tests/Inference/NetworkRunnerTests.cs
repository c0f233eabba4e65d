using Luma.Neural;
using Luma.Zoo.Images;
using Luma.Zoo.Inference;
using Luma.Zoo.Inference.Compilation;

namespace Luma.Zoo.Tests.Inference;

public class NetworkRunnerTests
{
    private static readonly ImagePreset Preset = new() { ResizeSize = [32], CropSize = [32] };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void Compiled_ahead_every_image_goes_through_what_was_compiled(int count)
    {
        using var scope = NewDisposeScope();
        using var network = Network();
        using var runner = new NetworkRunner(network, Preset, Engine.OneDnn, ClassifierCompilation.Ahead);
        var input = rand(count, 3, 32, 32);

        // Single ones go two ways: the first few, and then those that come after.
        for (var call = 0; call < 12; call++) AssertClose(network.call(input), runner.TryRun(input));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(16)]
    public void In_the_background_the_network_is_left_as_it_is_until_it_is_compiled(int count)
    {
        using var scope = NewDisposeScope();
        using var network = Network();
        using var runner = new NetworkRunner(network, Preset, Engine.OneDnn, ClassifierCompilation.Background);
        var input = rand(count, 3, 32, 32);

        for (var images = 0; images + count <= 32; images += count) Assert.Null(runner.TryRun(input));

        Tensor? output = null;
        Assert.True(SpinWait.SpinUntil(() => (output = runner.TryRun(input)) is not null, TimeSpan.FromMinutes(2)));
        AssertClose(network.call(input), output);
    }

    [Fact]
    public void What_cannot_be_recorded_is_left_to_the_network()
    {
        using var scope = NewDisposeScope();
        using var network = new Unseen();
        network.eval();
        using var runner = new NetworkRunner(network, Preset, Engine.OneDnn, ClassifierCompilation.Ahead);

        Assert.Null(runner.TryRun(rand(2, 3, 32, 32)));
        Assert.Null(runner.TryRun(rand(1, 3, 32, 32)));
    }

    [Fact]
    public void What_must_be_compiled_and_cannot_be_fails()
    {
        using var scope = NewDisposeScope();
        using var network = new Unseen();
        network.eval();
        using var runner = new NetworkRunner(network, Preset, Engine.OneDnn, ClassifierCompilation.Ahead, mustCompile: true);

        for (var call = 0; call < 2; call++) Assert.ThrowsAny<Exception>(() => runner.TryRun(rand(2, 3, 32, 32)));
    }

    [Fact]
    public void It_may_be_closed_while_it_compiles()
    {
        using var network = Network();
        for (var round = 0; round < 3; round++)
        {
            var runner = new NetworkRunner(network, Preset, Engine.OneDnn, ClassifierCompilation.Ahead);
            runner.Dispose();

            Assert.Throws<ObjectDisposedException>(() => runner.TryRun(zeros(2, 3, 32, 32)));
        }
    }

    private static Block Network()
    {
        manual_seed(1);
        var network = ModelZoo.Create("resnet_20", numClasses: 10);
        network.eval();
        return network;
    }

    private static void AssertClose(Tensor expected, Tensor? actual)
    {
        Assert.NotNull(actual);
        Assert.Equal(expected.shape, actual.shape);
        Assert.InRange((actual - expected).abs().max().item<float>(), 0, 1e-5f * expected.abs().max().item<float>());
    }

    /// <summary>Computes what no observer sees.</summary>
    private sealed class Unseen() : Block(nameof(Unseen))
    {
        protected override Tensor Compute(Tensor input) => input.mean([2L, 3L]);
    }
}
