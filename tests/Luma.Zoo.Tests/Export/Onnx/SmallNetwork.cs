using Luma.Neural;
using Luma.Neural.Layers;
using Luma.Neural.Observation;
using Luma.Neural.Operations;
using Luma.Zoo.Tests.Models;

namespace Luma.Zoo.Tests.Export.Onnx;

/// <summary>
/// Networks of the catalogue for the smallest images that they take, with weights of which the answer depends, and statistics that are those of
/// images: with any others a deep network makes much of the least rounding.
/// </summary>
internal static class SmallNetwork
{
    private const int Images = 8;

    public static Block Build(string id, out long[] shape, int classes = 10)
    {
        var small = ModelGolden.SmallestInput(id);
        shape = [.. small];
        using var scope = NewDisposeScope();
        using var skip = Initializers.Skip();
        using var noGrad = no_grad();
        var network = ModelZoo.Create(id, new ModelOptions { NumClasses = classes, ImageSize = id.StartsWith("vit_", StringComparison.Ordinal) ? small[1] : null });
        manual_seed(3);
        ModelGolden.Fill(network, ModelGolden.Load(id).Weighted.Gain);

        foreach (var dropout in network.modules().Where(module => module is Dropout or StochasticDepth)) dropout.eval();
        using (ForwardPass.Observe(new Statistics())) network.call(ModelGolden.DrawImages(Images, shape)).Dispose();
        network.train();
        return network;
    }

    // The running statistics become those of the one batch.
    private sealed class Statistics : IForwardObserver
    {
        public void Ran(Operation operation, ReadOnlySpan<Tensor?> inputs, Tensor output)
        {
            if (operation is not Operation.BatchNorm || inputs[1] is not { } mean || inputs[2] is not { } variance) return;

            using var scope = NewDisposeScope();
            long[] others = [.. Enumerable.Range(0, (int)inputs[0]!.Dimensions).Where(axis => axis != 1)];
            mean.copy_(inputs[0]!.mean(others));
            variance.copy_(inputs[0]!.var(others, unbiased: false));
        }
    }
}
