using System.Text.Json;
using Luma.Neural;
using Luma.Zoo.Export.Onnx;
using Luma.Zoo.Images;
using Luma.Zoo.Models;
using Luma.Zoo.Tests.Models;
using Luma.Zoo.Tests.Weights;
using Luma.Zoo.Weights;

namespace Luma.Zoo.Tests.Export.Onnx;

/// <summary>What is in the file of an exported model beside what it computes, and how it is written.</summary>
public class OnnxFileTests
{
    [Fact]
    public void The_weights_are_the_networks_under_its_names()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        using var network = SmallNetwork.Build("resnet18", out var shape);
        network.train();
        var path = folder.File("model.onnx");

        var report = network.ExportOnnx(path, new() { InputShape = shape });

        using var read = StateDict.Open(path);
        var expected = network.state_dict().Where(entry => !entry.Key.EndsWith("num_batches_tracked", StringComparison.Ordinal)).ToDictionary();
        Assert.Equal(WeightFormat.Onnx, read.Format);
        Assert.Equal(expected.Keys.Order(), read.Names.Order());
        Assert.All(read.Entries, entry => Assert.True(entry.ToTensor().equal(expected[entry.Name]).all().item<bool>(), entry.Name));
        Assert.Equal((path, null, new FileInfo(path).Length, expected.Count), (report.Path, report.DataPath, report.Bytes, report.Tensors));
        Assert.Equal(["model.onnx"], folder.Names);
        Assert.True(network.training);
    }

    [Fact]
    public void The_model_says_who_made_it_and_what_belongs_to_it()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        using var network = ModelZoo.Create("lenet_5");
        var path = folder.File("model.onnx");
        var preset = new ImagePreset { Channels = 1, ResizeSize = [32], CropSize = [32], Mean = [0.5], Std = [0.25] };

        network.ExportOnnx(path, new()
        {
            Preset = preset,
            Labels = ["nought", "\"one\"", "zwölf"],
            Metadata = new Dictionary<string, string> { ["model"] = "lenet_5", ["license"] = "MIT" },
            InputName = "pixels",
            OutputName = "digits",
        });

        using var model = new OnnxModel(path);
        var facts = model.Metadata.CustomMetadataMap;
        Assert.Equal(("Luma.Zoo", "lenet_5", "MIT"), (model.Metadata.ProducerName, facts["model"], facts["license"]));
        Assert.Equal("lenet_5", model.Metadata.GraphName);
        Assert.Equal(preset, ImagePreset.FromJson(facts["preset"]));
        Assert.Equal(["nought", "\"one\"", "zwölf"], JsonSerializer.Deserialize<string[]>(facts["labels"])!);
        Assert.Equal(("pixels", "digits"), (model.Inputs.Keys.Single(), model.Outputs.Keys.Single()));
        using var read = StateDict.Open(path);
        Assert.Equal("MIT", read.Metadata["license"]);
    }

    // Convolutions do not care for the size; positions, windows and padding to the same size do, and so do dense layers on whole maps.
    [Theory, Trait("Category", "Slow")]
    [InlineData("resnet18", true)]
    [InlineData("alexnet", true)]
    [InlineData("shufflenet_v2_x0_5", true)]
    [InlineData("convnext_tiny", true)]
    [InlineData("swin_t", false)]
    [InlineData("vit_b_32", false)]
    [InlineData("maxvit_t", false)]
    [InlineData("lenet_5", false)]
    public void Other_sizes_are_taken_where_the_network_computes_the_same(string id, bool isDynamic)
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        // A transformer's layers are all alike, and files of its size take time.
        long[] shape = [3, 64, 64];
        using var network = id == "vit_b_32"
            ? new VisionTransformer(VisionTransformer.Plans[id] with { Layers = 1, ImageSize = 64 })
            : SmallNetwork.Build(id, out shape);
        var path = folder.File("model.onnx");

        Assert.Equal(isDynamic, network.ExportOnnx(path, new() { InputShape = shape }).IsDynamic);

        using (var model = new OnnxModel(path))
            Assert.Equal(isDynamic ? [-1, (int)shape[0], -1, -1] : [-1, .. shape.Select(size => (int)size)], model.Inputs["input"].Dimensions);
        Assert.False(network.ExportOnnx(path, new() { InputShape = shape, DynamicSize = false }).IsDynamic);
        if (!isDynamic) Assert.Throws<NotSupportedException>(() => network.ExportOnnx(path, new() { InputShape = shape, DynamicSize = true }));
    }

    [Theory]
    [InlineData(ScalarType.Float16, 0.01)]
    [InlineData(ScalarType.BFloat16, 0.05)]
    public void Half_the_bits_make_half_the_file(ScalarType type, double tolerance)
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        using var network = SmallNetwork.Build("mobilenet_v2", out var shape);
        network.eval();
        var images = ModelGolden.DrawImages(2, shape);
        var path = folder.File("model.onnx");

        var whole = network.ExportOnnx(folder.File("whole.onnx"), new() { InputShape = shape });
        var half = network.ExportOnnx(path, new() { InputShape = shape, Type = type });

        Assert.InRange(half.Bytes, 0.45 * whole.Bytes, 0.55 * whole.Bytes);
        using (var read = StateDict.Open(path)) Assert.All(read.Entries, entry => Assert.Equal(type, entry.DType));
        using var model = new OnnxModel(path);
        Assert.Equal(typeof(float), model.Inputs["input"].ElementType);
        using var noGrad = no_grad();
        Assert.InRange(ModelGolden.Difference(network.call(images).data<float>().ToArray(), model.Run(images)), 1e-7, tolerance);
    }

    [Theory]
    [InlineData("resnet18")]
    [InlineData("mobilenet_v2")]
    [InlineData("efficientnet_b0")]
    public void Batch_normalisation_can_be_folded_into_the_weights(string id)
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        using var network = SmallNetwork.Build(id, out var shape);
        network.eval();
        var images = ModelGolden.DrawImages(2, shape);
        var path = folder.File("model.onnx");

        var kept = network.ExportOnnx(folder.File("kept.onnx"), new() { InputShape = shape });
        var folded = network.ExportOnnx(path, new() { InputShape = shape, FoldBatchNorm = true });

        Assert.True(folded.Nodes < kept.Nodes && folded.Tensors < kept.Tensors);
        using (var read = StateDict.Open(path)) Assert.DoesNotContain(read.Names, name => name.EndsWith("running_mean", StringComparison.Ordinal));
        using var model = new OnnxModel(path);
        using var noGrad = no_grad();
        Assert.InRange(ModelGolden.Difference(network.call(images).data<float>().ToArray(), model.Run(images)), 0, 1e-4);
    }

    [Fact]
    public void Weights_beside_the_model_are_the_same_and_replace_those_before()
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        using var network = SmallNetwork.Build("squeezenet1_1", out var shape);
        network.eval();
        var images = ModelGolden.DrawImages(2, shape);
        var path = folder.File("model.onnx");
        var options = new OnnxExportOptions { InputShape = shape, ExternalData = true };
        File.WriteAllText(folder.File("model.onnx.notes.data"), "mine");

        var first = network.ExportOnnx(path, options);
        using (var model = new OnnxModel(path))
        using (no_grad()) Assert.InRange(ModelGolden.Difference(network.call(images).data<float>().ToArray(), model.Run(images)), 0, 1e-4);
        using (var read = StateDict.Open(path)) AssertSame(network, read);
        using (var read = StateDict.Open(path, new() { Map = true })) AssertSame(network, read);
        Assert.Equal(new FileInfo(path).Length + new FileInfo(first.DataPath!).Length, first.Bytes, 64.0 * first.Tensors);

        using (no_grad()) network.parameters().First().fill_(1);
        var second = network.ExportOnnx(path, options);
        Assert.NotEqual(first.DataPath, second.DataPath);
        Assert.Equal(new string?[] { "model.onnx", "model.onnx.notes.data", Path.GetFileName(second.DataPath) }.Order(), folder.Names);
        using (var read = StateDict.Open(path)) AssertSame(network, read);

        Assert.Null(network.ExportOnnx(path, options with { ExternalData = null }).DataPath);
        Assert.Equal(["model.onnx", "model.onnx.notes.data"], folder.Names);
    }

    [Fact]
    public void What_cannot_be_written_leaves_what_is_there()
    {
        using var folder = new TemporaryFolder();
        using var network = ModelZoo.Create("lenet_5");
        var path = folder.File("model.onnx");
        var options = new OnnxExportOptions { InputShape = [1, 32, 32] };
        File.WriteAllText(path, "before");

        using var cancelled = new CancellationTokenSource();
        var progress = new Stop(cancelled);
        Assert.Throws<OperationCanceledException>(() => network.ExportOnnx(path, options, progress, cancelled.Token));
        Assert.Throws<OperationCanceledException>(() => network.ExportOnnx(path, options with { ExternalData = true }, new Stop(cancelled), cancelled.Token));
        foreach (var external in (bool[])[true, false])
        {
            var missing = folder.File("nowhere/model.onnx");
            var error = Assert.Throws<IOException>(() => network.ExportOnnx(missing, options with { ExternalData = external }));
            Assert.StartsWith($"{missing}: cannot be written: ", error.Message, StringComparison.Ordinal);
        }

        Assert.Equal("before", File.ReadAllText(path));
        Assert.Equal(["model.onnx"], folder.Names);
    }

    // The weights are all there then, and no model that names them.
    [Fact]
    public void Weights_beside_a_model_that_is_not_written_go_again()
    {
        using var folder = new TemporaryFolder();
        using var network = ModelZoo.Create("lenet_5");
        var path = folder.File("model.onnx");
        var options = new OnnxExportOptions { InputShape = [1, 32, 32], ExternalData = true };

        Stopped();
        Assert.Empty(folder.Names);

        // Those of the model that is there stay, also where they are the same.
        var before = network.ExportOnnx(path, options);
        Stopped();
        using (no_grad()) network.parameters().First().fill_(1);
        Stopped();
        Assert.Equal(new[] { "model.onnx", Path.GetFileName(before.DataPath)! }, folder.Names);

        void Stopped()
        {
            using var source = new CancellationTokenSource();
            Assert.Throws<OperationCanceledException>(() => network.ExportOnnx(path, options, new StopAtLast(source), source.Token));
        }
    }

    [Theory, Trait("Category", "Slow")]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Two_exports_at_once_do_not_sweep_each_others_weights(bool external)
    {
        using var folder = new TemporaryFolder();
        using var network = ModelZoo.Create("lenet_5");
        using var other = ModelZoo.Create("lenet_5");
        using (no_grad()) other.parameters().First().fill_(1);
        var path = folder.File("model.onnx");
        var options = new OnnxExportOptions { InputShape = [1, 32, 32], ExternalData = true };
        Task<OnnxExportReport>? second = null;

        // The weights of the first are there, and its model is not: here the second begins, and waits.
        network.ExportOnnx(path, options, new AtLast(() =>
        {
            second ??= Task.Run(() => other.ExportOnnx(path, options with { ExternalData = external ? true : null }));
            Assert.False(second.Wait(TimeSpan.FromMilliseconds(500)));
        }));

        var data = (await second!).DataPath;
        Assert.Equal(external, data is not null);
        Assert.Equal(external ? ["model.onnx", Path.GetFileName(data)!] : ["model.onnx"], folder.Names);
        using var read = StateDict.Open(path);
        AssertSame(other, read);
    }

    [Fact]
    public void Of_many_exports_at_once_one_is_there_as_a_whole()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("model.onnx");
        var networks = Enumerable.Range(0, 4).Select(i => ModelZoo.Create("lenet_5")).ToList();
        foreach (var (i, network) in networks.Index()) using (no_grad()) network.parameters().First().fill_(i);

        Parallel.For(0, 40, i =>
        {
            lock (networks[i % 4]) networks[i % 4].ExportOnnx(path, new() { InputShape = [1, 32, 32], ExternalData = i % 3 != 0 });
        });

        using (var read = StateDict.Open(path)) Assert.NotEmpty(read.Names);
        Assert.InRange(folder.Names.Count(), 1, 2);
        foreach (var network in networks) network.Dispose();
    }

    [Fact]
    public void Progress_is_told_to_the_last_byte()
    {
        using var folder = new TemporaryFolder();
        using var network = ModelZoo.Create("lenet_5");
        foreach (var external in (bool[])[true, false])
        {
            var steps = new Steps();
            network.ExportOnnx(folder.File("model.onnx"), new() { InputShape = [1, 32, 32], ExternalData = external }, steps);
            Assert.Equal(new ByteProgress(4 * 61_706, 4 * 61_706), steps.Seen[^1]);
        }
    }

    [Fact]
    public void Options_that_make_no_sense_are_refused_before_anything_is_written()
    {
        using var folder = new TemporaryFolder();
        using var network = ModelZoo.Create("lenet_5");
        var options = new OnnxExportOptions { InputShape = [1, 32, 32] };
        foreach (var wrong in (OnnxExportOptions[])[new(), options with { InputShape = [] }, options with { InputShape = [1, 0, 32] }, options with { InputName = "" },
                     options with { OutputName = "input" }, options with { InputName = "fc1.weight" }])
            Assert.ThrowsAny<ArgumentException>(() => network.ExportOnnx(folder.File("a.onnx"), wrong));
        Assert.Throws<InputShapeException>(() => network.ExportOnnx(folder.File("a.onnx"), options with { InputShape = [3, 32, 32] }));
        Assert.Throws<NotSupportedException>(() => network.ExportOnnx(folder.File("a.onnx"), options with { Type = ScalarType.Float64 }));

        Assert.Empty(folder.Names);
    }

    // What ONNX's own checker says, strictly, where there is a Python that has it.
    [PythonTheory("onnx")]
    [InlineData("lenet_5")]
    [InlineData("resnet18")]
    [InlineData("vgg11")]
    [InlineData("shufflenet_v2_x0_5")]
    [InlineData("swin_v2_t")]
    [InlineData("maxvit_t")]
    public void The_checker_of_onnx_finds_nothing(string id)
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        using var network = SmallNetwork.Build(id, out var shape);
        var preset = new ImagePreset { Channels = (int)shape[0], ResizeSize = [(int)shape[1]], CropSize = [(int)shape[1], (int)shape[2]], Mean = [.. shape.Take(1).SelectMany(count => Enumerable.Repeat(0.5, (int)count))], Std = [.. Enumerable.Repeat(0.5, (int)shape[0])] };
        var options = new OnnxExportOptions { InputShape = shape, Preset = preset };
        foreach (var chosen in (OnnxExportOptions[])[options, options with { ExternalData = true }, options with { Type = ScalarType.Float16 }, options with { Type = ScalarType.BFloat16 }, options with { WithPreprocessing = true }])
        {
            var path = folder.File("model.onnx");
            network.ExportOnnx(path, chosen);
            var (code, _, error) = Python.Run(Python.With("onnx")!, "import onnx, sys; onnx.checker.check_model(sys.argv[1], full_check=True)", path);
            Assert.True(code == 0, $"{chosen}: {error}");
        }
    }

    private static void AssertSame(Block network, StateDict read)
    {
        var state = network.state_dict();
        Assert.Equal(state.Keys.Order(), read.Names.Order());
        Assert.All(read.Entries, entry => Assert.True(entry.ToTensor().equal(state[entry.Name]).all().item<bool>(), entry.Name));
    }

    private sealed class Stop(CancellationTokenSource source) : IProgress<ByteProgress>
    {
        public void Report(ByteProgress value) => source.Cancel();
    }

    private sealed class StopAtLast(CancellationTokenSource source) : IProgress<ByteProgress>
    {
        public void Report(ByteProgress value)
        {
            if (value.Done == value.Total) source.Cancel();
        }
    }

    private sealed class AtLast(Action act) : IProgress<ByteProgress>
    {
        public void Report(ByteProgress value)
        {
            if (value.Done == value.Total) act();
        }
    }

    private sealed class Steps : IProgress<ByteProgress>
    {
        public List<ByteProgress> Seen { get; } = [];

        public void Report(ByteProgress value) => Seen.Add(value);
    }
}
