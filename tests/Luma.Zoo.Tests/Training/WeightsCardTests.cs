using System.Security.Cryptography;
using System.Text.Json;
using Luma.Zoo.Models;
using Luma.Zoo.Training;
using Luma.Zoo.Training.Augmentation;
using Luma.Zoo.Training.Data;
using Luma.Zoo.Weights;

namespace Luma.Zoo.Tests.Training;

/// <summary>The weights that this project trained, and the card that says how.</summary>
public class WeightsCardTests
{
    private static readonly JsonElement Card = JsonDocument.Parse(ZooData.Open("weights/lenet_5-mnist.json")).RootElement;

    [Fact]
    public void The_card_has_the_size_and_the_hash_of_the_file()
    {
        using var file = ZooData.Open($"weights/{Card.GetProperty("file").GetString()}");

        Assert.Equal(file.Length, Card.GetProperty("bytes").GetInt64());
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(file)), Card.GetProperty("sha256").GetString());
    }

    [Fact]
    public void The_weights_fit_the_network_and_are_finite()
    {
        using var model = new LeNet_5();
        using var file = ZooData.Open("weights/lenet_5-mnist.safetensors");
        using var weights = StateDict.Read(file, "lenet_5-mnist.safetensors");

        model.Load(weights);

        Assert.Equal(Card.GetProperty("parameters").GetInt64(), model.parameters().Sum(parameter => parameter.numel()));
        Assert.All(model.named_parameters(), pair => Assert.All(pair.parameter.detach().data<float>().ToArray(), x => Assert.True(float.IsFinite(x), pair.name)));
    }

    [Fact]
    public void The_card_tells_the_recipe_of_the_code()
    {
        var (recipe, told) = (TrainingRecipes.For("lenet_5"), Card.GetProperty("recipe"));
        var (sgd, optimizer) = (Assert.IsType<Optimizer.Sgd>(recipe.Optimizer), told.GetProperty("optimizer"));
        var (distortion, augmentation) = (Assert.IsType<DigitDistortion>(Assert.Single(recipe.Transform!.Inputs)), told.GetProperty("augmentation"));

        Assert.Equal(recipe.Epochs, told.GetProperty("epochs").GetInt32());
        Assert.Equal(recipe.BatchSize, told.GetProperty("batch_size").GetInt32());
        Assert.Equal(new LearningRateSchedule.Cosine(), recipe.Schedule);
        Assert.Null(recipe.Loss);
        Assert.Equal(
            (sgd.LearningRate, sgd.Momentum, sgd.Nesterov, sgd.WeightDecay),
            (optimizer.GetProperty("learning_rate").GetDouble(), optimizer.GetProperty("momentum").GetDouble(),
                optimizer.GetProperty("nesterov").GetBoolean(), optimizer.GetProperty("weight_decay").GetDouble()));
        Assert.Equal(
            (distortion.Rotation, distortion.Shift, distortion.Scale, distortion.Shear, distortion.Warp),
            (augmentation.GetProperty("rotation_degrees").GetDouble(), augmentation.GetProperty("shift_pixels").GetDouble(),
                augmentation.GetProperty("scale").GetDouble(), augmentation.GetProperty("shear").GetDouble(), augmentation.GetProperty("warp_pixels").GetDouble()));
    }

    [Fact]
    public void The_weights_are_right_on_the_sample_digits()
    {
        using var classifier = ModelZoo.CreateClassifier("lenet_5");
        var digits = Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Digits"), "digit-*.png");

        Assert.Equal(20, digits.Length);
        Assert.All(digits, path => Assert.Equal(Path.GetFileName(path).Split('-')[1], classifier.Classify(path)[0].Label));
    }

    [SharedFact("data/mnist/t10k-images-idx3-ubyte.gz", "data/mnist/t10k-labels-idx1-ubyte.gz")]
    public void The_weights_are_right_on_as_many_test_images_as_the_card_says()
    {
        var measured = Card.GetProperty("measured");
        using var network = ModelZoo.Create("lenet_5", weights: ModelZoo.DefaultWeights);
        var test = MnistDataset.Load(SharedFiles.Find("data/mnist")!, MnistPart.Test);

        var evaluation = new Evaluator(network, ModelZoo.Weights("lenet_5")[0].Preset).Run(test, null, CancellationToken.None);

        Assert.Equal(measured.GetProperty("test_images").GetInt32(), test.Count);
        Assert.Equal(measured.GetProperty("test_accuracy").GetDouble(), evaluation.Accuracy);
    }
}
