namespace Luma.Zoo.Training.Augmentation;

/// <summary>What the automatic augmentations choose from, under torchvision's names.</summary>
internal enum AutomaticOperation
{
    Identity,
    ShearX,
    ShearY,
    TranslateX,
    TranslateY,
    Rotate,
    Brightness,
    Color,
    Contrast,
    Sharpness,
    Posterize,
    Solarize,
    AutoContrast,
    Equalize,
    Invert,
}
