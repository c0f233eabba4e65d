using Luma.Neural;
using Luma.Zoo.Models;

namespace Luma.Zoo.Tests.Models;

/// <summary>What torch's generator decides, against Python's: the first weights of every network of the catalogue, and what it drops in training.</summary>
public class DrawnModelGoldenTests
{
    public static TheoryData<string> Ids => Catalogue.UpTo(30_000_000, deepest: true);

    public static TheoryData<string> IdsWithStepDrawn => [.. ModelGolden.Ids.Where(id => ModelGolden.Load(id).StepDrawn is not null)];

    private static ModelOptions Drops { get; } = new() { NumClasses = ModelGolden.Classes, Dropout = 0.1, AttentionDropout = 0.1 };

    // What the script calls DROPPING: networks that drop nothing by default, or not everywhere.
    private static Dictionary<string, Func<Block>> Dropping { get; } = new()
    {
        ["densenet121"] = () => new DenseNet(DenseNet.Plans["densenet121"], new() { NumClasses = ModelGolden.Classes, Dropout = 0.1 }),
        ["maxvit_t"] = () => new MaxVit(MaxVit.Plans["maxvit_t"], Drops),
        ["swin_t"] = () => new SwinTransformer(SwinTransformer.Plans["swin_t"], Drops),
        ["swin_v2_t"] = () => new SwinTransformer(SwinTransformer.Plans["swin_v2_t"], Drops),
        ["vit_b_32"] = () => new VisionTransformer(VisionTransformer.Plans["vit_b_32"], Drops),
    };

    [Theory, Trait("Category", "Slow"), MemberData(nameof(Ids))]
    public void The_same_seed_gives_pythons_weights_and_output(string id)
    {
        using var scope = NewDisposeScope();
        var golden = ModelGolden.Load(id);

        manual_seed(0);
        using var network = ModelZoo.Create(id, ModelGolden.Classes);
        var drawn = ModelGolden.DrawnBy(network);
        var image = rand([1, .. golden.Input]);
        network.train(golden.SeededInTraining);
        if (golden.SeededInTraining)
        {
            network.to(float64);
            image = image.to(float64);
        }
        using var inference = inference_mode();
        var output = network.call(image).to(float32).data<float>().ToArray();

        Assert.Equal(golden.Drawn, drawn, 1e-7 * golden.Drawn);
        Assert.InRange(ModelGolden.Difference(golden.Seeded, output), 0, 1e-5);
    }

    [Theory, Trait("Category", "Slow"), MemberData(nameof(IdsWithStepDrawn))]
    public void A_training_step_drops_what_pythons_drops(string id)
    {
        using var scope = NewDisposeScope();
        var golden = ModelGolden.Load(id);
        var step = golden.StepDrawn!;
        using var skip = Initializers.Skip();
        using var network = Dropping.TryGetValue(id, out var build) ? build() : ModelZoo.Create(id, ModelGolden.Classes);
        manual_seed(1);
        ModelGolden.Fill(network, golden.Weighted.Gain);
        var images = ModelGolden.DrawImages(step.Batch, [golden.Input[0], step.Side, step.Side]).to(float64);
        var labels = arange(step.Batch).remainder(ModelGolden.Classes);

        network.to(float64);
        network.train();
        var loss = ModelGolden.LossOf(network, images, labels);
        loss.backward();
        var gradients = network.named_parameters().Select((entry, i) => (i + 1) * entry.parameter.grad!.norm().item<double>()).Sum();

        Assert.Equal(step.Next, rand([]).item<float>());
        Assert.Equal(step.Loss, loss.item<double>(), 1e-6 * step.Loss);
        Assert.Equal(step.Gradients, gradients, 1e-5 * step.Gradients);
    }
}
