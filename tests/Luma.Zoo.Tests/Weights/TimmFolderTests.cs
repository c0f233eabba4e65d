using System.Text.Json.Nodes;
using Luma.Zoo.Images;
using Luma.Zoo.Tests.Cli;
using Luma.Zoo.Tests.Models;
using Luma.Zoo.Weights;
using Luma.Zoo.Weights.KeyMaps;

namespace Luma.Zoo.Tests.Weights;

public sealed class TimmFolderTests : IDisposable
{
    private static readonly TimmGolden Golden = TimmGolden.Names;

    private static readonly string Image = Directory
        .EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "Images", "Samples"), "*.png").Order(StringComparer.Ordinal).First();

    private readonly TemporaryFolder folder = new();

    public static TheoryData<string> Loaded => [.. Golden.Loaded.Keys];

    public static TheoryData<string> Refused => [.. Golden.Refused.Keys];

    public void Dispose() => folder.Dispose();

    [Theory, MemberData(nameof(Loaded))]
    public void An_architecture_is_the_network_whose_weights_it_has(string architecture) =>
        Assert.Equal(Golden.Loaded[architecture].Id, TimmArchitectures.Find(architecture, out _));

    [Theory, MemberData(nameof(Refused))]
    public void An_architecture_that_computes_something_else_is_refused_with_the_reason(string architecture)
    {
        Assert.Null(TimmArchitectures.Find(architecture, out var reason));
        Assert.DoesNotContain("known to compute the same", reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("model.safetensors", true)]
    [InlineData("pytorch_model.bin", false)]
    public async Task A_folder_opens_as_it_is(string file, bool nested)
    {
        string[] names = ["a", "b", "c"];
        Write("model", "resnet18", file, nested, ("label_names", new JsonArray([.. names.Select(name => JsonValue.Create(name))])));

        var model = ModelFolder.Open(folder.File("model"));
        var answer = (await Run.Of("classify", folder.File("model"), Image, "--json")).Json()[0].GetProperty("predictions");

        Assert.Equal(names, answer.EnumerateArray().Select(entry => entry.GetProperty("label").GetString()!).Order());
        // timm's transforms_imagenet_eval: floor(176 / 0.9).
        Assert.Equal(
            new ImagePreset { ResizeSize = [195], CropSize = [176], Interpolation = Interpolation.Bicubic, Mean = [0.5, 0.5, 0.5], Std = [0.5, 0.5, 0.5] },
            model.Manifest.Preset);
        Assert.Equal(("timm", "resnet18", "a1_in1k"), (
            model.Manifest.Provenance["source"], model.Manifest.Provenance["architecture"], model.Manifest.Provenance["tag"]));
    }

    [Fact]
    public async Task A_snapshot_in_a_cache_opens_by_the_folder_of_its_repository()
    {
        Write("models--timm--resnet18.a1_in1k/snapshots/0123abcd", "resnet18", "model.safetensors", nested: true);
        Directory.CreateDirectory(folder.File("models--timm--resnet18.a1_in1k/refs"));
        File.WriteAllText(folder.File("models--timm--resnet18.a1_in1k/refs/main"), "0123abcd\n");

        Assert.Equal(0, (await Run.Of("classify", folder.File("models--timm--resnet18.a1_in1k"), Image)).ExitCode);
    }

    // The names of tensors are the same for both: the config tells, whatever the folder is called.
    [Theory]
    [InlineData("tf_efficientnet_b0", "efficientnet_b0", true)]
    [InlineData("efficientnet_b0", "tf_efficientnet_b0", false)]
    public async Task What_a_config_says_goes_before_what_a_folder_is_called(string name, string architecture, bool fits)
    {
        Write(name, architecture, "model.safetensors", nested: true, weights: "efficientnet_b0");
        var path = folder.File($"{name}/model.safetensors");

        var byFolder = await Run.Of("classify", folder.File(name), Image);
        var byFile = await Run.Of("classify", $"efficientnet_b0:{path}", Image);

        Assert.Equal(fits ? (0, 0) : (1, 1), (byFolder.ExitCode, byFile.ExitCode));
        if (!fits) Assert.Contains("pads as TensorFlow does", byFolder.Failure(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("crop_mode", "\"border\"", "crop_mode 'border' is not known here")]
    [InlineData("crop_pct", "0", "crop_pct is 0")]
    [InlineData("interpolation", "\"lanczos\"", "interpolation 'lanczos' is not known here")]
    [InlineData("input_size", "[3, 0, 224]", "input_size (3, 0, 224)")]
    [InlineData("input_size", "[3, 200, 224]", "only squares are resized as timm does")]
    [InlineData("mean", "[0.5, 0.5]", "Expected 3 finite numbers")]
    [InlineData("input_size", "\"large\"", "not a config.json of timm's that can be used")]
    public async Task Images_that_are_prepared_otherwise_are_refused_with_the_reason(string member, string value, string reason)
    {
        Write("model", "resnet18", "model.safetensors", nested: true);
        Change("model", json => json["pretrained_cfg"]![member] = JsonNode.Parse(value));

        Assert.Contains(reason, (await Run.Of("classify", folder.File("model"), Image)).Failure(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("global_pool", "\"max\"", "its global_pool is 'max'")]
    [InlineData("model_args", "{\"stem_type\": \"deep\"}", "built with model_args 'stem_type'")]
    [InlineData("num_classes", "0", "for 0 classes")]
    [InlineData("num_classes", "1000001", "1000000 are the most")]
    [InlineData("label_names", "[\"a\"]", "3 classes and 1 label_names")]
    public async Task A_network_that_was_built_otherwise_is_refused_with_the_reason(string member, string value, string reason)
    {
        Write("model", "resnet18", "model.safetensors", nested: true);
        Change("model", json => json[member] = JsonNode.Parse(value));

        Assert.Contains(reason, (await Run.Of("classify", folder.File("model"), Image)).Failure(), StringComparison.Ordinal);
    }

    [LinuxFact]
    public async Task A_pipe_or_a_device_in_place_of_a_config_is_told_and_not_waited_for()
    {
        Write("model", "resnet18", "model.safetensors", nested: true);
        File.Delete(folder.File("model/config.json"));
        File.CreateSymbolicLink(folder.File("model/config.json"), "/dev/zero");

        var byFolder = await Run.Of("classify", folder.File("model"), Image);
        var byFile = await Run.Of("classify", $"resnet18:{folder.File("model/model.safetensors")}", Image);

        Assert.Contains("this is a device, not a file", byFolder.Failure(), StringComparison.Ordinal);
        Assert.Equal(1, byFile.ExitCode);
    }

    [Fact]
    public async Task A_config_of_another_library_is_told()
    {
        Directory.CreateDirectory(folder.File("model"));
        File.WriteAllText(folder.File("model/config.json"), """{"architectures": ["ResNetForImageClassification"], "id2label": {"0": "cat"}}""");

        Assert.Contains("its config.json is not timm's", (await Run.Of("classify", folder.File("model"), Image)).Failure(), StringComparison.Ordinal);
    }

    // Both ways of keeping what is asked of images: under pretrained_cfg, and beside the architecture as before timm 0.8.
    private void Write(string name, string architecture, string file, bool nested, (string, JsonNode)? extra = null, string? weights = null)
    {
        using var scope = NewDisposeScope();
        Directory.CreateDirectory(folder.File(name));
        manual_seed(1);
        var tensors = TimmGolden.Tensors(Golden.Loaded[weights ?? architecture].Tensors, classes: 3);
        ModelGolden.Fill(tensors, gain: 1);
        using (var state = StateDict.Of(tensors)) state.Save(folder.File($"{name}/{file}"));

        JsonObject images = new()
        {
            ["tag"] = "a1_in1k",
            ["input_size"] = new JsonArray(3, 176, 176),
            ["crop_pct"] = 0.9,
            ["interpolation"] = "bicubic",
            ["fixed_input_size"] = false,
            ["mean"] = new JsonArray(0.5, 0.5, 0.5),
            ["std"] = new JsonArray(0.5, 0.5, 0.5),
            ["first_conv"] = "conv1",
            ["classifier"] = "fc",
            ["num_classes"] = 1000,
        };
        JsonObject config = new() { ["architecture"] = architecture, ["num_classes"] = 3, ["num_features"] = 512, ["global_pool"] = "avg" };
        if (nested)
        {
            config["pretrained_cfg"] = images;
        }
        else
        {
            foreach (var (key, value) in images.ToList())
            {
                images.Remove(key);
                config.TryAdd(key, value);
            }
        }
        if (extra is var (member, content)) config[member] = content;
        File.WriteAllText(folder.File($"{name}/config.json"), config.ToJsonString());
    }

    private void Change(string name, Action<JsonObject> change)
    {
        var file = folder.File($"{name}/config.json");
        var json = JsonNode.Parse(File.ReadAllText(file))!.AsObject();
        change(json);
        File.WriteAllText(file, json.ToJsonString());
    }
}
