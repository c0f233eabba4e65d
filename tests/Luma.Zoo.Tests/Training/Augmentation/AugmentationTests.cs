using System.Text.Json;
using Luma.Zoo.Images;
using Luma.Zoo.Training.Augmentation;

namespace Luma.Zoo.Tests.Training.Augmentation;

/// <summary>What holds for every augmentation.</summary>
public sealed class AugmentationTests
{
    private static readonly ImageAugmentation[] Images =
    [
        new RandomResizedCrop { Size = 24 },
        new RandomResizedCrop { Size = new(20, 30), Scale = (0.2, 0.4), Ratio = (1, 1), Interpolation = Interpolation.Bicubic },
        new RandomCrop { Size = 24, PadIfNeeded = true },
        new RandomCrop { Size = new(16, 12), Padding = new(1, 2, 3, 4), Fill = new(1, 2, 3), PadIfNeeded = true },
        new RandomHorizontalFlip(),
        new RandomVerticalFlip { Probability = 0.25 },
        new Resize { Size = new(30, 20) },
        Resize.ShorterTo(10) with { Interpolation = Interpolation.Nearest },
        new CenterCrop { Size = 9 },
        new ColorJitter(0.4, 0.3, 0.2, 0.1),
        new ColorJitter { Brightness = (0.5, 0.9), Hue = (0, 0.25) },
        new RandomGrayscale { Probability = 0.5 },
        new RandomRotation { Degrees = (-30, 30), Expand = true, Interpolation = Interpolation.Bilinear },
        new RandomRotation { Degrees = (10, 170), Fill = 128 },
        new RandomAffine { Degrees = (-10, 10) },
        new RandomAffine
        {
            Degrees = (0, 5), Translate = new(0.1, 0.2), Scale = (0.5, 1.5), Shear = new((-5, 5), (-3, 4)),
            Interpolation = Interpolation.Bicubic, Fill = new(9, 8, 7),
        },
        new RandomAffine { Degrees = (0, 0), Shear = new((-5, 5), default) },
        new RandAugment { NumOps = 5, Magnitude = 20 },
        new RandAugment { Interpolation = Interpolation.Bilinear, Fill = 100 },
        new TrivialAugmentWide(),
        new AutoAugment(),
        new AutoAugment { Policy = AutoAugmentPolicy.Cifar10, Interpolation = Interpolation.Bicubic },
        new AutoAugment { Policy = AutoAugmentPolicy.Svhn },
    ];

    private static readonly InputAugmentation[] Inputs =
    [
        new RandomErasing(),
        new RandomErasing { Probability = 1, Scale = (0.1, 0.2), Ratio = (0.5, 2), Value = null },
        new RandomErasing { Value = [0.5, -1, 2] },
        new DigitDistortion { Rotation = 5, Shift = 1, Scale = 0.05, Shear = 0, Warp = 0 },
    ];

    private static readonly BatchMixing[] Mixings = [new MixUp { Alpha = 0.2 }, new CutMix()];

    public static TheoryData<int> ImageIndices => [.. Enumerable.Range(0, Images.Length)];

    [Theory]
    [MemberData(nameof(ImageIndices))]
    public void TheSameRandomnessGivesTheSamePixelsAndTheImageStays(int index)
    {
        var augmentation = Images[index];
        augmentation.Validate();
        var image = AugmentationGoldens.Scramble(47, 31);
        var before = image.Pixels.ToArray();
        var results = new HashSet<string>();
        for (var sample = 0; sample < 40; sample++)
        {
            var first = augmentation.Apply(image, new SampleRandom(1, 2, sample));
            var again = augmentation.Apply(image, new SampleRandom(1, 2, sample));
            Assert.Equal(AugmentationGoldens.ToRgb(first), AugmentationGoldens.ToRgb(again));
            Assert.Equal(before, image.Pixels.ToArray());
            results.Add(Convert.ToHexString(AugmentationGoldens.ToRgb(first)));
        }
        if (augmentation is Resize or CenterCrop) Assert.Single(results);
        else Assert.InRange(results.Count, 2, 40);
    }

    [Theory]
    [MemberData(nameof(ImageIndices))]
    public void ImagesOfAnyShapeWork(int index)
    {
        foreach (var (width, height) in new[] { (1, 1), (1, 2), (2, 1), (3, 3), (1, 400), (400, 1), (7, 2) })
        {
            for (var sample = 0; sample < 20; sample++)
            {
                var result = Images[index].Apply(AugmentationGoldens.Scramble(width, height), new SampleRandom(5, 1, sample));
                Assert.Equal(4 * result.Width * result.Height, result.Pixels.Length);
            }
        }
    }

    [Fact]
    public void FlipsHappenAsOftenAsTheyShould()
    {
        var image = AugmentationGoldens.Scramble(3, 3);
        foreach (var probability in new[] { 0, 0.25, 0.5, 1 })
        {
            foreach (var flip in new ImageAugmentation[]
                { new RandomHorizontalFlip { Probability = probability }, new RandomVerticalFlip { Probability = probability } })
            {
                var flipped = Enumerable.Range(0, 1000).Count(sample => !ReferenceEquals(flip.Apply(image, new SampleRandom(0, 1, sample)), image));
                Assert.InRange(flipped, (1000 * probability) - 60, (1000 * probability) + 60);
            }
        }
    }

    [Fact]
    public void TooSmallAnImageIsRefusedWithTheRemedy()
    {
        var crop = new RandomCrop { Size = 32, Padding = 4 };
        var exception = Assert.Throws<ImageException>(() => crop.Apply(AugmentationGoldens.Scramble(20, 40), new SampleRandom(0, 0, 0)));
        Assert.Contains("20 by 40", exception.Reason);
        Assert.Contains("pad_if_needed", exception.Reason);
    }

    public static TheoryData<object, string> Nonsense => new()
    {
        { new RandomResizedCrop { Size = 0 }, "(0, 0)" },
        { new RandomResizedCrop { Size = 8, Scale = (1, 0.5) }, "(1, 0.5)" },
        { new RandomResizedCrop { Size = 8, Scale = (-0.5, 1) }, "-0.5" },
        { new RandomResizedCrop { Size = 8, Ratio = (0, 1) }, "(0, 1)" },
        { new RandomResizedCrop { Size = 8, Ratio = (double.NaN, 1) }, "NaN" },
        { new RandomResizedCrop { Size = 8, Interpolation = (Interpolation)9 }, "9" },
        { new RandomCrop { Size = new(3, -1) }, "(3, -1)" },
        { new RandomCrop { Size = 8, Padding = -1 }, "-1" },
        { new RandomHorizontalFlip { Probability = -0.1 }, "-0.1" },
        { new RandomVerticalFlip { Probability = double.NaN }, "NaN" },
        { new RandomGrayscale { Probability = 1.01 }, "1.01" },
        { Resize.ShorterTo(0), "0" },
        { new CenterCrop { Size = 5000 }, "5000" },
        { new ColorJitter(-0.4), "(1.4, 0.6)" },
        { new ColorJitter { Contrast = (-1, 2) }, "(-1, 2)" },
        { new ColorJitter { Saturation = (0, double.PositiveInfinity) }, "∞" },
        { new ColorJitter { Hue = (-0.6, 0.5) }, "-0.6" },
        { new RandomRotation { Degrees = (10, -10) }, "(10, -10)" },
        { new RandomAffine { Degrees = (0, double.NaN) }, "NaN" },
        { new RandomAffine { Degrees = (0, 0), Translate = new(0, 1.5) }, "1.5" },
        { new RandomAffine { Degrees = (0, 0), Scale = (0, 1) }, "(0, 1)" },
        { new RandomAffine { Degrees = (0, 0), Shear = new((0, 0), (3, 1)) }, "(3, 1)" },
        { new RandAugment { NumOps = -1 }, "-1" },
        { new RandAugment { Magnitude = 31 }, "31" },
        { new RandAugment { NumMagnitudeBins = 1, Magnitude = 0 }, "1" },
        { new TrivialAugmentWide { NumMagnitudeBins = 0 }, "0" },
        { new AutoAugment { Policy = (AutoAugmentPolicy)7 }, "7" },
        { new RandomErasing { Probability = 2 }, "2" },
        { new RandomErasing { Scale = (0.5, 1.1) }, "1.1" },
        { new RandomErasing { Ratio = (-1, 1) }, "-1" },
        { new RandomErasing { Value = [] }, "none" },
        { new RandomErasing { Value = [double.NaN] }, "NaN" },
        { new MixUp { Alpha = 0 }, "0" },
        { new CutMix { Alpha = double.NaN }, "NaN" },
    };

    [Theory]
    [MemberData(nameof(Nonsense))]
    public void NonsenseIsRefusedByName(object part, string value)
    {
        var exception = Assert.Throws<ArgumentException>(() =>
        {
            if (part is ImageAugmentation image) image.Validate();
            if (part is InputAugmentation input) input.Validate();
            if (part is BatchMixing mixing) mixing.Validate();
        });
        Assert.Contains(value, exception.Message.Replace("Infinity", "∞", StringComparison.Ordinal));
        Assert.NotNull(exception.ParamName);
    }

    [Fact]
    public void EveryOneComesBackFromJson()
    {
        foreach (var image in Images) Assert.Equal(image, Again(image));
        foreach (var input in Inputs) Assert.Equal(input, Again(input));
        foreach (var mixing in Mixings) Assert.Equal(mixing, Again(mixing));

        var all = new TrainingTransform { Images = Images, Inputs = Inputs, Mixing = Mixings, MixingProbability = 0.75 };
        Assert.Equal(all, TrainingTransform.FromJson(all.ToJson()));

        static T Again<T>(T part) => JsonSerializer.Deserialize<T>(JsonSerializer.Serialize(part))!;
    }

    [Fact]
    public void EveryKindHasAnExampleHere()
    {
        Assert.Equal(new ImageKinds().Kinds.Select(kind => kind.Default.GetType()).ToHashSet(), Images.Select(part => part.GetType()).ToHashSet());
        Assert.Equal(new InputKinds().Kinds.Select(kind => kind.Default.GetType()).ToHashSet(), Inputs.Select(part => part.GetType()).ToHashSet());
        Assert.Equal(new MixingKinds().Kinds.Select(kind => kind.Default.GetType()).ToHashSet(), Mixings.Select(part => part.GetType()).ToHashSet());

        // Every public augmentation has a kind.
        var known = new ImageKinds().Kinds.Select(kind => kind.Default.GetType())
            .Concat(new InputKinds().Kinds.Select(kind => kind.Default.GetType()))
            .Concat(new MixingKinds().Kinds.Select(kind => kind.Default.GetType())).ToHashSet();
        var types = typeof(ImageAugmentation).Assembly.GetExportedTypes().Where(type => !type.IsAbstract
            && (type.IsAssignableTo(typeof(ImageAugmentation)) || type.IsAssignableTo(typeof(InputAugmentation)) || type.IsAssignableTo(typeof(BatchMixing))));
        Assert.Equal(known, types.ToHashSet());
    }

    [Fact]
    public void WhatIsLeftOutHasItsDefault()
    {
        foreach (var (kind, standard) in new ImageKinds().Kinds)
        {
            var required = standard switch
            {
                RandomResizedCrop or RandomCrop or CenterCrop => ",\"size\":1",
                Resize => ",\"size\":[1,1]",
                RandomRotation or RandomAffine => ",\"degrees\":0",
                _ => "",
            };
            Assert.Equal(standard, JsonSerializer.Deserialize<ImageAugmentation>($$"""{"kind":"{{kind}}"{{required}}}"""));
        }
        Assert.Equal(new RandomErasing(), JsonSerializer.Deserialize<InputAugmentation>("""{"kind":"random_erasing"}"""));
        Assert.Equal(new MixUp(), JsonSerializer.Deserialize<BatchMixing>("""{"kind":"mix_up"}"""));
        Assert.Equal(new CutMix(), JsonSerializer.Deserialize<BatchMixing>("""{"kind":"cut_mix"}"""));
    }

    [Theory]
    [InlineData("""{"kind":"random_crop","size":32,"padding":4}""")]
    [InlineData("""{"padding":[4,4],"size":[32],"kind":"random_crop"}""")]
    [InlineData("""{"kind":"random_crop","size":[32,32],"padding":[4,4,4,4],"fill":[0,0,0],"pad_if_needed":false}""")]
    public void TorchvisionsWaysOfWritingAreRead(string json) =>
        Assert.Equal(new RandomCrop { Size = 32, Padding = 4 }, JsonSerializer.Deserialize<ImageAugmentation>(json));

    [Fact]
    public void OneNumberIsSoMuchEitherWay()
    {
        Assert.Equal(
            new ColorJitter(0.4, 0.4, 0.4, 0.1),
            JsonSerializer.Deserialize<ImageAugmentation>("""{"kind":"color_jitter","brightness":0.4,"contrast":0.4,"saturation":0.4,"hue":0.1}"""));
        Assert.Equal(
            new RandomAffine { Degrees = (-15, 15), Shear = new((-5, 5), default) },
            JsonSerializer.Deserialize<ImageAugmentation>("""{"kind":"random_affine","degrees":15,"shear":5}"""));
        Assert.Contains("\"brightness\":0.4", new TrainingTransform { Images = [new ColorJitter(0.4)] }.ToJson());
    }

    [Theory]
    [InlineData("""{"kind":"random_resize_crop","size":32}""", "no augmentation of images of the kind 'random_resize_crop': did you mean random_resized_crop?")]
    [InlineData("""{"kind":"mosaic"}""", "known are random_resized_crop, random_crop,")]
    [InlineData("""{"size":32}""", "\"kind\"")]
    [InlineData("""{"kind":5}""", "\"kind\"")]
    [InlineData("7", "an object with a \"kind\"")]
    [InlineData("""{"kind":"random_crop","size":32,"paddng":4}""", "random_crop has no member 'paddng': did you mean padding? known are padding, size,")]
    [InlineData("""{"kind":"random_crop"}""", "random_crop: size is missing")]
    [InlineData("""{"kind":"random_crop","size":32,"size":31}""", "random_crop: size is there twice")]
    [InlineData("""{"kind":"random_crop","size":null}""", "random_crop: size cannot be null")]
    [InlineData("""{"kind":"random_crop","size":"big"}""", "random_crop: size: expected a size in pixels or [height, width], got \"big\"")]
    [InlineData("""{"kind":"random_crop","size":32.5}""", "got 32.5")]
    [InlineData("""{"kind":"random_crop","size":[1,2,3]}""", "got [1,2,3]")]
    [InlineData("""{"kind":"random_crop","size":32,"fill":300}""", "random_crop: fill: expected a number from 0 to 255")]
    [InlineData("""{"kind":"random_horizontal_flip","p":"often"}""", "random_horizontal_flip: p: it cannot be \"often\"")]
    [InlineData("""{"kind":"random_horizontal_flip","p":1.5}""", "random_horizontal_flip: p: expected a number from 0 to 1, got 1.5")]
    [InlineData("""{"kind":"random_resized_crop","size":32,"interpolation":"cubist"}""", "interpolation: it cannot be \"cubist\"")]
    [InlineData("""{"kind":"random_resized_crop","size":32,"scale":[1,0.08]}""", "scale: expected two finite numbers above 0, the lesser first, got (1, 0.08)")]
    [InlineData("""{"kind":"auto_augment","policy":"cifar100"}""", "policy: it cannot be \"cifar100\"")]
    public void AMistakeIsNamed(string json, string message)
    {
        var exception = Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<ImageAugmentation>(json));
        Assert.Contains(message, exception.Message);

        // The same within a transform.
        var within = Assert.Throws<JsonException>(() => TrainingTransform.FromJson($$"""{"images":[{{json}}]}"""));
        Assert.Contains(message, within.Message);
    }

    [Theory]
    [InlineData("""{"kind":"random_erasing","value":"noise"}""", "random_erasing: value: expected a number, a list of numbers or \"random\", got \"noise\"")]
    [InlineData("""{"kind":"random_erasing","scale":[0.02,1.33]}""", "random_erasing: scale: expected two finite numbers from 0 to 1")]
    [InlineData("""{"kind":"erase"}""", "known are random_erasing")]
    public void AMistakeAboutInputsIsNamed(string json, string message) =>
        Assert.Contains(message, Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<InputAugmentation>(json)).Message);

    [Theory]
    [InlineData("""{"kind":"mixup"}""", "did you mean mix_up?")]
    [InlineData("""{"kind":"cut_mix","alpha":0}""", "cut_mix: alpha: expected a finite number above 0, got 0")]
    public void AMistakeAboutMixingIsNamed(string json, string message) =>
        Assert.Contains(message, Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<BatchMixing>(json)).Message);

    [Fact]
    public void AStrangersAugmentationHasNoJson()
    {
        var exception = Assert.Throws<JsonException>(() => new TrainingTransform { Images = [new Strange()] }.ToJson());
        Assert.Contains("Strange", exception.Message);
    }

    private sealed record Strange : ImageAugmentation
    {
        public override DecodedImage Apply(DecodedImage image, SampleRandom random) => image;
    }
}
