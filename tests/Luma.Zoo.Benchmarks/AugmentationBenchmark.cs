using System.Globalization;
using Luma.Zoo.Images;
using Luma.Zoo.Training.Augmentation;

namespace Luma.Zoo.Benchmarks;

/// <summary>
/// Augments one picture again and again in one thread, once for every line on standard input, and answers each with the milliseconds of processor
/// time of each augmentation: so scripts/bench_augmentation.py can take turns between this and Python.
/// </summary>
internal static class AugmentationBenchmark
{
    public static int Run(string[] args)
    {
        if (args is not [var file, var count] || !int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var times))
        {
            Console.Error.WriteLine("usage: augmentation PICTURE TIMES");
            return 2;
        }

        var image = ImageDecoder.Decode(file);
        ImageAugmentation[][] all =
        [
            [new RandomResizedCrop { Size = 224 }, new RandomHorizontalFlip()],
            [new RandomResizedCrop { Size = 224, Interpolation = Interpolation.Bicubic }, new RandomHorizontalFlip()],
            [new ColorJitter(0.4, 0.4, 0.4)],
            [new ColorJitter(0.4, 0.4, 0.4, 0.1)],
            [new RandAugment()],
            [new RandAugment { Interpolation = Interpolation.Bilinear }],
            [new TrivialAugmentWide()],
            [new AutoAugment()],
            [new RandomAffine { Degrees = (-20, 20), Translate = new(0.1, 0.1), Scale = (0.8, 1.2), Interpolation = Interpolation.Bilinear }],
            [new RandomRotation { Degrees = (-20, 20), Interpolation = Interpolation.Bicubic }],
        ];

        Console.WriteLine("ready");
        var epoch = 0;
        while (Console.ReadLine() is not null)
        {
            epoch++;
            Console.WriteLine(string.Join(' ', all.Select(augmentations => Measure(image, augmentations, times, epoch))));
        }
        return 0;
    }

    private static string Measure(DecodedImage image, ImageAugmentation[] augmentations, int times, int epoch)
    {
        var start = Environment.CpuUsage.TotalTime;
        for (var sample = 0; sample < times; sample++)
        {
            var random = new SampleRandom(0, epoch, sample);
            var result = image;
            foreach (var augmentation in augmentations) result = augmentation.Apply(result, random);
        }
        return ((Environment.CpuUsage.TotalTime - start).TotalMilliseconds / times).ToString("f4", CultureInfo.InvariantCulture);
    }
}
