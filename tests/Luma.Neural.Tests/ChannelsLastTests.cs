using Luma.Neural.Blocks;
using Luma.Neural.Layers;

namespace Luma.Neural.Tests;

[Collection(Generator.Name)]
public class ChannelsLastTests
{
    private static Sequence Network()
    {
        manual_seed(0);
        return
        [
            new ConvNormActivation(3, 8, stride: 2, norm: new BatchNorm2D(8), activation: new ReLU(inPlace: true)),
            new ConvNormActivation(8, 8, groups: 4, norm: new BatchNorm2D(8)),
            new Convolution2D(8, 5, 1),
        ];
    }

    [Fact]
    public void Filters_and_what_is_computed_lie_channels_last_and_the_values_stay()
    {
        using var scope = NewDisposeScope();
        using var plain = Network();
        using var network = Network();
        var images = rand(2, 3, 9, 11);

        Assert.Same(network, network.ToChannelsLast());

        Assert.Equal([27, 1, 9, 3], network.state_dict()["0.0.weight"].stride());
        Assert.All(network.state_dict().Zip(plain.state_dict()), pair =>
        {
            Assert.Equal(pair.Second.Key, pair.First.Key);
            Assert.True(pair.First.Value.equal(pair.Second.Value).all().item<bool>(), pair.First.Key);
        });
        var output = network.call(images);
        Assert.Equal([2, 5, 5, 6], output.shape);
        Assert.Equal([150, 1, 30, 5], output.stride());
        Assert.True(output.allclose(plain.call(images), rtol: 1e-5, atol: 1e-6));
    }

    [Fact]
    public void It_learns_as_before()
    {
        using var scope = NewDisposeScope();
        using var plain = Network();
        using var network = Network().ToChannelsLast();
        var images = rand(2, 3, 9, 11);

        plain.call(images).square().mean().backward();
        network.call(images).square().mean().backward();

        Assert.All(plain.parameters().Zip(network.parameters()), pair =>
            Assert.True(pair.Second.grad!.allclose(pair.First.grad!, rtol: 1e-4, atol: 1e-6)));
    }
}
