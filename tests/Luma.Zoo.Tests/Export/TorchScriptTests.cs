using Luma.Neural;
using Luma.Zoo.Export.TorchScript;
using Luma.Zoo.Tests.Models;
using Luma.Zoo.Tests.Weights;
using Luma.Zoo.Weights;

namespace Luma.Zoo.Tests.Export;

/// <summary>TorchScript archives in TorchSharp and in Python. The whole catalogue's are run in <see cref="FormsTests"/>.</summary>
public class TorchScriptTests
{
    private const string Load = """
        import sys, torch
        from torchvision import models
        name, folder = sys.argv[1:]
        module = torch.jit.load(f"{folder}/network.pt")
        given = torch.load(f"{folder}/tensors.pth", weights_only=True)
        with torch.inference_mode():
            output = module(given["images"])
        assert torch.allclose(output, given["output"], rtol=0, atol=1e-5 * given["output"].abs().max().item()), (output - given["output"]).abs().max()
        extra = {"init_weights": False} if name == "googlenet" else {}
        network = models.get_model(name, num_classes=50, **extra)
        network.load_state_dict(module.state_dict())
        assert [n for n, _ in network.named_parameters()] == [n for n, _ in module.named_parameters()]
        """;

    public static TheoryData<string> Ids => ["squeezenet1_1", "googlenet", "mobilenet_v3_small", "swin_t", "swin_v2_t", "convnext_tiny", "shufflenet_v2_x0_5"];

    [PythonTheory("torch", "torchvision"), MemberData(nameof(Ids))]
    public void Python_runs_it_and_its_state_dict_is_torchvisions(string id)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var folder = new TemporaryFolder();
        using var network = SmallNetwork.Build(id, out var shape);
        var images = ModelGolden.DrawImages(2, shape);
        network.ExportTorchScript(folder.File("network.pt"), shape);
        using (var tensors = StateDict.Of([KeyValuePair.Create("images", images), KeyValuePair.Create("output", network.call(images))])) tensors.Save(folder.File("tensors.pth"));

        var (code, _, error) = Python.Run(Python.With("torch", "torchvision")!, Load, id, Path.GetDirectoryName(folder.File("network.pt"))!);

        Assert.True(code == 0, error);
    }

    [Fact]
    public void It_has_the_networks_bits_at_other_sizes_too_and_leaves_its_mode()
    {
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        using var folder = new TemporaryFolder();
        using var network = SmallNetwork.Build("resnet18", out var shape);
        var images = ModelGolden.DrawImages(3, [3, 50, 44]);
        var expected = network.call(images).data<float>().ToArray();

        network.train();
        network.ExportTorchScript(folder.File("network.pt"), shape);
        using var module = jit.load<Tensor, Tensor>(folder.File("network.pt"));

        Assert.True(network.training);
        Assert.Equal(expected, module.call(images).data<float>().ToArray());
        Assert.Equal(network.named_parameters().Select(entry => entry.name).Order(), module.named_parameters().Select(entry => entry.name).Order());
    }

    [Fact]
    public void A_size_that_the_network_does_not_take_is_refused_and_no_file_is_left()
    {
        using var folder = new TemporaryFolder();
        using var network = ModelZoo.Create("lenet_5");

        Assert.Throws<InputShapeException>(() => network.ExportTorchScript(folder.File("network.pt"), [3, 32, 32]));
        Assert.False(File.Exists(folder.File("network.pt")));
    }
}
