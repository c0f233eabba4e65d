using Luma.Zoo.Models;
using Luma.Zoo.Tests.Weights;
using Luma.Zoo.Weights;

namespace Luma.Zoo.Tests.Models;

public class LeNetTests
{
    [Theory]
    [InlineData("lenet_5", "lenet_5_conv")]
    [InlineData("lenet_5_conv", "lenet_5")]
    public void Either_LeNet_5_takes_the_others_weights_and_answers_alike(string from, string to)
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        var file = folder.File("weights.safetensors");
        manual_seed(2);
        using var source = ModelZoo.Create(from);
        StateDict.Of(source).Save(file);
        using var target = ModelZoo.Create(to, weights: file);
        var digits = rand(4, 1, 32, 32);

        var (expected, actual) = (source.call(digits), target.call(digits));

        Assert.True(actual.allclose(expected, rtol: 1e-6, atol: 1e-6));
    }

    [Fact]
    public void There_and_back_again_gives_the_same_names_shapes_and_numbers()
    {
        using var scope = NewDisposeScope();
        using var dense = new LeNet_5();
        using var weights = StateDict.Of(dense);
        using var there = ModelZoo.Find("lenet_5_conv").Variant.Adapt(weights, null!);
        using var back = ModelZoo.Find("lenet_5").Variant.Adapt(there!, null!);

        Assert.Equal(weights.Names, back!.Names);
        foreach (var entry in weights.Entries) Assert.True(entry.ToTensor().eq(back[entry.Name].ToTensor()).all().item<bool>(), entry.Name);
    }

    [Fact]
    public void Weights_that_fit_already_are_left_alone()
    {
        using var dense = new LeNet_5();
        using var convolutional = new LeNet_5_Conv();
        using var of = StateDict.Of(dense);
        using var other = StateDict.Of(convolutional);

        Assert.Null(ModelZoo.Find("lenet_5").Variant.Adapt(of, dense));
        Assert.Null(ModelZoo.Find("lenet_5_conv").Variant.Adapt(other, convolutional));
    }
}
