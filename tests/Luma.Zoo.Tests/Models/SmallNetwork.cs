using Luma.Neural;

namespace Luma.Zoo.Tests.Models;

/// <summary>Networks of the catalogue in evaluation mode, with weights that the answer depends on.</summary>
internal static class SmallNetwork
{
    // Where the goldens' weights make much of the least rounding, smaller ones do not.
    private const double Calm = 0.9;

    // Of larger tensors so many elements are drawn, and repeated: a prime number, so that no row is like the next.
    private const long Drawn = 1_000_003;

    public const int Classes = 10;

    /// <summary>A network for the smallest images that it takes.</summary>
    public static Block Build(string id, out long[] shape)
    {
        var small = ModelGolden.SmallestInput(id);
        shape = [.. small];
        return Build(id, new() { NumClasses = Classes, ImageSize = id.StartsWith("vit_", StringComparison.Ordinal) ? small[1] : null });
    }

    /// <summary>A network for the images that its weights are published for.</summary>
    public static Block BuildAtFullSize(string id) => Build(id, new() { NumClasses = Classes });

    /// <summary>Images that are the same in every call.</summary>
    public static Tensor DrawImages(long count, long[] shape)
    {
        using var generator = new Generator(4);
        return ModelGolden.DrawImages(count, shape, generator);
    }

    private static Block Build(string id, ModelOptions options)
    {
        using var skip = Initializers.Skip();
        var network = ModelZoo.Create(id, options);
        using var generator = new Generator(3);
        var weighted = ModelGolden.Load(id).Weighted;
        var gain = weighted.Double ? Calm * weighted.Gain : weighted.Gain;
        var state = network.state_dict();
        ModelGolden.Fill(state.Where(entry => entry.Value.numel() <= Drawn), gain, generator);
        foreach (var tensor in state.Values.Where(tensor => tensor.numel() > Drawn)) Repeat(tensor, gain, generator);
        network.eval();
        return network;
    }

    private static void Repeat(Tensor tensor, double gain, Generator generator)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        // TorchSharp reads a scalar that the garbage collector may have freed, unless somebody still has it.
        using Scalar scale = gain / Math.Sqrt(tensor.numel() / (double)tensor.size(0));
        var pool = randn(Drawn, generator: generator).mul(scale);
        var elements = tensor.view(-1);
        for (var at = 0L; at < elements.numel(); at += Drawn)
        {
            var count = Math.Min(Drawn, elements.numel() - at);
            elements.narrow(0, at, count).copy_(pool.narrow(0, 0, count));
        }
    }
}
