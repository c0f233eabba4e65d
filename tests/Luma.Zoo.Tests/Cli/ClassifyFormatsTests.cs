using System.Text.Json;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.Formats;
using SixLabors.ImageSharp.Formats.Pbm;
using SixLabors.ImageSharp.Formats.Tga;
using SixLabors.ImageSharp.Formats.Tiff;
using SixLabors.ImageSharp.Formats.Tiff.Constants;
using SixLabors.ImageSharp.PixelFormats;

namespace Luma.Zoo.Tests.Cli;

/// <summary>The program and files of kinds that Skia does not read.</summary>
public class ClassifyFormatsTests
{
    [Fact]
    public async Task TIFF_TGA_and_portable_maps_have_the_answers_of_the_same_picture_as_PNG()
    {
        using var folder = new Weights.TemporaryFolder();
        var paths = Write(folder, "digit.tif", "digit.tga", "digit.ppm");
        // Three of them too: a batch of another size rounds in another way.
        var expected = Predictions((await Run.Of(["classify", "lenet_5", .. Enumerable.Repeat(ManyImages.Digits[0], 3), "--json"])).Json());

        var answers = Predictions((await Run.Of(["classify", "lenet_5", .. paths, "--json"])).Json());

        Assert.Equal(3, answers.Count);
        Assert.Equal(expected, answers);
    }

    [Fact]
    public async Task A_file_is_known_by_its_content_whatever_its_name_says()
    {
        using var folder = new Weights.TemporaryFolder();
        var paths = Write(folder, "tiff.png", "tga.jpg", "map");

        var answers = Predictions((await Run.Of(["classify", "lenet_5", .. paths, "--json"])).Json());

        Assert.Equal(3, answers.Count);
        Assert.All(answers, answer => Assert.StartsWith("""[{"index":0,"label":"0",""", answer, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_folder_is_searched_for_their_extensions()
    {
        using var folder = new Weights.TemporaryFolder();
        Write(folder, "a.tiff", "b.TGA", "c.pnm");
        File.WriteAllText(folder.File("d.txt"), "P5 no image");

        Assert.Equal(3, Predictions((await Run.Of("classify", "lenet_5", Path.GetDirectoryName(folder.File("a.tiff"))!, "--json")).Json()).Count);
    }

    [Theory]
    [InlineData("cut.tif")]
    [InlineData("cut.tga")]
    [InlineData("cut.ppm")]
    public async Task A_truncated_one_fails_in_one_line(string name)
    {
        using var folder = new Weights.TemporaryFolder();
        var path = Write(folder, "cut.tif", "cut.tga", "cut.ppm").Single(path => path.EndsWith(name, StringComparison.Ordinal));
        var bytes = File.ReadAllBytes(path);
        File.WriteAllBytes(path, bytes[..(bytes.Length / 2)]);

        Assert.StartsWith($"{path}: ", (await Run.Of("classify", "lenet_5", path)).Failure(), StringComparison.Ordinal);
    }

    private static List<string> Write(Weights.TemporaryFolder folder, string tiff, string tga, string map)
    {
        using var image = Image.Load<Rgb24>(ManyImages.Digits[0]);
        Save(tiff, new TiffEncoder { Compression = TiffCompression.Lzw });
        Save(tga, new TgaEncoder { Compression = TgaCompression.RunLength, BitsPerPixel = TgaBitsPerPixel.Pixel24 });
        Save(map, new PbmEncoder { ColorType = PbmColorType.Rgb, Encoding = PbmEncoding.Binary });
        return [folder.File(tiff), folder.File(tga), folder.File(map)];

        void Save(string name, IImageEncoder encoder)
        {
            using var file = File.Create(folder.File(name));
            image.Save(file, encoder);
        }
    }

    private static List<string> Predictions(JsonElement images) =>
        [.. images.EnumerateArray().Select(image => image.GetProperty("predictions").GetRawText())];
}
