using System.Text.Json;
using Luma.Zoo.Images;
using Luma.Zoo.Training.Augmentation;

namespace Luma.Zoo.Tests.Training.Augmentation;

public sealed class TrainingTransformTests
{
    private static readonly ImagePreset Preset = new() { ResizeSize = [40], CropSize = [32], Interpolation = Interpolation.Bicubic };

    private static DecodedImage Picture => AugmentationGoldens.Scramble(60, 45);

    [Fact]
    public void AnImageOfTheNetworksSizeIsOnlyNormalised()
    {
        var transform = new TrainingTransform { Images = [new RandomResizedCrop { Size = 32, Interpolation = Interpolation.Bicubic }] };
        using var actual = transform.Apply(Picture, Preset, new SampleRandom(1, 1, 1));

        var cropped = transform.Images[0].Apply(Picture, new SampleRandom(1, 1, 1));
        using var expected = Normalised(cropped, Preset);
        Assert.Equal([3, 32, 32], actual.shape);
        Assert.True(expected.equal(actual).all().item<bool>());
    }

    [Fact]
    public void AnImageOfAnotherSizeGetsTheWholeTransformOfEvaluation()
    {
        using var actual = new TrainingTransform { Images = [new RandomVerticalFlip { Probability = 1 }] }.Apply(Picture, Preset, new SampleRandom(1, 1, 1));
        using var expected = Preset.Apply(Geometry.FlipVertical(Picture));
        Assert.True(expected.equal(actual).all().item<bool>());
    }

    [Theory]
    [InlineData(1, ChannelOrder.Rgb)]
    [InlineData(3, ChannelOrder.Bgr)]
    public void GreyAndBlueFirstWorkAlike(int channels, ChannelOrder order)
    {
        var preset = new ImagePreset
        {
            ResizeSize = [32],
            CropSize = [32, 24],
            Channels = channels,
            ChannelOrder = order,
            Mean = [.. Enumerable.Range(1, channels).Select(i => i * 0.1)],
            Std = [.. Enumerable.Range(1, channels).Select(i => i * 0.2)],
        };
        var transform = new TrainingTransform { Images = [new RandomCrop { Size = new(32, 24) }] };
        using var actual = transform.Apply(Picture, preset, new SampleRandom(1, 1, 1));
        using var expected = Normalised(transform.Images[0].Apply(Picture, new SampleRandom(1, 1, 1)), preset);
        Assert.True(expected.equal(actual).all().item<bool>());
    }

    [Fact]
    public void TheSameSampleOfTheSameEpochIsTheSameAndAnotherIsNot()
    {
        var transform = TrainingTransform.ImageNet(Preset);
        var before = Picture.Pixels.ToArray();
        var image = Picture;

        using var first = transform.Apply(image, Preset, new SampleRandom(1, 2, 3));
        using var again = transform.Apply(image, Preset, new SampleRandom(1, 2, 3));
        Assert.True(first.equal(again).all().item<bool>());
        foreach (var random in new SampleRandom[] { new(2, 2, 3), new(1, 3, 3), new(1, 2, 4) })
        {
            using var other = transform.Apply(image, Preset, random);
            Assert.False(first.equal(other).all().item<bool>());
        }
        Assert.Equal(before, image.Pixels.ToArray());
    }

    [Fact]
    public void WritingGivesWhatApplyingGives()
    {
        var transform = TrainingTransform.ImageNet(Preset);
        using var expected = transform.Apply(Picture, Preset, new SampleRandom(1, 2, 3));
        var floats = new float[3 * 32 * 32];
        transform.Write(Picture, Preset, new SampleRandom(1, 2, 3), floats);
        Assert.Equal(expected.data<float>().ToArray(), floats);
    }

    [Theory]
    [InlineData(AutomaticAugmentation.None, null)]
    [InlineData(AutomaticAugmentation.AutoAugment, typeof(AutoAugment))]
    [InlineData(AutomaticAugmentation.RandAugment, typeof(RandAugment))]
    [InlineData(AutomaticAugmentation.TrivialAugmentWide, typeof(TrivialAugmentWide))]
    public void ImageNetsTakesAnAutomaticAugmentationAndErases(AutomaticAugmentation automatic, Type? type)
    {
        var transform = TrainingTransform.ImageNet(Preset, automatic, erasing: 1);
        transform.Validate();
        Assert.Equal(new RandomResizedCrop { Size = 32, Interpolation = Interpolation.Bicubic }, transform.Images[0]);
        Assert.Equal(new RandomHorizontalFlip(), transform.Images[1]);
        Assert.Equal(type, transform.Images.Skip(2).SingleOrDefault()?.GetType());
        if (type is not null) Assert.Contains("\"interpolation\":\"bicubic\"", new TrainingTransform { Images = [transform.Images[2]] }.ToJson());
        Assert.Equal(transform, TrainingTransform.FromJson(transform.ToJson()));

        using var applied = transform.Apply(Picture, Preset, new SampleRandom(1, 2, 3));
        var floats = new float[3 * 32 * 32];
        transform.Write(Picture, Preset, new SampleRandom(1, 2, 3), floats);
        Assert.Equal(applied.data<float>().ToArray(), floats);
        Assert.True(applied.eq(0).sum().item<long>() >= 3);
        Assert.Throws<ArgumentException>(() => TrainingTransform.ImageNet(Preset, automatic, erasing: 1.5));
    }

    [Fact]
    public void CifarsMovesAndFlips()
    {
        var picture = AugmentationGoldens.Scramble(32, 32);
        var preset = new ImagePreset { ResizeSize = [32], CropSize = [32] };
        using var plain = preset.Apply(picture);
        var moved = new HashSet<string>();
        for (var sample = 0; sample < 200; sample++)
        {
            using var changed = TrainingTransform.Cifar(32).Apply(picture, preset, new SampleRandom(0, 1, sample));
            moved.Add(Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(changed.bytes)));
        }
        Assert.InRange(moved.Count, 100, 162);
    }

    [Fact]
    public void WhatMakesNoSenseIsRefused()
    {
        Assert.Contains("1.5", Assert.Throws<ArgumentException>(() => new TrainingTransform { MixingProbability = 1.5 }.Validate()).Message);
        Assert.Throws<ArgumentException>(() => new TrainingTransform { Images = [null!] }.Validate());
        Assert.Throws<ArgumentException>(() => new TrainingTransform { Images = null! }.Validate());
        var flip = Assert.Throws<ArgumentException>(() => new TrainingTransform { Images = [new RandomHorizontalFlip { Probability = double.NaN }] }.Validate());
        Assert.Contains("NaN", flip.Message);
    }

    [Fact]
    public void EqualPartsMakeEqualTransforms()
    {
        Assert.Equal(TrainingTransform.ImageNet(Preset), TrainingTransform.ImageNet(Preset with { }));
        Assert.Equal(TrainingTransform.ImageNet(Preset).GetHashCode(), TrainingTransform.ImageNet(Preset).GetHashCode());
        Assert.NotEqual(TrainingTransform.ImageNet(Preset), TrainingTransform.Cifar(32));
        Assert.Equal(TrainingTransform.Cifar(32, 2), TrainingTransform.FromJson(TrainingTransform.Cifar(32, 2).ToJson()));
        Assert.Equal(new TrainingTransform(), TrainingTransform.FromJson("{}"));
    }

    [Theory]
    [InlineData("""{"images":[{"kind":"random_crop","size":32,"padding":4}],"mixing_probability":2}""", "mixing_probability")]
    [InlineData("""{"imges":[]}""", "'imges': did you mean images?")]
    [InlineData("""{"images":[null]}""", "null")]
    [InlineData("""{"images":null}""", "images cannot be null")]
    [InlineData("[]", "an object")]
    public void AMistakeInJsonIsNamed(string json, string message) =>
        Assert.Contains(message, Assert.Throws<JsonException>(() => TrainingTransform.FromJson(json)).Message, StringComparison.OrdinalIgnoreCase);

    private static Tensor Normalised(DecodedImage image, ImagePreset preset)
    {
        using var scope = NewDisposeScope();
        var values = image.ToTensor(preset.Channels).to(ScalarType.Float32) / 255;
        if (preset.ChannelOrder == ChannelOrder.Bgr) values = values.flip(0);
        var mean = tensor(preset.Mean.Select(value => (float)value).ToArray()).reshape(-1, 1, 1);
        var std = tensor(preset.Std.Select(value => (float)value).ToArray()).reshape(-1, 1, 1);
        return ((values - mean) / std).MoveToOuterDisposeScope();
    }
}
