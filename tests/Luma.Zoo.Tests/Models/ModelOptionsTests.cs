using Luma.Neural;
using Luma.Neural.Blocks;
using Luma.Neural.Layers;

namespace Luma.Zoo.Tests.Models;

/// <summary>What may be chosen about a network is chosen, and what may not is refused.</summary>
public class ModelOptionsTests
{
    // For each choice, what it is in a network that has it.
    private static readonly Dictionary<string, (ModelOptions Options, Func<Block, bool> Took)> Choices = new()
    {
        [nameof(ModelOptions.Config)] = (new() { Config = ModelConfig.Luma }, _ => true),
        [nameof(ModelOptions.ImageSize)] = (new() { ImageSize = 448 }, _ => true),
        [nameof(ModelOptions.Dropout)] = (new() { Dropout = 0.625 }, network => network.modules().OfType<Dropout>().Any(layer => layer.Probability == 0.625)),
        [nameof(ModelOptions.AttentionDropout)] = (
            new() { AttentionDropout = 0.625 },
            network => network.modules().Any(module => module is MultiheadAttention { Dropout: 0.625 } or Dropout { Probability: 0.625 }) || IsSwin(network)),
        [nameof(ModelOptions.StochasticDepth)] = (
            new() { StochasticDepth = 0.625 }, network => network.modules().OfType<StochasticDepth>().Max(layer => layer.Probability) is > 0.5 and <= 0.625),
        [nameof(ModelOptions.AuxiliaryHeads)] = (new() { AuxiliaryHeads = true }, network => network is AuxiliaryNetwork { HasAuxiliaries: true }),
        [nameof(ModelOptions.TransformInput)] = (new() { TransformInput = true }, network => network.named_children().First().name == "transform_input"),
        [nameof(ModelOptions.Shortcut)] = (
            new() { Shortcut = ResNetShortcut.ZeroPaddingAround },
            network => network.modules().OfType<ZeroPaddedShortcut>().Any() || network.modules().All(module => module is not (ResNetBlock.Basic or ResNetBlock.Bottleneck))),
    };

    public static TheoryData<string> Ids => [.. ModelZoo.Models.Select(model => model.Id)];

    [Theory, Trait("Category", "Slow"), MemberData(nameof(Ids))]
    public void A_choice_is_taken_or_refused_by_name(string id)
    {
        using var skip = Initializers.Skip();
        foreach (var (choice, (options, took)) in Choices)
        {
            Block network;
            try
            {
                network = ModelZoo.Create(id, options);
            }
            catch (ArgumentException error)
            {
                Assert.Contains($"({choice})", error.Message, StringComparison.Ordinal);
                Assert.Equal("options", error.ParamName);
                continue;
            }
            using var made = network;
            Assert.True(took(made), choice);

            // A network for one size of images has weights for it.
            if (choice != nameof(ModelOptions.ImageSize)) continue;
            using var standard = ModelZoo.Create(id);
            Assert.NotEqual(ModelGolden.KeysOf(standard), ModelGolden.KeysOf(network));
        }
    }

    [Theory]
    [InlineData("resnet50", "resnet50 has no auxiliary heads (AuxiliaryHeads).")]
    [InlineData("vgg16", "has no auxiliary heads (AuxiliaryHeads).")]
    public void A_refusal_says_what_the_network_lacks(string id, string message)
    {
        var error = Assert.ThrowsAny<ArgumentException>(() => ModelZoo.Create(id, new ModelOptions { AuxiliaryHeads = false }));

        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    // Swin's attention keeps the probability to itself; its training goldens prove it.
    private static bool IsSwin(Block network) => network.GetType().Name.StartsWith("Swin", StringComparison.Ordinal);
}
