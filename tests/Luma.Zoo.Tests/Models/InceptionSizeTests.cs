using Luma.Neural;

namespace Luma.Zoo.Tests.Models;

/// <summary>The Inception networks on images of other sizes than the papers'.</summary>
public class InceptionSizeTests
{
    [Theory]
    [InlineData("googlenet", 15)]
    [InlineData("inception_v3", 75)]
    [InlineData("inceptionnet_v1", 31)]
    [InlineData("inceptionnet_v2", 75)]
    [InlineData("inceptionnet_v3", 75)]
    [InlineData("inceptionnet_v4", 75)]
    [InlineData("inceptionresnet_v1", 75)]
    [InlineData("inceptionresnet_v2", 75)]
    public void The_least_image_and_other_channels_and_sides_are_taken(string id, long least)
    {
        using var skip = Initializers.Skip();
        using var scope = NewDisposeScope();
        using var network = ModelZoo.Create(id, numClasses: 3, inChannels: 1);
        network.eval();
        using var inference = inference_mode();

        Assert.Equal([2, 3], network.call(zeros(2, 1, least, least)).shape);
        Assert.Equal([1, 3], network.call(zeros(1, 1, least + 32, least + 9)).shape);
        if (id != "googlenet") Assert.ThrowsAny<Exception>(() => network.call(zeros(1, 1, least - 1, least - 1)));
    }
}
