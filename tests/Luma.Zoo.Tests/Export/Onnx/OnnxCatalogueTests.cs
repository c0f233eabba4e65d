using Luma.Zoo.Export.Onnx;
using Luma.Zoo.Tests.Models;
using Luma.Zoo.Tests.Weights;
using Xunit.Abstractions;

namespace Luma.Zoo.Tests.Export.Onnx;

/// <summary>Every network of the catalogue in ONNX Runtime.</summary>
[Collection(nameof(WholeCatalogue))]
public class OnnxCatalogueTests(ITestOutputHelper output)
{
    private const long ManyParameters = 150_000_000;

    public static TheoryData<string> Ids => Catalogue.UpTo(20_000_000);

    [Theory, Trait("Category", "Slow"), MemberData(nameof(Ids))]
    public void A_network_computes_in_onnx_runtime_what_it_does_here(string id)
    {
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        using var network = SmallNetwork.Build(id, out var shape);
        network.eval();
        using var folder = new TemporaryFolder();
        var path = folder.File($"{id}.onnx");

        var report = network.ExportOnnx(path, new() { InputShape = shape });

        using var model = new OnnxModel(path);
        // The largest spend their time on reading their weights again.
        var isLarge = network.parameters().Sum(parameter => parameter.numel()) > ManyParameters;
        foreach (var count in isLarge ? (long[])[3] : [1, 3])
        {
            var images = SmallNetwork.DrawImages(count, shape);
            var expected = network.call(images);
            var difference = ModelGolden.Difference(expected.data<float>().ToArray(), model.Run(images));
            var spread = (expected - expected[0]).abs().max().item<float>() / expected.abs().max().item<float>();
            Catalogue.Tell(output, id, "onnx", difference);
            Assert.InRange(difference, 0, 1e-4);
            // An answer that is the same for every image would say nothing.
            if (count > 1) Assert.InRange(difference, 0, 0.02 * spread);
        }
        if (!report.IsDynamic || isLarge) return;

        var others = SmallNetwork.DrawImages(2, [shape[0], shape[1] + 13, shape[2] + 30]);
        Assert.InRange(ModelGolden.Difference(network.call(others).data<float>().ToArray(), model.Run(others)), 0, 1e-4);
    }
}
