using System.Globalization;
using Luma.Zoo.Images;

namespace Luma.Zoo.Training.Augmentation;

/// <summary>Refuses values that make no sense.</summary>
internal static class Limits
{
    public static void Probability(double value, string name) => Between(value, 0, 1, name);

    public static void Between(double value, double least, double greatest, string name)
    {
        if (!(value >= least && value <= greatest))
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"Expected a number from {least} to {greatest}, got {value}."), name);
    }

    public static void Between(int value, int least, int greatest, string name)
    {
        if (value < least || value > greatest) throw new ArgumentException($"Expected a number from {least} to {greatest}, got {value}.", name);
    }

    public static void Above(double value, double least, string name)
    {
        if (!(value > least && double.IsFinite(value)))
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"Expected a finite number above {least}, got {value}."), name);
    }

    /// <summary>Angles in degrees: of larger ones a float has too little left behind the point.</summary>
    public static void Degrees(ValueRange value, string name) => value.Validate(name, -1e6, 1e6);

    public static void Known(Interpolation value, string name)
    {
        if (!Enum.IsDefined(value)) throw new ArgumentException($"There is no interpolation {value}.", name);
    }
}
