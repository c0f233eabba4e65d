using Luma.Neural.Layers;
using Luma.Neural.Operations;

namespace Luma.Neural.Tests;

public class DenseProductTests
{
    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 1)]
    [InlineData(true, 300)]
    [InlineData(true, 2, 197)]
    [InlineData(false, 4, 7, 7)]
    [InlineData(true, 2, 1, 3, 5)]
    public void A_convolution_is_the_product(bool hasBias, params int[] leading)
    {
        using var scope = NewDisposeScope();
        var shape = leading.Select(size => (long)size).ToArray();
        var (input, weight, bias) = (randn([.. shape, 48]), randn(80, 48), hasBias ? randn(80) : null);

        var output = DenseProduct.ByConvolution(input, weight, bias);

        Assert.Equal([.. shape, 80], output.shape);
        Assert.True(output.is_contiguous());
        AssertClose(nn.functional.linear(input.to(float64), weight.to(float64), bias?.to(float64)), output);
    }

    [Theory]
    [InlineData(191)]
    [InlineData(192)]
    [InlineData(1000)]
    public void A_layer_gives_the_product_whether_or_not_gradients_are_recorded(long rows)
    {
        using var scope = NewDisposeScope();
        using var layer = new Dense(48, 80);
        var input = randn(2, rows, 96);
        // Numbers that lie apart, rows that lie apart, and all side by side.
        foreach (var view in (Tensor[])[input.slice(2, 0, 96, 2), input.narrow(2, 0, 48), input.narrow(2, 0, 48).contiguous()])
        {
            var expected = nn.functional.linear(view.to(float64), layer.Weight.to(float64), layer.Bias!.to(float64));
            var recorded = layer.call(view);
            Assert.True(recorded.requires_grad);
            AssertClose(expected, recorded);
            using var inference = inference_mode();
            AssertClose(expected, layer.call(view));
        }
    }

    private static void AssertClose(Tensor expected, Tensor actual)
    {
        var difference = (actual - expected).abs().max().ToDouble() / expected.abs().max().ToDouble();
        Assert.True(difference < 1e-6, $"differs by {difference:e1}");
    }
}
