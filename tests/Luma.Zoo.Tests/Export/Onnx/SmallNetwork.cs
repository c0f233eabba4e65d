using Luma.Neural;
using Luma.Zoo.Tests.Models;

namespace Luma.Zoo.Tests.Export.Onnx;

/// <summary>Networks of the catalogue for the smallest images that they take, with weights of which the answer depends.</summary>
internal static class SmallNetwork
{
    // Where the goldens' weights make much of the least rounding, smaller ones do not.
    private const double Calm = 0.9;

    public static Block Build(string id, out long[] shape, int classes = 10)
    {
        var small = ModelGolden.SmallestInput(id);
        shape = [.. small];
        using var skip = Initializers.Skip();
        var network = ModelZoo.Create(id, new ModelOptions { NumClasses = classes, ImageSize = id.StartsWith("vit_", StringComparison.Ordinal) ? small[1] : null });
        manual_seed(3);
        var weighted = ModelGolden.Load(id).Weighted;
        ModelGolden.Fill(network, weighted.Double ? Calm * weighted.Gain : weighted.Gain);
        return network;
    }
}
