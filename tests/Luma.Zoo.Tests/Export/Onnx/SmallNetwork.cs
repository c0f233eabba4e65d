using Luma.Neural;
using Luma.Zoo.Tests.Models;

namespace Luma.Zoo.Tests.Export.Onnx;

/// <summary>Networks of the catalogue for the smallest images that they take, with weights of which the answer depends.</summary>
internal static class SmallNetwork
{
    public static Block Build(string id, out long[] shape, int classes = 10)
    {
        var small = ModelGolden.SmallestInput(id);
        shape = [.. small];
        using var skip = Initializers.Skip();
        var network = ModelZoo.Create(id, new ModelOptions { NumClasses = classes, ImageSize = id.StartsWith("vit_", StringComparison.Ordinal) ? small[1] : null });
        manual_seed(3);
        ModelGolden.Fill(network, ModelGolden.Load(id).Weighted.Gain);
        return network;
    }
}
