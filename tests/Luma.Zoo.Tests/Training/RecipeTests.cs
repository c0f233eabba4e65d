using System.Text.Json;
using Luma.Zoo.Training;
using Luma.Zoo.Training.Augmentation;

namespace Luma.Zoo.Tests.Training;

public class RecipeTests
{
    private static readonly TrainingOptions Full = new()
    {
        Epochs = 7,
        BatchSize = 5,
        Accumulate = 2,
        Optimizer = new Optimizer.Adam { Decoupled = true, Beta1 = 0.8, Beta2 = 0.95, Epsilon = 1e-7, LearningRate = 3e-4, WeightDecay = 0.05 },
        Warmup = new(2.5, 0.2),
        Schedule = new LearningRateSchedule.OneCycle { Rise = 0.2, Initial = 0.1, Final = 0.01 },
        Loss = new TrainingLoss.CrossEntropy { LabelSmoothing = 0.1, ClassWeights = [1, 2.5] },
        AuxiliaryWeight = 0.4,
        Transform = TrainingTransform.Cifar(32),
        Freeze = ["body", "layer1.*"],
        Unfreeze = [new(3, "layer4")],
        Rules = [new("head", 10, 0.001), new("conv1")],
        LayerDecay = 0.9,
        DecayNormsAndBiases = false,
        ClipNorm = 2,
        Average = new(0.99, 3),
        Patience = 4,
        Seed = 11,
        FeatureCacheBytes = 1000,
    };

    public static TheoryData<string> Ids => [.. ModelZoo.Models.Where((_, place) => place % 5 == 0).Select(model => model.Id)];

    [Fact]
    public void A_recipe_comes_back_as_it_was()
    {
        TrainingOptions[] recipes =
        [
            Full, new(),
            new() { Optimizer = new Optimizer.RmsProp { Alpha = 0.9, Momentum = 0.5 }, Schedule = new LearningRateSchedule.Steps { Parts = 4, Gamma = 0.3 }, Loss = new TrainingLoss.BinaryCrossEntropy { PositiveWeights = [2, 3, 4] } },
            new() { Optimizer = new Optimizer.Sgd { Nesterov = true, Momentum = 0.5 }, Schedule = new LearningRateSchedule.Constant(), Loss = new TrainingLoss.BinaryCrossEntropy() },
        ];

        Assert.All(recipes, recipe => Assert.Equal(recipe, TrainingOptions.FromJson(recipe.ToJson())));
        Assert.Equal(4, recipes.Select(recipe => recipe.ToJson()).Distinct().Count());
    }

    [Fact]
    public void What_a_recipe_does_not_say_is_as_by_default()
    {
        Assert.Equal(new(), TrainingOptions.FromJson("{}"));
        Assert.Equal(
            new TrainingOptions { Epochs = 3, Optimizer = new Optimizer.Adam { Beta1 = 0.5 }, Average = new(0.9) },
            TrainingOptions.FromJson("{ // mine\n \"epochs\": 3, \"optimizer\": {\"kind\": \"adam\", \"beta1\": 0.5}, \"average\": {\"decay\": 0.9}, }"));
    }

    [Theory]
    [InlineData("[]", "expected recipe, an object, got []")]
    [InlineData("{\"epoch\": 3}", "recipe has no member 'epoch': did you mean epochs?")]
    [InlineData("{\"epochs\": 0}", "recipe: epochs: ")]
    [InlineData("{\"epochs\": \"many\"}", "recipe: epochs: it cannot be \"many\"")]
    [InlineData("{\"epochs\": 1, \"epochs\": 2}", "recipe: epochs is there twice")]
    [InlineData("{\"optimizer\": {\"kind\": \"lion\"}}", "there is no optimizer of the kind 'lion': ")]
    [InlineData("{\"optimizer\": {\"kind\": \"sgd\", \"beta1\": 1}}", "sgd has no member 'beta1': ")]
    [InlineData("{\"optimizer\": {\"kind\": \"sgd\", \"momentum\": 2}}", "sgd: momentum: ")]
    [InlineData("{\"optimizer\": {\"kind\": \"adam\", \"epsilon\": 1e-50}}", "adam: epsilon: ")]
    [InlineData("{\"optimizer\": {\"kind\": \"rmsprop\", \"epsilon\": 1e300}}", "rmsprop: epsilon: ")]
    [InlineData("{\"optimizer\": \"sgd\"}", "recipe: optimizer: expected optimizer, an object with a \"kind\"")]
    [InlineData("{\"schedule\": {\"kind\": \"linear\"}}", "there is no schedule of the kind 'linear': known are constant, steps, cosine, one_cycle")]
    [InlineData("{\"loss\": {\"kind\": \"focal\"}}", "there is no loss of the kind 'focal': ")]
    [InlineData("{\"average\": {\"decai\": 1}}", "average has no member 'decai': did you mean decay?")]
    [InlineData("{\"warmup\": {\"epoch\": 1}}", "warmup has no member 'epoch': did you mean epochs?")]
    [InlineData("{\"rules\": [{\"learning_rate_factor\": 1}]}", "rules: pattern: a pattern is missing that says which parameters are meant.")]
    [InlineData("{\"unfreeze\": [3]}", "expected unfreeze, an object, got 3")]
    [InlineData("{\"freeze\": [\"\"]}", "recipe: freeze: a pattern is missing")]
    [InlineData("{\"average\": {\"decay\": 1}}", "average: decay: ")]
    [InlineData("{\"freeze\": null}", "recipe: freeze cannot be null; leave it out instead")]
    [InlineData("{\"unfreeze\": [{\"epoch\": 0, \"pattern\": \"head\"}]}", "unfreeze: ")]
    [InlineData("{\"rules\": [{\"pattern\": \"head\", \"weight_decay\": -1}]}", "rules: ")]
    [InlineData("{\"rules\": [{\"pattern\": \"head\", \"weight_decay\": 1e300}]}", "rules: ")]
    [InlineData("{\"rules\": [{\"pattern\": \"head\", \"learning_rate_factor\": 1e300}]}", "rules: ")]
    [InlineData("{\"auxiliary_weight\": 1e300}", "recipe: auxiliary_weight: ")]
    [InlineData("{\"epochs\": 1", "")]
    public void What_makes_no_sense_is_refused_in_a_sentence(string json, string reason)
    {
        var error = Assert.ThrowsAny<JsonException>(() => TrainingOptions.FromJson(json));

        Assert.StartsWith(reason, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("System.", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("Luma.Zoo", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public void Every_network_has_a_recipe(string id)
    {
        foreach (var pretrained in (bool[])[true, false])
        {
            var recipe = TrainingRecipes.For(id, pretrained);
            recipe.Validate();
            Assert.Equal(recipe, TrainingOptions.FromJson(recipe.ToJson()));
        }
    }

    [Fact]
    public void Two_recipes_with_parts_of_ones_own_are_told_apart_by_all_that_they_say()
    {
        var own = Full with { Optimizer = new OwnAdamax { LearningRate = 0.1 }, Transform = new TrainingTransform { Inputs = [new Spoils(3)] } };

        Assert.Equal(TrainingJson.TextOf(own), TrainingJson.TextOf(own with { }));
        // Features that are kept may differ from others in their last bits.
        Assert.NotEqual(TrainingJson.TextOf(own), TrainingJson.TextOf(own with { FeatureCacheBytes = 5 }));
        Assert.Contains("freeze was [\"body\",\"layer1.*\"] and is [\"head\"]", RecipeDifference.Between(TrainingJson.TextOf(own), TrainingJson.TextOf(own with { Freeze = ["head"] })), StringComparison.Ordinal);
        Assert.NotEqual(TrainingJson.TextOf(own), TrainingJson.TextOf(own with { Optimizer = new OwnAdamax { LearningRate = 0.2 } }));
        Assert.NotEqual(TrainingJson.TextOf(own), TrainingJson.TextOf(own with { Transform = new TrainingTransform { Inputs = [new Spoils(4)] } }));
    }
}
