using static Luma.Zoo.Training.Augmentation.AutomaticOperation;

namespace Luma.Zoo.Training.Augmentation;

/// <summary>AutoAugment's pairs of operations, each with how likely and how strong it is: the paper's tables 7 to 9.</summary>
internal static class PolicyTable
{
    private static readonly Pair[] ImageNet =
    [
        new(new(Posterize, 0.4, 8), new(Rotate, 0.6, 9)),
        new(new(Solarize, 0.6, 5), new(AutoContrast, 0.6)),
        new(new(Equalize, 0.8), new(Equalize, 0.6)),
        new(new(Posterize, 0.6, 7), new(Posterize, 0.6, 6)),
        new(new(Equalize, 0.4), new(Solarize, 0.2, 4)),
        new(new(Equalize, 0.4), new(Rotate, 0.8, 8)),
        new(new(Solarize, 0.6, 3), new(Equalize, 0.6)),
        new(new(Posterize, 0.8, 5), new(Equalize, 1)),
        new(new(Rotate, 0.2, 3), new(Solarize, 0.6, 8)),
        new(new(Equalize, 0.6), new(Posterize, 0.4, 6)),
        new(new(Rotate, 0.8, 8), new(Color, 0.4, 0)),
        new(new(Rotate, 0.4, 9), new(Equalize, 0.6)),
        new(new(Equalize, 0), new(Equalize, 0.8)),
        new(new(Invert, 0.6), new(Equalize, 1)),
        new(new(Color, 0.6, 4), new(Contrast, 1, 8)),
        new(new(Rotate, 0.8, 8), new(Color, 1, 2)),
        new(new(Color, 0.8, 8), new(Solarize, 0.8, 7)),
        new(new(Sharpness, 0.4, 7), new(Invert, 0.6)),
        new(new(ShearX, 0.6, 5), new(Equalize, 1)),
        new(new(Color, 0.4, 0), new(Equalize, 0.6)),
        new(new(Equalize, 0.4), new(Solarize, 0.2, 4)),
        new(new(Solarize, 0.6, 5), new(AutoContrast, 0.6)),
        new(new(Invert, 0.6), new(Equalize, 1)),
        new(new(Color, 0.6, 4), new(Contrast, 1, 8)),
        new(new(Equalize, 0.8), new(Equalize, 0.6)),
    ];

    private static readonly Pair[] Cifar10 =
    [
        new(new(Invert, 0.1), new(Contrast, 0.2, 6)),
        new(new(Rotate, 0.7, 2), new(TranslateX, 0.3, 9)),
        new(new(Sharpness, 0.8, 1), new(Sharpness, 0.9, 3)),
        new(new(ShearY, 0.5, 8), new(TranslateY, 0.7, 9)),
        new(new(AutoContrast, 0.5), new(Equalize, 0.9)),
        new(new(ShearY, 0.2, 7), new(Posterize, 0.3, 7)),
        new(new(Color, 0.4, 3), new(Brightness, 0.6, 7)),
        new(new(Sharpness, 0.3, 9), new(Brightness, 0.7, 9)),
        new(new(Equalize, 0.6), new(Equalize, 0.5)),
        new(new(Contrast, 0.6, 7), new(Sharpness, 0.6, 5)),
        new(new(Color, 0.7, 7), new(TranslateX, 0.5, 8)),
        new(new(Equalize, 0.3), new(AutoContrast, 0.4)),
        new(new(TranslateY, 0.4, 3), new(Sharpness, 0.2, 6)),
        new(new(Brightness, 0.9, 6), new(Color, 0.2, 8)),
        new(new(Solarize, 0.5, 2), new(Invert, 0)),
        new(new(Equalize, 0.2), new(AutoContrast, 0.6)),
        new(new(Equalize, 0.2), new(Equalize, 0.6)),
        new(new(Color, 0.9, 9), new(Equalize, 0.6)),
        new(new(AutoContrast, 0.8), new(Solarize, 0.2, 8)),
        new(new(Brightness, 0.1, 3), new(Color, 0.7, 0)),
        new(new(Solarize, 0.4, 5), new(AutoContrast, 0.9)),
        new(new(TranslateY, 0.9, 9), new(TranslateY, 0.7, 9)),
        new(new(AutoContrast, 0.9), new(Solarize, 0.8, 3)),
        new(new(Equalize, 0.8), new(Invert, 0.1)),
        new(new(TranslateY, 0.7, 9), new(AutoContrast, 0.9)),
    ];

    private static readonly Pair[] Svhn =
    [
        new(new(ShearX, 0.9, 4), new(Invert, 0.2)),
        new(new(ShearY, 0.9, 8), new(Invert, 0.7)),
        new(new(Equalize, 0.6), new(Solarize, 0.6, 6)),
        new(new(Invert, 0.9), new(Equalize, 0.6)),
        new(new(Equalize, 0.6), new(Rotate, 0.9, 3)),
        new(new(ShearX, 0.9, 4), new(AutoContrast, 0.8)),
        new(new(ShearY, 0.9, 8), new(Invert, 0.4)),
        new(new(ShearY, 0.9, 5), new(Solarize, 0.2, 6)),
        new(new(Invert, 0.9), new(AutoContrast, 0.8)),
        new(new(Equalize, 0.6), new(Rotate, 0.9, 3)),
        new(new(ShearX, 0.9, 4), new(Solarize, 0.3, 3)),
        new(new(ShearY, 0.8, 8), new(Invert, 0.7)),
        new(new(Equalize, 0.9), new(TranslateY, 0.6, 6)),
        new(new(Invert, 0.9), new(Equalize, 0.6)),
        new(new(Contrast, 0.3, 3), new(Rotate, 0.8, 4)),
        new(new(Invert, 0.8), new(TranslateY, 0, 2)),
        new(new(ShearY, 0.7, 6), new(Solarize, 0.4, 8)),
        new(new(Invert, 0.6), new(Rotate, 0.8, 4)),
        new(new(ShearY, 0.3, 7), new(TranslateX, 0.9, 3)),
        new(new(ShearX, 0.1, 6), new(Invert, 0.6)),
        new(new(Solarize, 0.7, 2), new(TranslateY, 0.6, 7)),
        new(new(ShearY, 0.8, 4), new(Invert, 0.8)),
        new(new(ShearX, 0.7, 9), new(TranslateY, 0.8, 3)),
        new(new(ShearY, 0.8, 5), new(AutoContrast, 0.7)),
        new(new(ShearX, 0.7, 2), new(Invert, 0.1)),
    ];

    public static ReadOnlySpan<Pair> Of(AutoAugmentPolicy policy) => policy switch
    {
        AutoAugmentPolicy.ImageNet => ImageNet,
        AutoAugmentPolicy.Cifar10 => Cifar10,
        _ => Svhn,
    };

    /// <summary>An operation, how likely and how strong it is.</summary>
    public readonly record struct Entry(AutomaticOperation Operation, double Probability, int Strength = 0);

    /// <summary>Two operations, one after the other.</summary>
    public readonly record struct Pair(Entry First, Entry Second);
}
