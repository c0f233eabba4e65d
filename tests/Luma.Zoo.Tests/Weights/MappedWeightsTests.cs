using Luma.Neural;
using Luma.Zoo.Weights;

namespace Luma.Zoo.Tests.Weights;

/// <summary>Networks whose weights stay in their file.</summary>
public sealed class MappedWeightsTests : IDisposable
{
    private const string Id = "squeezenet1_1";

    private readonly TemporaryFolder folder = new();
    private readonly Block saved = ModelZoo.Create(Id, numClasses: 7);

    public void Dispose()
    {
        saved.Dispose();
        folder.Dispose();
    }

    private string Save(string name)
    {
        var path = folder.File(name);
        using var state = StateDict.Of(saved);
        state.Save(path);
        return path;
    }

    private static Block Create(string path, bool? map = true) => ModelZoo.Create(Id, new ModelOptions { NumClasses = 7, MapWeights = map }, path);

    // What libtorch allocates itself begins at its storage's first element.
    private static bool LiesInItsFile(Tensor tensor) => tensor.storage_offset() > 0;

    [Theory]
    [InlineData("weights.pth")]
    [InlineData("weights.safetensors")]
    public void Weights_lie_in_the_file_and_are_those_that_were_saved(string name)
    {
        using var network = Create(Save(name));

        var expected = saved.state_dict();
        Assert.All(network.state_dict(), entry =>
        {
            Assert.True(LiesInItsFile(entry.Value), entry.Key);
            Assert.True(entry.Value.IsSameAs(expected[entry.Key]), entry.Key);
        });
    }

    [Fact]
    public void A_file_is_copied_unless_it_is_to_be_mapped()
    {
        using var network = Create(Save("weights.pth"), map: null);

        Assert.DoesNotContain(network.parameters(), LiesInItsFile);
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData(false, false)]
    public void Published_weights_are_mapped_unless_they_are_to_be_copied(bool? map, bool mapped)
    {
        var published = ModelZoo.Weights(Id)[0];
        using var thousand = ModelZoo.Create(Id);
        using (var state = StateDict.Of(thousand)) CacheFile.Write(state, published, folder.File(Path.GetFileName(published.Url!.AbsolutePath)));
        var hub = new Hub(new HubOptions { Folder = folder.File(""), Offline = true });

        using var network = ModelZoo.Create(Id, new ModelOptions { MapWeights = map }, published.Name, hub);

        Assert.All(network.parameters(), parameter => Assert.Equal(mapped, LiesInItsFile(parameter)));
    }

    [Fact]
    public void What_the_network_learns_stays_out_of_the_file()
    {
        var path = Save("weights.pth");
        var bytes = File.ReadAllBytes(path);
        using var network = Create(path);
        using (var scope = NewDisposeScope())
        {
            var optimizer = optim.SGD(network.parameters(), 0.1);
            network.call(rand(2, 3, 64, 64)).square().sum().backward();
            optimizer.step();
        }

        Assert.False(network.state_dict()["features.0.weight"].IsSameAs(saved.state_dict()["features.0.weight"]));
        Assert.Equal(bytes, File.ReadAllBytes(path));
        using var again = Create(path);
        Assert.True(again.state_dict()["features.0.weight"].IsSameAs(saved.state_dict()["features.0.weight"]));
    }

    [LinuxFact]
    public void A_network_outlives_its_file_and_can_be_saved_over_it()
    {
        var path = Save("weights.pth");
        using var network = Create(path);
        using (var state = StateDict.Of(network)) state.Save(path);
        File.Delete(path);

        var expected = saved.state_dict();
        Assert.All(network.state_dict(), entry => Assert.True(entry.Value.IsSameAs(expected[entry.Key]), entry.Key));
    }

    [Fact]
    public void Tensors_that_share_elements_in_the_file_do_not_in_the_network()
    {
        using var scope = NewDisposeScope();
        var tensors = saved.state_dict().ToDictionary(entry => entry.Key, entry => entry.Value);
        // Both of a fire module's expansions are of 64 filters.
        tensors["features.3.expand3x3.bias"] = tensors["features.3.expand1x1.bias"];
        var path = folder.File("shared.pth");
        using (var state = StateDict.Of(tensors)) state.Save(path);

        using var network = Create(path);
        using (no_grad()) network.state_dict()["features.3.expand1x1.bias"].add_(1);

        Assert.True(network.state_dict()["features.3.expand3x3.bias"].IsSameAs(tensors["features.3.expand1x1.bias"]));
    }

    [Fact]
    public void Weights_of_another_type_are_converted()
    {
        using var scope = NewDisposeScope();
        var path = folder.File("half.safetensors");
        using (var state = StateDict.Of(saved.state_dict().ToDictionary(entry => entry.Key, entry => entry.Value.detach().to(ScalarType.Float16))))
            state.Save(path);

        using var network = Create(path);

        var expected = saved.state_dict();
        Assert.All(network.state_dict(), entry =>
            Assert.True(entry.Value.IsSameAs(expected[entry.Key].to(ScalarType.Float16).to(ScalarType.Float32)), entry.Key));
    }
}
