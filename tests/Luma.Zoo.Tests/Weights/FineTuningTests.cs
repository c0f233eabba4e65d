using Luma.Neural.Blocks;
using Luma.Neural.Layers;
using Luma.Zoo.Weights;

namespace Luma.Zoo.Tests.Weights;

/// <summary>Weights for other classes than the network's: everything but the head is loaded.</summary>
public sealed class FineTuningTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly Hub hub;

    public FineTuningTests() => hub = new(new HubOptions { Folder = folder.File(""), Offline = true });

    public void Dispose() => folder.Dispose();

    // One of each kind of head: dense, in a sequence, the only layer left of an MLP.
    [Theory, Trait("Category", "Slow")]
    [InlineData("resnet18", "fc.weight", "fc.bias")]
    [InlineData("densenet121", "classifier.weight", "classifier.bias")]
    [InlineData("vit_b_32", "heads.head.weight", "heads.head.bias")]
    [InlineData("shufflenet_v2_x0_5", "fc.weight", "fc.bias")]
    [InlineData("regnet_x_400mf", "fc.weight", "fc.bias")]
    public void Another_number_of_classes_keeps_the_body_and_draws_the_head(string id, params string[] head)
    {
        using var scope = NewDisposeScope();
        var saved = Publish(id);

        manual_seed(5);
        using var tuned = ModelZoo.Create(id, new ModelOptions { NumClasses = 10 }, ModelZoo.DefaultWeights, out var report, hub);
        manual_seed(5);
        using var drawn = ModelZoo.Create(id, numClasses: 10);

        Assert.Equal(head, report.Fresh);
        Assert.True(report.IsComplete);
        Assert.EndsWith($" tensors loaded, 2 fresh: {string.Join(", ", head)}", report.ToString(), StringComparison.Ordinal);
        var fresh = drawn.state_dict();
        Assert.All(tuned.state_dict(), entry =>
            Assert.True(entry.Value.IsSameAs(head.Contains(entry.Key) ? fresh[entry.Key] : saved[entry.Key]), entry.Key));
    }

    [Fact]
    public void Without_a_number_of_classes_it_is_the_weights()
    {
        using var twelve = ModelZoo.Create("lenet_5", numClasses: 12);
        using (var state = StateDict.Of(twelve)) state.Save(folder.File("twelve.pth"));

        using var network = ModelZoo.Create("lenet_5", new ModelOptions(), folder.File("twelve.pth"), out var report);

        Assert.Equal(12, report.ClassesOfWeights);
        Assert.True(network.state_dict()["fc3.weight"].IsSameAs(twelve.state_dict()["fc3.weight"]));
        using var asked = ModelZoo.Create("lenet_5", numClasses: 10, weights: folder.File("twelve.pth"));
        Assert.Throws<WeightMismatchException>(() => ModelZoo.CreateClassifier($"lenet_5:{folder.File("twelve.pth")}", new() { Network = new() { NumClasses = 10 } }));
    }

    [Fact]
    public void The_classes_of_a_file_are_loaded_head_and_all()
    {
        using var twelve = ModelZoo.Create("lenet_5", numClasses: 12);
        using (var state = StateDict.Of(twelve)) state.Save(folder.File("twelve.pth"));

        using var loaded = ModelZoo.Create("lenet_5", new ModelOptions { NumClasses = 12 }, folder.File("twelve.pth"), out var report);

        Assert.Empty(report.Fresh);
        Assert.True(loaded.state_dict()["fc3.weight"].IsSameAs(twelve.state_dict()["fc3.weight"]));
    }

    public static TheoryData<string, string[], long[]> Misfits => new()
    {
        // A body that does not fit is another network, whatever its head.
        { "conv1.weight", ["fc3.weight", "fc3.bias"], [6, 1, 3, 3] },
        // A head whose inputs differ.
        { "fc3.weight", [], [12, 83] },
        // A weight and a bias for different classes.
        { "fc3.bias", [], [11] },
        // A layer in the middle alone.
        { "fc2.bias", [], [10] },
    };

    [Theory, MemberData(nameof(Misfits))]
    public void What_does_not_fit_otherwise_is_refused(string name, string[] others, long[] shape)
    {
        using var twelve = ModelZoo.Create("lenet_5", numClasses: name == "fc2.bias" ? 10 : 12);
        using var weights = StateDict.Of(twelve).Replace(name, zeros(shape));
        using var network = ModelZoo.Create("lenet_5");

        var error = Assert.Throws<WeightMismatchException>(() => ModelZoo.Load(network, "lenet_5", weights, freshHead: true));

        Assert.Superset(new HashSet<string>([name, .. others]), error.Report.Mismatched.Select(mismatch => mismatch.Name).ToHashSet());
    }

    [Fact]
    public void Weights_without_a_head_leave_it_fresh_where_that_is_asked_for()
    {
        using var saved = ModelZoo.Create("resnet18", numClasses: 3);
        using var body = StateDict.Of(saved).Rename(name => name.StartsWith("fc.", StringComparison.Ordinal) ? null : name);
        using var network = ModelZoo.Create("resnet18", numClasses: 5);
        using var head = network.state_dict()["fc.weight"].clone();

        Assert.Equal(["fc.weight", "fc.bias"], Assert.Throws<WeightMismatchException>(() => ModelZoo.Load(network, "resnet18", body)).Report.Missing);
        Assert.Equal(["fc.weight", "fc.bias"], ModelZoo.Load(network, "resnet18", body, freshHead: true).Fresh);
        Assert.True(network.state_dict()["fc.weight"].IsSameAs(head));
    }

    [Fact]
    public void Counters_of_batch_norm_may_be_missing_and_stay()
    {
        using var norm = new BatchNorm2D(3);
        norm.NumBatchesTracked!.fill_(7);
        using var old = StateDict.Of(norm).Rename(name => name == "num_batches_tracked" ? null : name);

        Assert.True(norm.Load(old).IsComplete);
        Assert.Equal(7, norm.NumBatchesTracked.item<long>());

        using var network = new Sequence { { "norm", new BatchNorm2D(3) } };
        using var nested = StateDict.Of(norm).Rename(name => name == "num_batches_tracked" ? null : $"norm.{name}");
        Assert.True(network.Load(nested).IsComplete);
        using var empty = nested.Rename(name => name == "norm.running_var" ? null : name);
        Assert.Equal(["norm.running_var"], Assert.Throws<WeightMismatchException>(() => network.Load(empty)).Report.Missing);
    }

    [Fact]
    public async Task A_published_file_is_taken_from_the_cache()
    {
        var saved = Publish("resnet18");
        var published = Assert.Single(ModelZoo.Weights("resnet18"));

        Assert.True(published.IsCached(hub));
        Assert.Equal(hub.GetPath(published.Url!), await ModelZoo.DownloadAsync("resnet18", hub: hub));
        using var network = ModelZoo.Create("resnet18", weights: "imagenet1k_v1", hub: hub);
        Assert.All(network.state_dict(), entry => Assert.True(entry.Value.IsSameAs(saved[entry.Key]), entry.Key));

        using var classifier = ModelZoo.CreateClassifier("resnet18", new() { Hub = hub });
        Assert.Equal(1000, classifier.Labels.Count);
        Assert.Equal(published.Preset, classifier.Preset);
    }

    [Fact]
    public async Task A_published_file_that_is_not_there_is_missed_offline()
    {
        var error = Assert.Throws<DownloadException>(() => ModelZoo.Create("resnet18", weights: ModelZoo.DefaultWeights, hub: hub));

        Assert.Equal(DownloadFailure.Offline, error.Failure);
        Assert.StartsWith("resnet18-f37072fd.pth is not in ", error.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<DownloadException>(() => ModelZoo.DownloadAsync("resnet18", hub: hub));
        await Assert.ThrowsAsync<FileNotFoundException>(() => ModelZoo.DownloadAsync("resnet18", "IMAGENET1K_V9", hub));
        Assert.Null(await ModelZoo.DownloadAsync("lenet_5", hub: hub));
    }

    [Fact]
    public void Weights_for_features_make_no_classifier() => Assert.Equal(
        "IMAGENET1K_FEATURES of vgg16 has no classes: it is for features alone.",
        Assert.Throws<NotSupportedException>(() => ModelZoo.CreateClassifier("vgg16:IMAGENET1K_FEATURES", new() { Hub = hub })).Message);

    /// <summary>Puts drawn weights where the network's published ones would be.</summary>
    private Dictionary<string, Tensor> Publish(string id)
    {
        manual_seed(1);
        var network = ModelZoo.Create(id);
        using var state = StateDict.Of(network);
        var published = ModelZoo.Weights(id)[0];
        CacheFile.Write(state, published, hub.GetPath(published.Url!));
        return network.state_dict();
    }
}
