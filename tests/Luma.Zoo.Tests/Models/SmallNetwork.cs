using Luma.Neural;

namespace Luma.Zoo.Tests.Models;

/// <summary>Networks of the catalogue for the smallest images that they take, in evaluation mode, with weights that the answer depends on.</summary>
internal static class SmallNetwork
{
    // Where the goldens' weights make much of the least rounding, smaller ones do not.
    private const double Calm = 0.9;

    // Of larger tensors so many elements are drawn, and repeated: a prime number, so that no row is like the next.
    private const long Drawn = 1_000_003;

    public static Block Build(string id, out long[] shape, int classes = 10)
    {
        var small = ModelGolden.SmallestInput(id);
        shape = [.. small];
        using var skip = Initializers.Skip();
        var network = ModelZoo.Create(id, new ModelOptions { NumClasses = classes, ImageSize = id.StartsWith("vit_", StringComparison.Ordinal) ? small[1] : null });
        manual_seed(3);
        var weighted = ModelGolden.Load(id).Weighted;
        var gain = weighted.Double ? Calm * weighted.Gain : weighted.Gain;
        var state = network.state_dict();
        ModelGolden.Fill(state.Where(entry => entry.Value.numel() <= Drawn), gain);
        foreach (var tensor in state.Values.Where(tensor => tensor.numel() > Drawn)) Repeat(tensor, gain);
        network.eval();
        return network;
    }

    private static void Repeat(Tensor tensor, double gain)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var pool = randn(Drawn).mul(gain / Math.Sqrt(tensor.numel() / (double)tensor.size(0)));
        var elements = tensor.view(-1);
        for (var at = 0L; at < elements.numel(); at += Drawn)
        {
            var count = Math.Min(Drawn, elements.numel() - at);
            elements.narrow(0, at, count).copy_(pool.narrow(0, 0, count));
        }
    }
}
