using System.Text.Json;
using Luma.Neural;
using Luma.Zoo.Images;
using Luma.Zoo.Inference;
using Luma.Zoo.Tests.Models;

namespace Luma.Zoo.Tests.Inference;

/// <summary>Features against what scripts/goldens_features.py saw in torchvision.</summary>
[Collection(nameof(WholeCatalogue))]
public class EmbeddingTests
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    private static readonly Dictionary<string, Golden> Goldens = JsonSerializer.Deserialize<Dictionary<string, Golden>>(
        File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Goldens", "features.json")), Json)!;

    private static readonly EmbedOptions Positions = new() { Kind = EmbeddingKind.Positions };

    public static TheoryData<string> Ids => [.. Goldens.Keys];

    public static TheoryData<string> Torchvision => Catalogue.UpTo(30_000_000, model => ModelZoo.FindWeights(model.Id, "DEFAULT") is not null && model.InputShape.Channels == 3);

    [Theory, Trait("Category", "Slow"), MemberData(nameof(Ids))]
    public async Task Features_are_those_that_a_hook_sees_in_torchvision(string id)
    {
        var golden = Goldens[id];
        using var generator = new Generator(1);
        using var network = Build(id, golden.Gain, generator);
        using var images = ModelGolden.DrawImages(2, golden.Input, generator);
        using var classifier = Over(network, (int)golden.Input[1]);
        ImageItem[] items = [Item(images, 0), Item(images, 1)];

        var pooled = await classifier.EmbedManyAsync(items).ToListAsync();
        var positions = await classifier.EmbedManyAsync(items, Positions).ToListAsync();

        Assert.Equal([0, 1], pooled.Select(result => (int)result.Key!));
        Check(golden.Positions, positions);
        if (golden.Head.Shape.Length == 2) Check(golden.Head, pooled);
        else Check(golden.Head, positions);
        Assert.All(pooled, result => Assert.Equal([golden.Head.Shape[1]], result.Embedding!.Shape));
    }

    /// <summary>A head that is a convolution sees positions; their mean is the vector.</summary>
    [Fact]
    public void The_vector_of_a_convolutional_head_is_the_mean_over_the_positions()
    {
        using var network = SmallNetwork.Build("squeezenet1_1", out _);
        using var image = SmallNetwork.DrawImages(1, [3, 65, 65])[0];
        using var classifier = Over(network, 65, SmallNetwork.Classes);

        var pooled = classifier.Embed(ImageSource.FromTensor(image));
        var positions = classifier.Embed(ImageSource.FromTensor(image), Positions);

        Assert.Equal(3, positions.Shape.Count);
        var plane = (int)(positions.Shape[1] * positions.Shape[2]);
        Assert.All(positions.Values.Chunk(plane).Index(), channel => Assert.Equal(channel.Item.Average(), pooled.Values[channel.Index], 1e-5f));
    }

    /// <summary>What goes into the last layer gives the classes when that layer is applied to it.</summary>
    [Theory, Trait("Category", "Slow"), MemberData(nameof(Torchvision))]
    public void The_last_layer_makes_the_classes_of_the_features_of_every_network(string id)
    {
        using var scope = NewDisposeScope();
        using var network = SmallNetwork.BuildAtFullSize(id);
        var (channels, height, _) = ModelZoo.Find(id).Variant.InputShape;
        var side = ModelGolden.SmallestInput(id)[1];
        if (id.StartsWith("vit_", StringComparison.Ordinal) || id == "maxvit_t") side = height;
        using var image = SmallNetwork.DrawImages(1, [channels, side, side])[0];
        using var classifier = Over(network, side, SmallNetwork.Classes);

        var pooled = classifier.Embed(ImageSource.FromTensor(image));
        var positions = classifier.Embed(ImageSource.FromTensor(image), Positions);
        var logits = classifier.ClassifyBatch(image, new ClassifyOptions { Scores = ScoreKind.Logits, Top = SmallNetwork.Classes })[0]
            .OrderBy(prediction => prediction.Index).Select(prediction => prediction.Probability).ToArray();

        var (name, head) = network.named_parameters().Where(entry => entry.parameter.dim() >= 2 && entry.name.EndsWith("weight", StringComparison.Ordinal)).Last();
        // MaxViT's last layer has no bias.
        var bias = network.named_parameters().FirstOrDefault(entry => entry.name == $"{name[..^"weight".Length]}bias").parameter;
        Assert.Equal([head.size(1)], pooled.Shape);
        Assert.InRange(positions.Shape.Count, 2, 3);
        Assert.InRange(positions.Values.Length, pooled.Values.Length, int.MaxValue);
        // Between SqueezeNet's last convolution and its classes there is a rectifier.
        if (head.dim() != 2) return;
        var product = tensor(pooled.Values).matmul(head.t());
        var expected = (bias is null ? product : product.add(bias)).data<float>().ToArray();
        var scale = expected.Max(Math.Abs) + 1e-6f;
        Assert.All(expected.Zip(logits), pair => Assert.InRange(Math.Abs(pair.First - pair.Second) / scale, 0, 1e-4f));
    }

    [Fact, Trait("Category", "Slow")]
    public async Task Every_way_in_gives_the_same_features_and_leaves_no_tensor()
    {
        using var network = SmallNetwork.Build("resnet18", out _);
        using var classifier = new Classifier(network, new() { ResizeSize = [40], CropSize = [33] }, [.. Enumerable.Range(0, SmallNetwork.Classes).Select(i => $"{i}")]);
        var path = Images.ImageGoldens.Sample("rgb-444.jpg");

        var expected = classifier.Embed(path);
        var unit = classifier.Embed(path, new EmbedOptions { Normalize = true });
        var again = await classifier.EmbedAsync(path);
        var many = await classifier.EmbedManyAsync([new(1, path), new(2, "nowhere.jpg")]).ToListAsync();

        Assert.Equal([512], expected.Shape);
        Assert.Equal(expected.Values, again.Values);
        Assert.Equal(1, unit.Values.Sum(value => value * value), 1e-4f);
        Assert.Equal([512, 2, 2], classifier.Embed(path, Positions).Shape);
        Assert.Equal("nowhere.jpg: there is no such file", many[1].Error!.Message);
        Assert.Null(many[1].Embedding);
        Assert.Equal(512, many[0].Embedding!.Values.Length);
    }

    [Fact]
    public void An_embedding_says_its_shape_and_first_values()
    {
        Assert.Equal("(2, 1, 3): 0.1235, 2, 0, -1E+10, ...", new Embedding([2, 1, 3], [0.12345f, 2, 0, -1e10f, 5, 6]).ToString());
        Assert.Equal("(1): 1", new Embedding([1], [1]).ToString());
    }

    private static Block Build(string id, double gain, Generator generator)
    {
        using var skip = Initializers.Skip();
        var network = ModelZoo.Create(id, new ModelOptions { NumClasses = ModelGolden.Classes, AuxiliaryHeads = id == "googlenet" ? false : null });
        ModelGolden.Fill(network, gain, generator);
        return network;
    }

    private static ImageItem Item(Tensor images, int place) => new(place, ImageSource.FromTensor(images[place]));

    private static Classifier Over(NeuralModule network, int side, int classes = ModelGolden.Classes) =>
        new(network, new() { ResizeSize = [side], CropSize = [side] }, [.. Enumerable.Range(0, classes).Select(i => $"{i}")]);

    private static void Check(Digest expected, List<EmbeddedImage> results)
    {
        Assert.All(results, result => Assert.Equal(expected.Shape[1..], result.Embedding!.Shape));
        var values = results.SelectMany(result => result.Embedding!.Values).ToArray();
        Assert.InRange(Math.Sqrt(values.Sum(value => (double)value * value)) / expected.Norm, 1 - 5e-4, 1 + 5e-4);
        Assert.InRange(values.Sum(value => Math.Abs((double)value)) / expected.Sum, 1 - 5e-4, 1 + 5e-4);
        var scale = expected.Norm / Math.Sqrt(values.Length);
        Assert.All(expected.Values.Index(), value => Assert.InRange(Math.Abs(values[value.Index * expected.Every] - value.Item) / scale, 0, 1e-2));
    }

    private sealed record Golden(double Gain, long[] Input, Digest Head, Digest Positions);

    private sealed record Digest(long[] Shape, double Norm, double Sum, int Every, double[] Values);
}
