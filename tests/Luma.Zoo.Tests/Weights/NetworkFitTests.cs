using Luma.Neural;
using Luma.Zoo.Weights;

namespace Luma.Zoo.Tests.Weights;

public sealed class NetworkFitTests
{
    /// <summary>With the prefix, the names ask for no auxiliary heads; without it for them; with each of 60 others for none again.</summary>
    [Fact]
    public void A_network_is_built_once_for_each_choice_however_many_candidates_a_file_has()
    {
        using var folder = new TemporaryFolder();
        var known = ModelZoo.Find("googlenet").Variant;
        var built = new List<bool?>();
        var counting = new ModelVariant(known.Id, known.Parameters, known.InputShape, options =>
        {
            built.Add(options.AuxiliaryHeads);
            return known.Build(options);
        })
        {
            Description = known.Description,
            KeyMap = known.KeyMap,
        };
        using (Initializers.Skip())
        using (var network = ModelZoo.Create("googlenet", new ModelOptions { AuxiliaryHeads = true, NumClasses = 7 }))
        using (var state = StateDict.Of(network))
        using (var outer = StateDict.Of(state.Entries.Select(entry => KeyValuePair.Create($"net.{entry.Name}", entry.ToTensor()))))
        {
            outer.Save(folder.File("wrapped.safetensors"));
        }

        using var fit = new NetworkFit(counting);
        using var weights = StateDict.Open(folder.File("wrapped.safetensors"), options: null, fit.Accepts);

        Assert.Equal("net.", weights.Selection.DroppedPrefix);
        Assert.Equal([false, true], built);
    }
}
