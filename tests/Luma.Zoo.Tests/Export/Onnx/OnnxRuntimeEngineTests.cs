using Luma.Neural;
using Luma.Zoo.OnnxRuntime;
using Luma.Zoo.Tests.Models;

namespace Luma.Zoo.Tests.Export.Onnx;

public class OnnxRuntimeEngineTests
{
    [Theory, Trait("Category", "Slow")]
    [InlineData("resnet18")]
    [InlineData("swin_t")]
    public void Images_of_any_number_and_size_give_what_the_network_does(string id)
    {
        using var scope = NewDisposeScope();
        using var network = SmallNetwork.Build(id, out var shape);
        network.train();
        using var program = new OnnxRuntimeEngine().Compile(network, new() { ImageShape = shape });
        Assert.True(network.training);
        network.eval();

        foreach (var images in (Tensor[])[ModelGolden.DrawImages(1, shape), ModelGolden.DrawImages(3, shape), ModelGolden.DrawImages(2, [3, shape[1] + 32, shape[2] + 7])])
        {
            using var noGrad = no_grad();
            var output = program.Run(images);
            Assert.Equal([images.size(0), 10], output.shape);
            Assert.InRange(ModelGolden.Difference(network.call(images).data<float>().ToArray(), output.data<float>().ToArray()), 0, 1e-4);
        }
    }

    [Fact]
    public void Many_threads_may_use_it()
    {
        using var scope = NewDisposeScope();
        using var network = SmallNetwork.Build("squeezenet1_1", out var shape);
        using var program = new OnnxRuntimeEngine { Threads = 1, SpinDuration = TimeSpan.Zero }.Compile(network);
        var images = Enumerable.Range(0, 16).Select(_ => ModelGolden.DrawImages(2, shape)).ToArray();
        var expected = images.Select(image => program.Run(image).data<float>().ToArray()).ToArray();

        Parallel.For(0, 64, i =>
        {
            using var output = program.Run(images[i % images.Length]);
            Assert.Equal(expected[i % images.Length], output.data<float>().ToArray());
        });
    }

    [Fact]
    public void It_goes_on_without_the_network_for_sizes_that_it_knows()
    {
        using var scope = NewDisposeScope();
        var network = SmallNetwork.Build("swin_t", out var shape);
        using var program = new OnnxRuntimeEngine().Compile(network, new() { ImageShape = shape });
        network.Dispose();

        Assert.Equal([1, 10], program.Run(zeros([1, .. shape])).shape);
        Assert.Throws<InvalidOperationException>(() => program.Run(zeros(1, 3, 96, 96)));
        program.Dispose();
        Assert.Throws<ObjectDisposedException>(() => program.Run(zeros([1, .. shape])));
    }

    [Fact]
    public void What_it_cannot_do_is_refused()
    {
        using var network = ModelZoo.Create("lenet_5");
        var engine = new OnnxRuntimeEngine();
        using var program = engine.Compile(network);

        Assert.Throws<InputShapeException>(() => program.Run(zeros(1, 3, 32, 32)));
        Assert.Throws<InputShapeException>(() => program.Run(zeros(32)));
        Assert.Throws<NotSupportedException>(() => engine.Compile(network, new() { Type = ScalarType.BFloat16 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => engine with { Threads = 0 });
        Assert.Equal("onnxruntime", engine.Name);
    }
}
