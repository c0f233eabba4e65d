using Luma.Neural;
using Luma.Zoo.Tests.Weights;
using Luma.Zoo.Weights;

namespace Luma.Zoo.Tests.Models;

/// <summary>
/// Weights there and back, where there is a Python with torchvision: a few small networks of different families. All of them are for
/// scripts/compare.
/// </summary>
public class LiveTests
{
    // Loads our file strictly, runs it on our images, and saves it in both formats.
    private const string Run = """
        import sys, torch
        from torchvision import models
        name, folder = sys.argv[1:]
        extra = {"init_weights": False} if name == "googlenet" else {}
        model = models.get_model(name, num_classes=50, **extra).eval()
        model.load_state_dict(torch.load(f"{folder}/ours.pth", weights_only=True))
        with torch.inference_mode():
            output = model(torch.load(f"{folder}/images.pth", weights_only=True)["images"])
        torch.save({"output": output}, f"{folder}/output.pth")
        torch.save(model.state_dict(), f"{folder}/zip.pth")
        torch.save(model.state_dict(), f"{folder}/legacy.pth", _use_new_zipfile_serialization=False)
        """;

    public static TheoryData<string> Ids => ["squeezenet1_1", "mnasnet0_5", "densenet121", "googlenet", "mobilenet_v2", "swin_t", "shufflenet_v2_x0_5"];

    [PythonTheory("torch", "torchvision"), MemberData(nameof(Ids))]
    public void Python_runs_our_weights_and_we_load_pythons_files(string id)
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        using var skip = Initializers.Skip();
        using var network = ModelZoo.Create(id, ModelGolden.Classes);
        manual_seed(1);
        ModelGolden.Fill(network, ModelGolden.Load(id).Weighted.Gain);
        var images = ModelGolden.DrawImages(2, ModelGolden.Load(id).Input);
        using (var weights = StateDict.Of(network)) weights.Save(folder.File("ours.pth"));
        using (var input = StateDict.Of([KeyValuePair.Create("images", images)])) input.Save(folder.File("images.pth"));

        var (code, _, error) = Python.Run(Python.With("torch", "torchvision")!, Run, id, Path.GetDirectoryName(folder.File("ours.pth"))!);
        Assert.True(code == 0, error);

        network.eval();
        using var inference = inference_mode();
        using (var output = StateDict.Open(folder.File("output.pth")))
        {
            var expected = output["output"].ToTensor().data<float>().ToArray();
            Assert.InRange(ModelGolden.Difference(expected, network.call(images).data<float>().ToArray()), 0, 2e-5);
        }
        foreach (var (file, format) in new[] { ("zip.pth", WeightFormat.TorchZip), ("legacy.pth", WeightFormat.TorchLegacy) })
        {
            using var weights = StateDict.Open(folder.File(file));
            using var loaded = ModelZoo.Create(id, ModelGolden.Classes);
            ModelZoo.Load(loaded, id, weights);

            Assert.Equal(format, weights.Format);
            Assert.All(network.state_dict().Zip(loaded.state_dict()), pair => Assert.True(pair.First.Value.equal(pair.Second.Value).all().item<bool>(), pair.First.Key));
        }
    }
}
