using Luma.Neural;
using Luma.Zoo.Export.Onnx;
using Luma.Zoo.Images;
using Luma.Zoo.Tests.Weights;

namespace Luma.Zoo.Tests.Export.Onnx;

/// <summary>A model that takes bytes shows its network what a preset makes of an image, to the bit.</summary>
public class OnnxPreprocessingTests
{
    private static readonly ImagePreset Usual = new() { ResizeSize = [36], CropSize = [32] };

    private static readonly Dictionary<string, ImagePreset> Presets = new()
    {
        ["usual"] = Usual,
        ["bicubic"] = Usual with { Interpolation = Interpolation.Bicubic },
        ["odd"] = Usual with { ResizeSize = [37], CropSize = [24, 31] },
        ["height and width"] = Usual with { ResizeSize = [40, 33], Interpolation = Interpolation.Bicubic },
        ["a frame"] = Usual with { ResizeSize = [20], CropSize = [33, 28] },
        ["blue first"] = Usual with { ChannelOrder = ChannelOrder.Bgr, Mean = [0.1, 0.2, 0.3], Std = [1 / 255.0, 0.5, 2] },
        ["grey"] = Usual with { Channels = 1, Mean = [0.1307], Std = [0.3081] },
        ["as it is"] = Usual with { ResizeSize = [32], CropSize = [32] },
    };

    // Shrunk and enlarged, upright and lying, square, and a row.
    private static readonly (int Height, int Width)[] Sizes = [(61, 97), (97, 61), (32, 32), (20, 23), (240, 180), (33, 411), (36, 36), (5, 4)];

    public static TheoryData<string> Names => [.. Presets.Keys];

    [Theory, MemberData(nameof(Names))]
    public void The_network_is_shown_what_the_preset_makes_of_the_image(string name)
    {
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        var preset = Presets[name];
        using var network = new Mirror();
        var path = folder.File("model.onnx");
        network.ExportOnnx(path, new() { Preset = preset, WithPreprocessing = true });
        using var model = new OnnxModel(path);

        var random = new Random(1);
        foreach (var (height, width) in Sizes)
        {
            // Two images, one of noise and one of black and white, whose sums are the largest.
            var pixels = new byte[2 * height * width * preset.Channels];
            random.NextBytes(pixels);
            for (var i = pixels.Length / 2; i < pixels.Length; i++) pixels[i] = pixels[i] < 128 ? (byte)0 : (byte)255;

            var shown = model.Run(pixels, [2, height, width, preset.Channels]);

            var expected = pixels.Chunk(pixels.Length / 2).SelectMany(image => preset.Apply(Image(image, height, width)).data<float>()).ToArray();
            Assert.Equal(expected, shown);
        }
    }

    [Fact]
    public void Nearest_pixels_are_refused()
    {
        using var folder = new TemporaryFolder();
        using var network = new Mirror();

        var error = Assert.Throws<NotSupportedException>(() => network.ExportOnnx(
            folder.File("a.onnx"), new() { Preset = Usual with { Interpolation = Interpolation.Nearest }, WithPreprocessing = true }));

        Assert.StartsWith("A model cannot take nearest pixels itself", error.Message, StringComparison.Ordinal);
        Assert.Empty(folder.Names);
    }

    [Fact]
    public void Preprocessing_needs_a_preset_of_the_networks_size()
    {
        using var network = new Mirror();

        Assert.Throws<ArgumentException>(() => network.ExportOnnx("a.onnx", new() { InputShape = [3, 32, 32], WithPreprocessing = true }));
        Assert.Throws<ArgumentException>(() => network.ExportOnnx("a.onnx", new() { InputShape = [3, 31, 32], Preset = Usual, WithPreprocessing = true }));
    }

    private static DecodedImage Image(byte[] pixels, int height, int width)
    {
        var channels = pixels.Length / (height * width);
        return new(width, height, [.. Enumerable.Range(0, height * width).SelectMany(place => (byte[])[pixels[place * channels], pixels[(place * channels) + (channels / 2)], pixels[(place * channels) + channels - 1], 255])]);
    }

    // Answers with what it is shown.
    private sealed class Mirror() : Block(nameof(Mirror))
    {
        protected override Tensor Compute(Tensor x) => Ops.Scale(x, 1);
    }
}
