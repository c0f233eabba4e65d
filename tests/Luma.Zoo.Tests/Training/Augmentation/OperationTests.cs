using System.Security.Cryptography;
using System.Text.Json;
using Luma.Zoo.Images;
using Luma.Zoo.Training.Augmentation;

namespace Luma.Zoo.Tests.Training.Augmentation;

/// <summary>Pixels that torchvision makes, given an operation's parameters.</summary>
public sealed class OperationTests
{
    private static readonly AugmentationGoldens Goldens = AugmentationGoldens.Load();

    public static TheoryData<string> Operations => [.. Goldens.Cases.Select(golden => golden.GetProperty("operation").GetString()!).Distinct()];

    [Theory]
    [MemberData(nameof(Operations))]
    public void PixelsAreTorchvisions(string operation)
    {
        var failures = new List<string>();
        foreach (var golden in Goldens.Cases.Where(golden => golden.GetProperty("operation").GetString() == operation))
        {
            var image = Goldens.Picture(golden.GetProperty("picture").GetString()!);
            var before = image.Pixels.ToArray();
            var result = Run(operation, golden, image);
            Assert.True(image.Pixels.SequenceEqual(before));

            if (Compare(golden, result) is { } difference) failures.Add($"{golden.GetRawText()}: {difference}");
        }
        Assert.True(failures.Count == 0, $"{failures.Count} differ:\n{string.Join('\n', failures.Take(20))}");
    }

    private static string? Compare(JsonElement golden, DecodedImage result)
    {
        var (width, height) = (golden.GetProperty("width").GetInt32(), golden.GetProperty("height").GetInt32());
        if ((result.Width, result.Height) != (width, height)) return $"{result.Width} by {result.Height}";

        var rgb = AugmentationGoldens.ToRgb(result);
        if (golden.TryGetProperty("sha256", out var hash))
            return Convert.ToHexStringLower(SHA256.HashData(rgb)) == hash.GetString() ? null : "another hash";

        var expected = Goldens.Pixels(golden);
        var (worst, differing) = (0, 0);
        for (var i = 0; i < rgb.Length; i++)
        {
            var distance = Math.Abs(rgb[i] - expected[i]);
            worst = Math.Max(worst, distance);
            if (distance > 0) differing++;
        }
        return differing == 0 ? null : $"{differing} of {rgb.Length} bytes, by up to {worst}";
    }

    private static DecodedImage Run(string operation, JsonElement golden, DecodedImage image)
    {
        var interpolation = golden.TryGetProperty("interpolation", out var mode) ? Enum.Parse<Interpolation>(mode.GetString()!, ignoreCase: true) : default;
        var fill = golden.TryGetProperty("fill", out var colour) ? colour.Deserialize<FillColor>() : default;
        return operation switch
        {
            "flip_horizontal" => Geometry.FlipHorizontal(image),
            "flip_vertical" => Geometry.FlipVertical(image),
            "crop" => Integers("box") is [var top, var left, var height, var width]
                ? Geometry.Crop(image, new(left, top, width, height), fill)
                : throw new InvalidOperationException(),
            "resize" => Geometry.Resize(image, Size(), interpolation),
            "resize_shorter" => new Resize { Size = new(0, golden.GetProperty("size").GetInt32()) }.Apply(image, new SampleRandom(0, 0, 0)),
            "resized_crop" => Geometry.ResizedCrop(image, Part(golden.GetProperty("part").Deserialize<double[]>()!), Size(), interpolation),
            "center_crop" => new CenterCrop { Size = Size() }.Apply(image, new SampleRandom(0, 0, 0)),
            "brightness" => Adjust.Brightness(image, Number("factor")),
            "contrast" => Adjust.Contrast(image, Number("factor")),
            "saturation" => Adjust.Saturation(image, Number("factor")),
            "sharpness" => Adjust.Sharpness(image, Number("factor")),
            "hue" => Adjust.Hue(image, Number("factor")),
            "grayscale" => Adjust.Grayscale(image),
            "posterize" => Adjust.Posterize(image, golden.GetProperty("bits").GetInt32()),
            "solarize" => Adjust.Solarize(image, Number("threshold")),
            "autocontrast" => Adjust.AutoContrast(image),
            "equalize" => Adjust.Equalize(image),
            "invert" => Adjust.Invert(image),
            "rotate" => Geometry.Rotate(image, Number("angle"), interpolation, golden.GetProperty("expand").GetBoolean(), fill),
            "affine" => (Integers("translate"), golden.GetProperty("shear").Deserialize<double[]>()!) is ([var x, var y], [var across, var down])
                ? Geometry.Affine(image, Number("angle"), (x, y), Number("scale"), (across, down), interpolation, fill)
                : throw new InvalidOperationException(),
            "automatic" => AutomaticSpace.Apply(
                image, new(Enum.Parse<AutomaticOperation>(golden.GetProperty("name").GetString()!), Number("magnitude")), interpolation, fill),
            _ => throw new NotSupportedException(operation),
        };

        double Number(string name) => golden.GetProperty(name).GetDouble();

        int[] Integers(string name) => golden.GetProperty(name).Deserialize<int[]>()!;

        ImageSize Size() => new(Integers("size")[0], Integers("size")[1]);

        Window Part(double[] part)
        {
            var (top, left) = ((int)(part[0] * image.Height), (int)(part[1] * image.Width));
            var height = Math.Min(Math.Max((int)(part[2] * image.Height), 1), image.Height - top);
            return new Window(left, top, Math.Min(Math.Max((int)(part[3] * image.Width), 1), image.Width - left), height);
        }
    }
}
