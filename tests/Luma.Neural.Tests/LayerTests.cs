using Luma.Neural.Layers;

namespace Luma.Neural.Tests;

public class LayerTests
{
    [Fact]
    public void A_wrong_channel_count_says_what_was_expected_and_what_came()
    {
        using var layer = new Convolution2D(3, 64, 7);
        using var input = zeros(1, 4, 224, 224);

        var error = Assert.Throws<ArgumentException>(() => layer.call(input));

        Assert.Equal("Convolution2D(3 -> 64): expected (N, 3, H, W), got (1, 4, 224, 224)", error.Message);
    }
}
