using System.Text.Json;
using Luma.Zoo.Images;

namespace Luma.Zoo.Tests.Images;

public class ImagePresetTests
{
    private static readonly ImagePreset Preset = new() { ResizeSize = [256], CropSize = [224] };

    public static TheoryData<string, string, string> Presets()
    {
        var data = new TheoryData<string, string, string>();
        foreach (var entry in ImageGoldens.Read("presets").EnumerateArray())
            data.Add(entry.GetProperty("file").GetString()!, entry.GetProperty("preset").GetRawText(), entry.GetProperty("tensor").GetString()!);
        return data;
    }

    [Theory]
    [MemberData(nameof(Presets))]
    public void The_tensor_is_that_of_torchvision_to_the_bit(string file, string json, string expected)
    {
        using var scope = NewDisposeScope();
        var preset = ImagePreset.FromJson(json);

        var tensor = preset.Apply(ImageDecoder.Decode(ImageGoldens.Sample(file), ImageGoldens.AsItStands));

        Assert.Equal(preset.GetInputShape(), tensor.shape);
        Assert.Equal(expected, ImageGoldens.Hash(tensor.bytes));
    }

    [Fact]
    public void Every_resized_image_is_that_of_PIL()
    {
        foreach (var entry in ImageGoldens.Read("resized").EnumerateArray())
        {
            var image = ImageDecoder.Decode(ImageGoldens.Sample(entry.GetProperty("file").GetString()!));
            var (width, height) = (entry.GetProperty("width").GetInt32(), entry.GetProperty("height").GetInt32());
            var interpolation = Enum.Parse<Interpolation>(entry.GetProperty("interpolation").GetString()!, ignoreCase: true);
            var grey = entry.GetProperty("channels").GetInt32() == 1;

            var resized = Resizer.Resize(grey ? image.ToGrey() : image.Pixels, grey ? 1 : 4, image.Width, image.Height, width, height,
                new Segment(0, width), new Segment(0, height), interpolation);

            var pixels = grey ? resized : [.. resized.Where((_, i) => i % 4 != 3)];
            Assert.True(entry.GetProperty("pixels").GetString() == ImageGoldens.Hash(pixels), $"{entry}");
        }
    }

    [Fact]
    public void A_window_of_a_resized_image_is_that_part_of_the_whole()
    {
        var image = ImageDecoder.Decode(ImageGoldens.Sample("rgb.png"));
        foreach (var interpolation in Enum.GetValues<Interpolation>())
        {
            var whole = Resizer.Resize(image.Pixels, 4, 97, 61, 50, 70, new(0, 50), new(0, 70), interpolation);
            var window = Resizer.Resize(image.Pixels, 4, 97, 61, 50, 70, new(11, 23), new(31, 17), interpolation);

            for (var row = 0; row < 17; row++)
                Assert.Equal(whole[(4 * (((31 + row) * 50) + 11))..(4 * (((31 + row) * 50) + 34))], window[(4 * row * 23)..(4 * (row + 1) * 23)]);
        }
    }

    [Fact]
    public void A_very_long_image_takes_no_more_memory_than_its_crop()
    {
        using var strip = zeros([3, 1, 100_000], ScalarType.Byte);
        var image = DecodedImage.FromTensor(strip);

        var before = GC.GetAllocatedBytesForCurrentThread();
        using var tensor = Preset.Apply(image);

        Assert.Equal([3, 224, 224], tensor.shape);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 10_000_000);
    }

    [Fact]
    public void An_image_too_narrow_for_a_fixed_size_is_refused()
    {
        using var strip = zeros([3, 1_000_000, 1], ScalarType.Byte);
        var image = DecodedImage.FromTensor(strip);

        Assert.Throws<ImageException>(() => (Preset with { ResizeSize = [4096, 4096], CropSize = [4096] }).Apply(image));
    }

    [Fact]
    public void A_preset_survives_JSON_with_the_names_of_torchvision()
    {
        var preset = Preset with { ResizeSize = [236, 240], Interpolation = Interpolation.Bicubic, Mean = [0.5, 0.25, 0.125] };

        var json = preset.ToJson();

        Assert.Equal("""{"channels":3,"resize_size":[236,240],"crop_size":[224],"interpolation":"bicubic","mean":[0.5,0.25,0.125],"std":[0.229,0.224,0.225]}""", json);
        Assert.Equal(preset, ImagePreset.FromJson(json));
        Assert.Equal(preset.GetHashCode(), ImagePreset.FromJson(json).GetHashCode());
        Assert.NotEqual(Preset, preset);
    }

    [Theory]
    [InlineData("""{"resize_size":[],"crop_size":[224]}""")]
    [InlineData("""{"resize_size":[1,2,3],"crop_size":[224]}""")]
    [InlineData("""{"resize_size":[0],"crop_size":[224]}""")]
    [InlineData("""{"resize_size":[256],"crop_size":[-1]}""")]
    [InlineData("""{"resize_size":[256],"crop_size":[5000]}""")]
    [InlineData("""{"resize_size":null,"crop_size":[224]}""")]
    [InlineData("""{"resize_size":[256],"crop_size":[224],"channels":2}""")]
    [InlineData("""{"resize_size":[256],"crop_size":[224],"channels":1}""")]
    [InlineData("""{"resize_size":[256],"crop_size":[224],"std":[1,0,1]}""")]
    [InlineData("""{"resize_size":[256],"crop_size":[224],"mean":[0.5]}""")]
    [InlineData("""{"resize_size":[256],"crop_size":[224],"mean":[1e300,0,0]}""")]
    public void A_preset_that_makes_no_sense_is_refused(string json) => Assert.Throws<ArgumentException>(() => ImagePreset.FromJson(json));

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("""{"crop_size":[224]}""")]
    [InlineData("""{"resize_size":256,"crop_size":[224]}""")]
    [InlineData("""{"resize_size":[256],"crop_size":[224],"interpolation":"lanczos"}""")]
    public void Text_that_is_no_preset_is_refused(string json) => Assert.Throws<JsonException>(() => ImagePreset.FromJson(json));

    [Fact]
    public void A_preset_made_in_code_is_checked_when_it_is_used()
    {
        var image = ImageDecoder.Decode(ImageGoldens.Sample("one-pixel.png"));

        Assert.Throws<ArgumentException>(() => (Preset with { Std = [1] }).Apply(image));
    }

    [Theory, Trait("Category", "Slow")]
    [InlineData(20_000_000, 1, Interpolation.Bilinear)]
    [InlineData(20_000_000, 1, Interpolation.Bicubic)]
    [InlineData(1, 150_000, Interpolation.Bicubic)]
    public void A_line_of_many_pixels_is_resized_in_pieces(int width, int height, Interpolation interpolation)
    {
        var pixels = new byte[4L * width * height];
        Array.Fill(pixels, (byte)77);
        var image = new DecodedImage(width, height, pixels);
        var preset = new ImagePreset { ResizeSize = [224, 224], CropSize = [224], Interpolation = interpolation, Mean = [0, 0, 0], Std = [1, 1, 1] };

        using var input = preset.Apply(image);

        Assert.Equal((77 / 255f, 77 / 255f), (input.min().item<float>(), input.max().item<float>()));
    }

    [Fact]
    public void Steps_without_end_are_refused()
    {
        var image = new DecodedImage(1, 10_000_000, new byte[40_000_000]);

        Assert.Throws<ImageException>(() => new ImagePreset { ResizeSize = [256], CropSize = [224], Interpolation = Interpolation.Nearest }.Apply(image));
    }

    [Fact]
    public void What_json_leaves_out_has_its_default()
    {
        var preset = ImagePreset.FromJson("""{"resize_size": [256], "crop_size": [224], "mean": null}""");

        Assert.Equal(new ImagePreset { ResizeSize = [256], CropSize = [224] }, preset);
        var blue = preset with { ChannelOrder = ChannelOrder.Bgr, Mean = [0.1, 0.2, 0.3] };
        Assert.Equal(blue, ImagePreset.FromJson(blue.ToJson()));
        Assert.DoesNotContain("order", preset.ToJson(), StringComparison.Ordinal);
    }

    [Fact]
    public void Channels_are_given_in_the_network_s_order_with_their_own_numbers()
    {
        using var scope = TorchSharp.torch.NewDisposeScope();
        var image = DecodedImage.FromTensor(TorchSharp.torch.tensor(new byte[] { 10, 20, 30 }).reshape(3, 1, 1));
        var preset = new ImagePreset { ResizeSize = [1], CropSize = [1], Mean = [0.1, 0.2, 0.3], Std = [1, 0.5, 0.25], ChannelOrder = ChannelOrder.Bgr };

        var input = preset.Apply(image).data<float>().ToArray();

        Assert.Equal([(30 / 255f - 0.1f) / 1f, (20 / 255f - 0.2f) / 0.5f, (10 / 255f - 0.3f) / 0.25f], input);
    }
}
