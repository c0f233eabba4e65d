using Luma.Zoo.Images;

namespace Luma.Zoo.Training.Augmentation;

/// <summary>How strong each operation of an automatic augmentation is.</summary>
/// <param name="Shear">The greatest shear: pixels across for each pixel down.</param>
/// <param name="ShiftAcross">The greatest shift along the width, in pixels.</param>
/// <param name="ShiftDown">The greatest shift along the height, in pixels.</param>
/// <param name="Angle">The greatest angle in degrees.</param>
/// <param name="Factor">How far a factor is from 1 at most.</param>
/// <param name="Bits">The greatest number of bits that are dropped.</param>
internal readonly record struct AutomaticSpace(double Shear, double ShiftAcross, double ShiftDown, double Angle, double Factor, int Bits)
{
    /// <summary>The operations of RandAugment and TrivialAugment, in torchvision's order.</summary>
    public const int Count = (int)AutomaticOperation.Equalize + 1;

    /// <summary>AutoAugment's and RandAugment's, whose shifts depend on the size of the image.</summary>
    public static AutomaticSpace OfImage(int width, int height) => new(0.3, 150.0 / 331 * width, 150.0 / 331 * height, 30, 0.9, 4);

    /// <summary>TrivialAugment's wide one.</summary>
    public static AutomaticSpace Wide { get; } = new(0.99, 32, 32, 135, 0.99, 6);

    /// <summary>Whether the operation goes either way.</summary>
    public static bool IsSigned(AutomaticOperation operation) => operation is >= AutomaticOperation.ShearX and <= AutomaticOperation.Sharpness;

    /// <summary>Whether the operation has a strength.</summary>
    public static bool HasStrength(AutomaticOperation operation) => operation is >= AutomaticOperation.ShearX and <= AutomaticOperation.Solarize;

    /// <summary>Changes an image.</summary>
    public static DecodedImage Apply(DecodedImage image, AutomaticStep step, Interpolation interpolation, FillColor fill)
    {
        var strength = step.Strength;
        return step.Operation switch
        {
            AutomaticOperation.ShearX => Lean(Degrees(strength), 0),
            AutomaticOperation.ShearY => Lean(0, Degrees(strength)),
            AutomaticOperation.TranslateX => Geometry.Affine(image, 0, ((int)strength, 0), 1, (0, 0), interpolation, fill),
            AutomaticOperation.TranslateY => Geometry.Affine(image, 0, (0, (int)strength), 1, (0, 0), interpolation, fill),
            AutomaticOperation.Rotate => Geometry.Rotate(image, strength, interpolation, expand: false, fill),
            AutomaticOperation.Brightness => Adjust.Brightness(image, 1 + strength),
            AutomaticOperation.Color => Adjust.Saturation(image, 1 + strength),
            AutomaticOperation.Contrast => Adjust.Contrast(image, 1 + strength),
            AutomaticOperation.Sharpness => Adjust.Sharpness(image, 1 + strength),
            AutomaticOperation.Posterize => Adjust.Posterize(image, (int)strength),
            AutomaticOperation.Solarize => Adjust.Solarize(image, strength),
            AutomaticOperation.AutoContrast => Adjust.AutoContrast(image),
            AutomaticOperation.Equalize => Adjust.Equalize(image),
            AutomaticOperation.Invert => Adjust.Invert(image),
            _ => image,
        };

        DecodedImage Lean(double x, double y) => Geometry.Affine(image, 0, (0, 0), 1, (x, y), interpolation, fill, atCorner: true);

        static double Degrees(double shear) => Math.Atan(shear) * (180 / Math.PI);
    }

    /// <summary>The strength of an operation.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="index">How strong, from 0 to <paramref name="bins"/> - 1.</param>
    /// <param name="bins">How many strengths there are.</param>
    public double StrengthOf(AutomaticOperation operation, int index, int bins) => operation switch
    {
        AutomaticOperation.ShearX or AutomaticOperation.ShearY => Spaced(0, Shear, index, bins),
        AutomaticOperation.TranslateX => Spaced(0, ShiftAcross, index, bins),
        AutomaticOperation.TranslateY => Spaced(0, ShiftDown, index, bins),
        AutomaticOperation.Rotate => Spaced(0, Angle, index, bins),
        AutomaticOperation.Brightness or AutomaticOperation.Color or AutomaticOperation.Contrast or AutomaticOperation.Sharpness =>
            Spaced(0, Factor, index, bins),
        AutomaticOperation.Posterize => 8 - MathF.Round(index / (float)((bins - 1) / (double)Bits)),
        AutomaticOperation.Solarize => Spaced(255, 0, index, bins),
        _ => 0,
    };

    // PyTorch's linspace: floats, counted from the nearer end.
    private static float Spaced(double first, double last, int index, int bins)
    {
        var step = ((float)last - (float)first) / (bins - 1);
        return index < bins / 2 ? (float)first + (step * index) : (float)last - (step * (bins - index - 1));
    }
}

/// <summary>An operation and how strong it is.</summary>
internal readonly record struct AutomaticStep(AutomaticOperation Operation, double Strength);
