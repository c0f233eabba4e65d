using Luma.Neural;
using Luma.Neural.Layers;

namespace Luma.Zoo.Tests.Models;

/// <summary>Every network of the catalogue against Python's.</summary>
[Collection(nameof(WholeCatalogue))]
public class ModelGoldenTests
{
    public static TheoryData<string> All => [.. ModelGolden.Ids];

    public static TheoryData<string> Ids => Catalogue.UpTo(30_000_000, deepest: true);

    public static TheoryData<string> IdsWithStep => Catalogue.UpTo(100_000_000, model => ModelGolden.Load(model.Id).Step is not null, deepest: true);

    public static TheoryData<string> IdsWithResize => [.. ModelGolden.Ids.Where(id => ModelGolden.Load(id).Resized is not null)];

    [Fact]
    public void Every_network_of_the_catalogue_has_a_golden() =>
        Assert.Equal(ModelZoo.Models.Select(model => model.Id).Order(), ModelGolden.Ids);

    [Theory, Trait("Category", "Slow"), MemberData(nameof(All))]
    public void The_state_dict_has_pythons_keys_shapes_types_and_order(string id)
    {
        using var skip = Initializers.Skip();
        using var network = ModelZoo.Create(id, ModelGolden.Classes);

        Assert.Equal(ModelGolden.Load(id).Keys, ModelGolden.KeysOf(network));
    }

    [Theory, Trait("Category", "Slow"), MemberData(nameof(Ids))]
    public void The_same_weights_give_pythons_output(string id)
    {
        var golden = ModelGolden.Load(id);

        Assert.InRange(ModelGolden.Difference(golden.Weighted.Output, Evaluate(golden, golden.Input, golden.Weighted.Double)), 0, 2e-5);
    }

    [Theory, Trait("Category", "Slow"), MemberData(nameof(IdsWithResize))]
    public void At_another_size_the_same_weights_give_pythons_output(string id)
    {
        var golden = ModelGolden.Load(id);
        var resized = golden.Resized!;

        var output = Evaluate(golden, [golden.Input[0], resized.Height, resized.Width]);

        Assert.InRange(ModelGolden.Difference(resized.Output, output), 0, 1e-3);
    }

    [Theory, Trait("Category", "Slow"), MemberData(nameof(IdsWithStep))]
    public void A_training_step_gives_pythons_loss_gradients_and_running_statistics(string id)
    {
        using var scope = NewDisposeScope();
        var golden = ModelGolden.Load(id);
        var step = golden.Step!;
        using var generator = new Generator(1);
        using var network = golden.Build(generator);
        var images = ModelGolden.DrawImages(step.Batch, [golden.Input[0], step.Side, step.Side], generator);
        var labels = arange(step.Batch).remainder(ModelGolden.Classes);

        network.to(float64);
        images = images.to(float64);

        // As the script does: without what is dropped at random, which depends on how libtorch was built.
        network.train();
        foreach (var dropout in network.modules().Where(module => module is Dropout or StochasticDepth)) dropout.eval();
        var loss = ModelGolden.LossOf(network, images, labels);
        loss.backward();

        Assert.Equal(step.Loss, loss.to(float64).item<double>(), 1e-5 * Math.Abs(step.Loss));
        var gradients = network.named_parameters().ToDictionary(entry => entry.name, entry => ModelGolden.Digest(entry.parameter.grad!));
        AssertSame(step.Gradients, gradients);
        var buffers = network.named_buffers().Where(entry => entry.buffer.is_floating_point())
            .ToDictionary(entry => entry.name, entry => ModelGolden.Digest(entry.buffer));
        AssertSame(step.Buffers, buffers);
    }

    private static float[] Evaluate(ModelGolden golden, long[] shape, bool inDouble = false)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1);
        using var network = golden.Build(generator);
        var images = ModelGolden.DrawImages(2, shape, generator);
        network.eval();
        if (inDouble)
        {
            network.to(float64);
            images = images.to(float64);
        }
        using var inference = inference_mode();
        return network.call(images).to(float32).data<float>().ToArray();
    }

    private static void AssertSame(Dictionary<string, double[]> expected, Dictionary<string, double[]> actual)
    {
        Assert.Equal(expected.Keys.Order(), actual.Keys.Order());

        // What a norm cancels has no gradient, but for rounding.
        var nothing = 1e-10 * expected.Values.Select(numbers => numbers[0]).DefaultIfEmpty().Max();
        foreach (var (name, numbers) in expected)
        {
            // The norms must agree; single elements to the scale of the tensor's norm.
            for (var i = 0; i < numbers.Length; i++)
                Assert.True(
                    Math.Abs(numbers[i] - actual[name][i]) <= nothing + (1e-4 * Math.Max(Math.Abs(numbers[i]), numbers[0])),
                    $"{name}: {numbers[i]} and {actual[name][i]}");
        }
    }
}
