using System.Text.Json;
using Luma.Neural;
using Luma.Neural.Blocks;
using Luma.Zoo.Tests.Models;
using Luma.Zoo.Weights;
using Luma.Zoo.Weights.KeyMaps;

namespace Luma.Zoo.Tests.Weights;

/// <summary>Files as torchvision publishes or published them, which do not have the names and shapes of today's networks.</summary>
public class OldFileTests
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    private static readonly Golden Expected = JsonSerializer.Deserialize<Golden>(
        File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Goldens", "published.json")), Json)!;

    public static TheoryData<int> Resizings => [.. Enumerable.Range(0, Expected.Positions.Length)];

    [Fact]
    public void Dotted_names_of_densenet_become_torchvisions()
    {
        var old = StateDict.Of(Expected.DenseNet.Keys.Select(name => KeyValuePair.Create(name, zeros(1))));

        using var adapted = ModelZoo.Find("densenet121").Variant.Adapt(old, null!);

        Assert.Equal(Expected.DenseNet.Values, adapted!.Names);
    }

    [Fact]
    public void A_densenet_loads_a_file_with_dotted_names_and_without_counters()
    {
        using var scope = NewDisposeScope();
        using var network = Filled("densenet121");
        var old = StateDict.Of(network).Entries
            .Where(entry => !entry.Name.EndsWith("num_batches_tracked", StringComparison.Ordinal))
            .Select(entry => KeyValuePair.Create(Dot(entry.Name), entry.ToTensor()));

        AssertLoads("densenet121", network, StateDict.Of(old));

        static string Dot(string name) => name
            .Replace(".norm1.", ".norm.1.", StringComparison.Ordinal).Replace(".norm2.", ".norm.2.", StringComparison.Ordinal)
            .Replace(".conv1.", ".conv.1.", StringComparison.Ordinal).Replace(".conv2.", ".conv.2.", StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_has_a_tensor_under_both_names_is_refused()
    {
        const string Layer = "features.denseblock1.denselayer1";
        var both = StateDict.Of([KeyValuePair.Create($"{Layer}.norm.1.weight", zeros(1)), KeyValuePair.Create($"{Layer}.norm1.weight", zeros(1))], "both.pth");

        var error = Assert.Throws<WeightFileException>(() => ModelZoo.Find("densenet121").Variant.Adapt(both, null!));

        Assert.Equal($"both.pth: '{Layer}.norm.1.weight' and '{Layer}.norm1.weight' are both '{Layer}.norm1.weight'.", error.Message);
    }

    [Theory]
    [InlineData("googlenet", "aux1.")]
    [InlineData("inception_v3", "AuxLogits.")]
    public void Auxiliary_heads_are_dropped_where_the_network_has_none_and_kept_where_it_has(string id, string head)
    {
        using var scope = NewDisposeScope();
        using var full = MakeWithHeads(id);
        manual_seed(1);
        ModelGolden.Fill(full, gain: 1);
        using var weights = StateDict.Of(full);

        using var plain = ModelZoo.Create(id, new ModelOptions { NumClasses = ModelGolden.Classes, AuxiliaryHeads = false });
        var dropped = ModelZoo.Load(plain, id, weights);
        using var again = MakeWithHeads(id);
        var kept = ModelZoo.Load(again, id, weights);

        Assert.DoesNotContain(dropped.Loaded, IsOfHead);
        Assert.Contains(kept.Loaded, name => name.StartsWith(head, StringComparison.Ordinal));
        Assert.True((dropped.IsComplete, kept.IsComplete) is (true, true));
        AssertSame(again, full);
    }

    // A file that is not published decides by itself: torchvision has no function for it.
    [Theory, Trait("Category", "Slow")]
    [InlineData("googlenet")]
    [InlineData("inception_v3")]
    [InlineData("inceptionnet_v1")]
    [InlineData("inceptionnet_v3")]
    public void A_network_has_auxiliary_heads_if_its_file_has_them_unless_something_else_is_asked_for(string id)
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        var (with, without) = (folder.File("with.safetensors"), folder.File("without.safetensors"));
        using (var full = MakeWithHeads(id))
        using (var state = StateDict.Of(full))
        {
            state.Save(with);
            using var plain = StateDict.Of(state.Entries.Where(entry => !IsOfHead(entry.Name)).Select(entry => KeyValuePair.Create(entry.Name, entry.ToTensor())));
            plain.Save(without);
        }

        Assert.True(HasHeads(with, heads: null));
        Assert.False(HasHeads(with, heads: false));
        Assert.False(HasHeads(without, heads: null));
        Assert.All(
            Assert.Throws<WeightMismatchException>(() => HasHeads(without, heads: true)).Report.Missing, name => Assert.True(IsOfHead(name), name));

        bool HasHeads(string file, bool? heads)
        {
            using var network = (AuxiliaryNetwork)ModelZoo.Create(
                id, new ModelOptions { NumClasses = ModelGolden.Classes, AuxiliaryHeads = heads }, file);
            return network.HasAuxiliaries;
        }
    }

    [Theory]
    [InlineData("googlenet")]
    [InlineData("inception_v3")]
    public void For_other_classes_the_heads_are_fresh_as_the_last_layer_is(string id)
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        var file = folder.File("with.safetensors");
        using (var full = MakeWithHeads(id))
        using (var state = StateDict.Of(full)) state.Save(file);

        using var network = ModelZoo.Create(id, new ModelOptions { NumClasses = 7 }, file, out var report);

        string[] layers = id == "googlenet" ? ["aux1.fc2", "aux2.fc2", "fc"] : ["AuxLogits.fc", "fc"];
        Assert.Equal(layers.SelectMany(layer => new[] { $"{layer}.weight", $"{layer}.bias" }), report.Fresh);
        Assert.All(layers, layer => Assert.Equal([7L], network.state_dict()[$"{layer}.bias"].shape));
    }

    [Theory]
    [InlineData("googlenet")]
    [InlineData("inception_v3")]
    public void Published_weights_come_with_the_heads_that_torchvision_keeps_and_the_transformation_of_the_input(string id)
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        using var saved = MakeWithHeads(id, transformInput: true);
        manual_seed(1);
        ModelGolden.Fill(saved, gain: 1);
        var published = ModelZoo.Weights(id).Single();
        var hub = new Hub(new HubOptions { Folder = folder.File(""), Offline = true });
        var path = hub.GetPath(published.Url!);
        using (var state = StateDict.Of(saved)) CacheFile.Write(state, published, path);

        using var byName = ModelZoo.Create(id, weights: "IMAGENET1K_V1", hub: hub);
        using var byPath = ModelZoo.Create(id, weights: path);
        var image = randn(1, 3, 128, 128);
        using var inference = inference_mode();

        AssertSame(Run(saved, image), Run(byName, image));
        AssertSame(Run(saved, image), Run(byPath, image));

        // torchvision's googlenet(weights=...) drops the heads that it has loaded, and its inception_v3(weights=...) keeps its one.
        Assert.Equal(id == "inception_v3", ((AuxiliaryNetwork)byName).HasAuxiliaries);
        // By its path it is any file: its bytes are not the published ones, whatever its name says.
        Assert.True(((AuxiliaryNetwork)byPath).HasAuxiliaries);

        using var chosen = (AuxiliaryNetwork)ModelZoo.Create(
            id, new ModelOptions { AuxiliaryHeads = id == "googlenet", TransformInput = false }, "IMAGENET1K_V1", hub);
        Assert.Equal(id == "googlenet", chosen.HasAuxiliaries);
        Assert.Contains(Run(saved, image).Zip(Run(chosen, image)), pair => Math.Abs(pair.First - pair.Second) > 1e-3);

        // Where tensors lie in a mapped file decides in which order they are summed up.
        static void AssertSame(float[] expected, float[] actual) => Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
    }

    [Theory, MemberData(nameof(Resizings))]
    public void Position_embeddings_are_resized_as_torchvision_resizes_them(int index)
    {
        using var scope = NewDisposeScope();
        var golden = Expected.Positions[index];
        var side = golden.Before / golden.Patch;
        manual_seed(0);
        var positions = randn(1, (side * side) + 1, golden.Width);

        using var resized = VisionTransformerKeyMap.Resized(
            StateDict.Of([KeyValuePair.Create("encoder.pos_embedding", positions)]), golden.After / golden.Patch);

        var actual = resized!["encoder.pos_embedding"].ToTensor();
        Assert.Equal(golden.Shape, actual.shape);
        // Two builds of libtorch differ in the last bits of a bicubic sum; the embeddings are drawn with a deviation of 1.
        foreach (var (expected, got) in golden.Digest.Zip(ModelGolden.Digest(actual))) Assert.Equal(expected, got, 5e-6 * Math.Max(1, Math.Abs(expected)));
        foreach (var (expected, got) in golden.Column.Zip(actual.select(0, 0).select(1, 0).data<float>().ToArray())) Assert.Equal(expected, got, 5e-6f);
    }

    [Fact]
    public void A_vision_transformer_takes_the_names_of_torchvision_0_12_and_another_image_size()
    {
        using var scope = NewDisposeScope();
        using var network = Filled("vit_b_32");
        var old = StateDict.Of(StateDict.Of(network).Entries.Select(entry => KeyValuePair.Create(
            entry.Name.Replace(".mlp.0.", ".mlp.linear_1.", StringComparison.Ordinal).Replace(".mlp.3.", ".mlp.linear_2.", StringComparison.Ordinal),
            entry.ToTensor())));

        AssertLoads("vit_b_32", network, old);

        using var skip = Initializers.Skip();
        using var larger = ModelZoo.Create("vit_b_32", new ModelOptions { NumClasses = ModelGolden.Classes, ImageSize = 384 });
        Assert.True(ModelZoo.Load(larger, "vit_b_32", old).IsComplete);
        Assert.Equal([1L, 145, 768], larger.state_dict()["encoder.pos_embedding"].shape);
        using var inference = inference_mode();
        larger.eval();
        Assert.Equal([1, ModelGolden.Classes], larger.call(randn(1, 3, 384, 384)).shape);
    }

    [Fact]
    public void Position_embeddings_that_lie_in_no_square_are_left_to_strict_loading()
    {
        using var network = Build("vit_b_32");
        var state = StateDict.Of(network).Replace("encoder.pos_embedding", zeros(1, 40, 768));

        var error = Assert.Throws<WeightMismatchException>(() => ModelZoo.Load(network, "vit_b_32", state));

        Assert.Equal("encoder.pos_embedding", Assert.Single(error.Report.Mismatched).Name);
    }

    [Fact]
    public void Features_alone_leave_the_classifier_fresh_where_that_is_asked_for()
    {
        using var scope = NewDisposeScope();
        using var network = Filled("vgg11");
        var features = StateDict.Of(network).Entries.Where(entry => entry.Name.StartsWith("features.", StringComparison.Ordinal))
            .Select(entry => KeyValuePair.Create(entry.Name["features.".Length..], entry.ToTensor()));
        using var weights = StateDict.Of(features);
        using var target = Build("vgg11");

        Assert.Equal(6, Assert.Throws<WeightMismatchException>(() => ModelZoo.Load(target, "vgg11", weights)).Report.Missing.Count);
        var report = ModelZoo.Load(target, "vgg11", weights, freshHead: true);

        Assert.True(report.IsComplete);
        Assert.Equal(["classifier.0.weight", "classifier.0.bias", "classifier.3.weight", "classifier.3.bias", "classifier.6.weight", "classifier.6.bias"], report.Fresh);
        Assert.True(target.state_dict()["features.0.weight"].IsSameAs(network.state_dict()["features.0.weight"]));
    }

    private static Block Build(string id)
    {
        using var skip = Initializers.Skip();
        return ModelZoo.Create(id, ModelGolden.Classes);
    }

    private static Block Filled(string id)
    {
        var network = Build(id);
        manual_seed(1);
        ModelGolden.Fill(network, gain: 1);
        return network;
    }

    // With ImageNet's thousand classes, as the published files have.
    private static Block MakeWithHeads(string id, bool transformInput = false)
    {
        using var skip = Initializers.Skip();
        long classes = transformInput ? 1000 : ModelGolden.Classes;
        return ModelZoo.Create(id, new ModelOptions { NumClasses = classes, AuxiliaryHeads = true, TransformInput = transformInput ? true : null });
    }

    private static bool IsOfHead(string name) => name.StartsWith("aux", StringComparison.OrdinalIgnoreCase);

    private static float[] Run(Block network, Tensor image)
    {
        network.eval();
        return network.call(image).data<float>().ToArray();
    }

    private static void AssertLoads(string id, Block expected, StateDict old)
    {
        using var network = Build(id);
        Assert.True(ModelZoo.Load(network, id, old).IsComplete);
        AssertSame(expected, network);
    }

    private static void AssertSame(Block expected, Block actual)
    {
        var state = actual.state_dict();
        Assert.All(expected.state_dict(), entry => Assert.True(entry.Value.IsSameAs(state[entry.Key]), entry.Key));
    }

    private sealed record Golden(Dictionary<string, string> DenseNet, Resizing[] Positions);

    private sealed record Resizing(int Before, int After, int Patch, int Width, long[] Shape, double[] Digest, float[] Column);
}
