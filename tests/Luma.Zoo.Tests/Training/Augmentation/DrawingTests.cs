using System.Text.Json;
using Luma.Zoo.Training.Augmentation;

namespace Luma.Zoo.Tests.Training.Augmentation;

/// <summary>Parameters that torchvision's own code draws where its random numbers are those of <see cref="SampleRandom"/>.</summary>
public sealed class DrawingTests
{
    private static readonly AugmentationGoldens Goldens = AugmentationGoldens.Load();

    [Fact]
    public void RandomResizedCropDrawsAsTorchvision()
    {
        foreach (var (golden, random) in Draws("random_resized_crop"))
        {
            var crop = new RandomResizedCrop { Size = 8, Scale = Range(golden, "scale"), Ratio = Range(golden, "ratio") };
            var window = crop.Draw(golden.GetProperty("width").GetInt32(), golden.GetProperty("height").GetInt32(), random);
            Assert.Equal(golden.GetProperty("result").Deserialize<int[]>()!, new int[] { window.Left, window.Top, window.Width, window.Height });
        }
    }

    [Fact]
    public void RandomCropDrawsAsTorchvision()
    {
        foreach (var (golden, random) in Draws("random_crop"))
        {
            var crop = new RandomCrop { Size = 32, Padding = golden.GetProperty("padding").GetInt32() };
            var window = crop.Draw(golden.GetProperty("width").GetInt32(), golden.GetProperty("height").GetInt32(), random);
            Assert.Equal(golden.GetProperty("result").Deserialize<int[]>()!, new int[] { window.Left, window.Top });
            Assert.Equal((32, 32), (window.Width, window.Height));
        }
    }

    private static ValueRange Range(JsonElement golden, string name) => golden.GetProperty(name).Deserialize<ValueRange>();

    private static IEnumerable<(JsonElement Golden, SampleRandom Random)> Draws(string kind)
    {
        var draws = Goldens.Draws(kind).ToList();
        Assert.NotEmpty(draws);
        return draws.Select(golden => (golden, new SampleRandom(3, 1, golden.GetProperty("sample").GetInt32())));
    }
}
