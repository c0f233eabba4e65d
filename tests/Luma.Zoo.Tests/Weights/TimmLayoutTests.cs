using Luma.Zoo.Images;
using Luma.Zoo.Tests.Training;
using Luma.Zoo.Training;
using Luma.Zoo.Weights;
using Luma.Zoo.Weights.KeyMaps;

namespace Luma.Zoo.Tests.Weights;

/// <summary>What is written for timm is what timm's own folders have: see <see cref="TimmFolderTests"/>.</summary>
public sealed class TimmLayoutTests : IDisposable
{
    private static readonly ModelManifest Plain = new() { Model = "resnet18", Classes = ["a", "b", "c"], Preset = new() { ResizeSize = [256], CropSize = [224] } };

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("resnet18")]
    [InlineData("resnext50_32x4d")]
    [InlineData("wide_resnet50_2")]
    [InlineData("densenet121")]
    public void Networks_that_are_written_so_have_the_names_of_timm(string id)
    {
        using var network = ModelZoo.Create(id);
        using var weights = StateDict.Of(network);
        var names = TimmGolden.Names.Loaded[id].Tensors.Select(line => line.Split(' ')[0]).ToList();

        Assert.Equal(names.Order(StringComparer.Ordinal), weights.Names.Order(StringComparer.Ordinal));
        var (first, last) = TimmArchitectures.LayersOf(id)!.Value;
        Assert.Equal(($"{first}.weight", $"{last}.bias"), (names[0], names[^1]));
    }

    [Theory]
    [InlineData("vgg11")]
    [InlineData("efficientnet_b0")]
    [InlineData("vit_b_16")]
    [InlineData("resnet_20")]
    [InlineData("lenet_5")]
    public void Other_networks_are_not_written_so(string id) => Assert.Null(TimmLayout.Write(Plain with { Model = id }));

    public static TheoryData<int[], int[], int, Interpolation> Presets => new()
    {
        { [256], [224], 3, Interpolation.Bilinear },
        { [232], [224], 3, Interpolation.Bicubic },
        { [224], [224], 1, Interpolation.Nearest },
        { [195], [176], 3, Interpolation.Bilinear },
        { [235, 235], [224, 224], 3, Interpolation.Bilinear },
        { [32, 64], [32, 64], 3, Interpolation.Bilinear },
    };

    [Theory]
    [MemberData(nameof(Presets))]
    public void What_is_written_reads_as_the_same_model(int[] resize, int[] crop, int channels, Interpolation interpolation)
    {
        double[] Each(double value) => [.. Enumerable.Repeat(value, channels)];
        var preset = new ImagePreset { ResizeSize = resize, CropSize = crop, Channels = channels, Interpolation = interpolation, Mean = Each(0.4), Std = Each(0.3) };
        var manifest = Plain with { Preset = preset, Classes = ["Bär", "a \"b\"", "c"], Options = new() { Dropout = 0.5 } };

        var read = TimmConfig.TryRead("config.json", TimmLayout.Write(manifest)!)!;

        Assert.Equal(("resnet18", channels == 3 ? null : (long?)channels), (read.Model, read.Options.InChannels));
        Assert.Equal(manifest.Classes, read.Classes);
        Assert.Equal(preset.Mean, read.Preset.Mean);
        Assert.Equal(preset.Std, read.Preset.Std);
        Assert.Equal((channels, interpolation), (read.Preset.Channels, read.Preset.Interpolation));
        Assert.Equal((resize[0], resize[^1], crop[0], crop[^1]), (read.Preset.ResizeSize[0], read.Preset.ResizeSize[^1], read.Preset.CropSize[0], read.Preset.CropSize[^1]));
    }

    [Fact]
    public void What_timm_cannot_do_is_not_written()
    {
        Assert.Null(TimmLayout.Write(Plain with { Preset = Plain.Preset with { ChannelOrder = ChannelOrder.Bgr } }));
        // A frame around a smaller picture, and sides that are divided by different numbers.
        Assert.Null(TimmLayout.Write(Plain with { Preset = new() { ResizeSize = [200], CropSize = [224] } }));
        Assert.Null(TimmLayout.Write(Plain with { Preset = new() { ResizeSize = [256, 224], CropSize = [224, 224] } }));
        Assert.Null(TimmLayout.Write(Plain with { Options = new() { Config = ModelConfig.Luma } }));
    }

    [Fact]
    public void The_best_weights_of_a_run_lie_in_a_folder_of_timms()
    {
        Directory.CreateDirectory(folder.File("run"));
        using var network = ModelZoo.Create("resnet18", new ModelOptions { NumClasses = 3 });
        new BestInRun(folder.File("run"), Plain with { Options = new() { NumClasses = 3 } }).Keep(network, new EpochRecord(1, 1, 0.1, 1));
        var own = ModelFolder.Open(folder.File("run")).Manifest;
        File.Delete(folder.File("run/model.json"));

        var timms = ModelFolder.Open(folder.File("run"));

        Assert.Equal("timm", timms.Manifest.Provenance["source"]);
        Assert.Equal((own.Model, own.Preset.ToJson()), (timms.Manifest.Model, timms.Manifest.Preset.ToJson()));
        Assert.Equal(own.Classes, timms.Manifest.Classes);
        using var loaded = timms.CreateNetwork();
        Assert.Equal(Small.WeightsOf(network, "fc."), Small.WeightsOf(loaded, "fc."));
    }
}
