using Luma.Neural;
using Luma.Zoo.Export.TorchScript;
using Luma.Zoo.Inference.Compilation;
using Luma.Zoo.Tests.Weights;
using Xunit.Abstractions;

namespace Luma.Zoo.Tests.Models;

/// <summary>What every network of the catalogue is compiled and exported to computes what the network does.</summary>
[Collection(nameof(WholeCatalogue))]
public class FormsTests(ITestOutputHelper written)
{
    // The largest spend their time on reading and writing their weights.
    private const long Large = 200_000_000;

    public static TheoryData<string> Ids => Catalogue.UpTo(10_000_000);

    [Theory, Trait("Category", "Slow"), MemberData(nameof(Ids))]
    public void Compiled_and_as_torchscript_a_network_computes_what_it_does(string id)
    {
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        using var network = SmallNetwork.Build(id, out var shape);
        var large = network.parameters().Sum(parameter => parameter.numel()) > Large;
        long[] counts = large ? [2] : [1, 3];
        var images = counts.Select(count => SmallNetwork.DrawImages(count, shape)).ToList();
        var expected = images.Select(image => network.call(image)).ToList();

        using (var compiled = network.Compile(new() { ImageShape = shape })) AssertClose("compiled", compiled.Run, 1e-5);
        if (large) return;
        if (OneDnnTypes.Include(ScalarType.BFloat16))
        {
            using var compiled = network.Compile(new() { ImageShape = shape, Type = ScalarType.BFloat16 });
            AssertClose("bfloat16", compiled.Run, 0.03, roundings: 1 << 14);
        }

        using var folder = new TemporaryFolder();
        network.ExportTorchScript(folder.File("network.pt"), shape);
        using var module = jit.load<Tensor, Tensor>(folder.File("network.pt"));
        AssertClose("torchscript", module.call, 1e-5);
        Empty(module);

        void AssertClose(string form, Func<Tensor, Tensor> run, double tolerance, int roundings = 1)
        {
            // All run before the network is looked at again: that may move it.
            var outputs = images.Select(run).ToList();
            foreach (var (image, output, actual) in images.Zip(expected, outputs))
            {
                Assert.Equal(output.shape, actual.shape);
                var difference = Difference(output, actual);
                Catalogue.Tell(written, id, form, difference);
                // Some networks with drawn weights magnify rounding, their own like any other: double precision shows by how much.
                if (difference > tolerance) Assert.InRange(difference, 0, 4 * roundings * Difference(Exact(network, image), output));
            }
        }
    }

    private static double Difference(Tensor expected, Tensor actual) => ModelGolden.Difference(expected.data<float>().ToArray(), actual.data<float>().ToArray());

    // As it would be without rounding.
    private static Tensor Exact(NeuralModule network, Tensor image)
    {
        network.to(float64);
        try
        {
            return network.call(image.to(float64)).to(float32);
        }
        finally
        {
            network.to(float32);
        }
    }

    // TorchSharp does not free the modules that it has loaded, and all networks together are more than memory holds.
    private static void Empty(nn.Module module)
    {
        foreach (var tensor in module.named_parameters().Select(entry => (Tensor)entry.parameter).Concat(module.named_buffers().Select(entry => entry.buffer)))
            tensor.set_(empty(0, tensor.dtype));
    }
}
