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

    [Fact]
    public void ColorJitterDrawsAsTorchvision()
    {
        foreach (var (golden, random) in Draws("color_jitter"))
        {
            var saturation = golden.GetProperty("saturation").GetDouble();
            var jitter = new ColorJitter(0.4, saturation: saturation, hue: 0.1) with { Contrast = (0.5, 0.7) };
            var (order, values) = jitter.Draw(random);
            Assert.Equal(golden.GetProperty("order").Deserialize<int[]>()!, order);
            Near(golden.GetProperty("result").Deserialize<double?[]>()!, values);
        }
    }

    [Fact]
    public void RandomAffineDrawsAsTorchvision()
    {
        foreach (var (golden, random) in Draws("random_affine"))
        {
            var affine = new RandomAffine { Degrees = (-30, 20) };
            if (Given(golden, "translate") is { } translate) affine = affine with { Translate = translate.Deserialize<ShiftLimits>() };
            if (Given(golden, "scale") is { } scale) affine = affine with { Scale = scale.Deserialize<ValueRange>() };
            if (Given(golden, "shear") is { } shear) affine = affine with { Shear = shear.Deserialize<ShearRanges>() };
            var drawn = affine.Draw(50, 40, random);
            Near(
                golden.GetProperty("result").Deserialize<double?[]>()!,
                [drawn.Angle, drawn.Translate.X, drawn.Translate.Y, drawn.Scale, drawn.Shear.X, drawn.Shear.Y]);
        }

        static JsonElement? Given(JsonElement golden, string name) =>
            golden.GetProperty(name) is { ValueKind: JsonValueKind.Array } array ? array : null;
    }

    [Theory]
    [InlineData("rand_augment")]
    [InlineData("trivial_augment_wide")]
    [InlineData("auto_augment")]
    public void AutomaticAugmentationsDrawAsTorchvision(string kind)
    {
        foreach (var (golden, random) in Draws(kind))
        {
            IEnumerable<AutomaticStep> steps = kind switch
            {
                "rand_augment" => new RandAugment { NumOps = 3, Magnitude = 7, NumMagnitudeBins = 20 }.Draw(331, 200, random),
                "auto_augment" => new AutoAugment { Policy = Policy(golden) }.Draw(331, 200, random),
                _ => [new TrivialAugmentWide().Draw(random)],
            };
            var expected = golden.GetProperty("result").EnumerateArray().ToList();
            Assert.Equal(expected.Select(step => step[0].GetString()), steps.Select(step => step.Operation.ToString()));
            foreach (var (step, other) in expected.Zip(steps)) Near(step[1].GetDouble(), other.Strength);
        }
    }

    [Fact]
    public void StrengthsAreTorchvisions()
    {
        foreach (var golden in Goldens.Tables.GetProperty("spaces").EnumerateObject())
        {
            var space = golden.Name == "trivial_augment_wide" ? AutomaticSpace.Wide : AutomaticSpace.OfImage(331, 200);
            var operations = golden.Value.EnumerateArray().ToList();
            Assert.Equal(golden.Name == "auto_augment" ? 14 : AutomaticSpace.Count, operations.Count);
            foreach (var operation in operations)
            {
                var name = Enum.Parse<AutomaticOperation>(operation[0].GetString()!);
                Assert.Equal(operation[1].GetBoolean(), AutomaticSpace.IsSigned(name));
                Assert.Equal(operation[2].ValueKind == JsonValueKind.Array, AutomaticSpace.HasStrength(name));
                if (operation[2].ValueKind != JsonValueKind.Array) continue;

                var strengths = operation[2].Deserialize<double[]>()!;
                for (var i = 0; i < strengths.Length; i++) Near(strengths[i], space.StrengthOf(name, i, strengths.Length));
            }
        }
    }

    [Fact]
    public void PoliciesAreTorchvisions()
    {
        foreach (var golden in Goldens.Tables.GetProperty("policies").EnumerateObject())
        {
            var expected = golden.Value.EnumerateArray().Select(pair => (Entry(pair[0]), Entry(pair[1])));
            var actual = PolicyTable.Of(Policy(golden.Name)).ToArray().Select(pair => (pair.First, pair.Second));
            Assert.Equal(expected, actual);
        }

        static PolicyTable.Entry Entry(JsonElement entry) => new(
            Enum.Parse<AutomaticOperation>(entry[0].GetString()!), entry[1].GetDouble(), entry[2].ValueKind == JsonValueKind.Null ? 0 : entry[2].GetInt32());
    }

    [Fact]
    public void RandomErasingDrawsAsTorchvision()
    {
        foreach (var (golden, random) in Draws("random_erasing"))
        {
            var erasing = new RandomErasing { Scale = Range(golden, "scale"), Ratio = Range(golden, "ratio") };
            var drawn = erasing.Draw([3, 40, 30], random);
            Assert.Equal(
                golden.GetProperty("result").Deserialize<int[]>(),
                drawn?.Window is { } window ? [window.Left, window.Top, window.Width, window.Height] : null);
        }
    }

    [Fact]
    public void CutMixDrawsAsTorchvision()
    {
        foreach (var (golden, random) in Draws("cut_mix"))
        {
            var (window, share) = CutMix.Draw(30, 20, golden.GetProperty("share").GetDouble(), random);
            Assert.Equal(
                golden.GetProperty("box").Deserialize<int[]>(),
                new int[] { window.Left, window.Top, window.Left + window.Width, window.Top + window.Height });
            Assert.Equal(golden.GetProperty("result").GetDouble(), share);
        }
    }

    private static AutoAugmentPolicy Policy(JsonElement golden) => Policy(golden.GetProperty("policy").GetString()!);

    private static AutoAugmentPolicy Policy(string name) => Enum.Parse<AutoAugmentPolicy>(name, ignoreCase: true);

    // PyTorch's linspace counts in steps whose length depends on the processor, and differs from processor to processor in the last place.
    private static void Near(double expected, double actual) => Assert.Equal(expected, actual, 1e-6 * Math.Abs(expected));

    private static void Near(double?[] expected, double?[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        foreach (var (number, other) in expected.Zip(actual))
        {
            Assert.Equal(number is null, other is null);
            if (number is { } known) Assert.Equal(known, other!.Value, 12);
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
