using Luma.Neural.Blocks;
using Luma.Neural.Observation;
using Luma.Neural.Operations;

namespace Luma.Neural.Tests;

[Collection(Generator.Name)]
public class ResNetBlockTests
{
    /// <summary>Blocks from 8 channels, how many layers run in one, and its output for an input of (2, 8, 7, 9).</summary>
    private static readonly Dictionary<string, (Func<Block> Make, int Layers, long[] Output)> Blocks = new()
    {
        ["Basic"] = (() => new ResNetBlock.Basic(8, 8), 7, [2, 8, 7, 9]),
        ["Basic, strided"] = (() => new ResNetBlock.Basic(8, 8, stride: 2), 8, [2, 8, 4, 5]),
        ["Basic, projected"] = (() => new ResNetBlock.Basic(8, 12), 8, [2, 12, 7, 9]),
        ["Basic, padded"] = (() => new ResNetBlock.Basic(8, 12, stride: 2, ResNetShortcut.ZeroPadding), 6, [2, 12, 4, 5]),
        ["Bottleneck"] = (() => new ResNetBlock.Bottleneck(8, 2), 10, [2, 8, 7, 9]),
        ["Bottleneck, projected"] = (() => new ResNetBlock.Bottleneck(8, 3, stride: 2), 11, [2, 12, 4, 5]),
        ["Bottleneck, stride first"] = (() => new ResNetBlock.Bottleneck(8, 3, stride: 2, strideFirst: true), 11, [2, 12, 4, 5]),
        ["Bottleneck, grouped"] = (() => new ResNetBlock.Bottleneck(8, 32, groups: 4, baseWidth: 4), 11, [2, 128, 7, 9]),
        ["Bottleneck, dilated"] = (() => new ResNetBlock.Bottleneck(8, 2, dilation: 2), 10, [2, 8, 7, 9]),
        ["PreActivation"] = (() => new ResNetBlock.PreActivation(8, 2), 10, [2, 8, 7, 9]),
        ["PreActivation, projected"] = (
            () => new ResNetBlock.PreActivation(8, 3, stride: 2, activated: ResNetBlock.Activated.Both), 10, [2, 12, 4, 5]),
        ["PreActivation, activated"] = (
            () => new ResNetBlock.PreActivation(8, 2, activated: ResNetBlock.Activated.Neither), 8, [2, 8, 7, 9]),
        ["PreActivation, basic"] = (() => new ResNetBlock.PreActivation(8, 8, bottleneck: false), 7, [2, 8, 7, 9]),
    };

    public static TheoryData<string> Names => [.. Blocks.Keys];

    [Theory, MemberData(nameof(Names))]
    public void As_many_layers_run_as_the_table_says(string name)
    {
        using var scope = NewDisposeScope();
        using var block = Blocks[name].Make();
        var counter = new LayerCounter();
        using (ForwardPass.Observe(counter)) Assert.Equal(Blocks[name].Output, block.call(randn(2, 8, 7, 9)).shape);

        Assert.Equal(Blocks[name].Layers, counter.Layers);
        Assert.Equal(1, counter.Sums);
    }

    [Theory, MemberData(nameof(Names))]
    public void The_input_keeps_its_values(string name)
    {
        using var scope = NewDisposeScope();
        using var block = Blocks[name].Make();
        var input = randn(2, 8, 7, 9).requires_grad_();
        var before = input.detach().clone();

        block.call(input).sum().backward();

        Assert.True(input.equal(before).all().item<bool>());
        Assert.NotNull(input.grad);
    }

    [Fact]
    public void Without_a_branch_the_shortcut_is_activated()
    {
        using var scope = NewDisposeScope();
        using var block = new ResNetBlock.Basic(4, 4);
        using (no_grad()) block.LastNorm.Weight!.zero_();
        var input = randn(2, 4, 5, 5);

        Assert.True(block.call(input).equal(input.relu()).all().item<bool>());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_zero_padded_shortcut_is_every_so_many_pixels_and_zeros(long stride)
    {
        using var scope = NewDisposeScope();
        using var shortcut = new ZeroPaddedShortcut(3, 5, stride);
        var input = randn(2, 3, 6, 7);

        var output = shortcut.call(input);

        Assert.Equal([2, 5, (6 + stride - 1) / stride, (7 + stride - 1) / stride], output.shape);
        foreach (var (n, c, h, w) in
            from n in Enumerable.Range(0, 2)
            from c in Enumerable.Range(0, 5)
            from h in Enumerable.Range(0, (int)output.shape[2])
            from w in Enumerable.Range(0, (int)output.shape[3])
            select (n, c, h, w))
            Assert.Equal(c < 3 ? input[n, c, h * stride, w * stride].item<float>() : 0, output[n, c, h, w].item<float>());
    }

    [Fact]
    public void Zeros_cannot_make_fewer_channels() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new ResNetBlock.Basic(8, 4, shortcut: ResNetShortcut.ZeroPadding));

    [Fact]
    public void A_block_says_what_it_maps_to_what()
    {
        using var bottleneck = new ResNetBlock.Bottleneck(64, 32);
        using var preActivation = new ResNetBlock.PreActivation(64, 32);

        Assert.Equal("ResNetBlock.Bottleneck(64 -> 128)", bottleneck.ToString());
        Assert.Equal("ResNetBlock.PreActivation(64 -> 128)", preActivation.ToString());
    }

    private sealed class LayerCounter : IForwardObserver
    {
        public int Layers { get; private set; }

        public int Sums { get; private set; }

        public void Entered(NeuralModule module, Tensor input) => Layers += module is Layer ? 1 : 0;

        public void Ran(Operation operation, ReadOnlySpan<Tensor?> inputs, Tensor output) => Sums += operation is Operation.Add ? 1 : 0;
    }
}
