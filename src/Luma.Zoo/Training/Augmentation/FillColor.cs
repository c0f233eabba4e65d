using System.Text.Json.Serialization;

namespace Luma.Zoo.Training.Augmentation;

/// <summary>The colour of what lies beyond an image; black by default. As JSON: a number for all channels, or <c>[red, green, blue]</c>.</summary>
/// <param name="Red">Red, from 0 to 255.</param>
/// <param name="Green">Green, from 0 to 255.</param>
/// <param name="Blue">Blue, from 0 to 255.</param>
[JsonConverter(typeof(Converter))]
public readonly record struct FillColor(byte Red, byte Green, byte Blue)
{
    /// <summary>The colour as a pixel.</summary>
    internal uint Pixel => Red | ((uint)Green << 8) | ((uint)Blue << 16) | 0xFF000000;

    /// <summary>Makes a grey.</summary>
    /// <param name="level">Red, green and blue.</param>
    public static implicit operator FillColor(byte level) => new(level, level, level);

    /// <summary>Makes a grey.</summary>
    /// <param name="level">Red, green and blue.</param>
    /// <returns>The colour.</returns>
    public static FillColor FromByte(byte level) => level;

    internal sealed class Converter() : NumbersConverter<FillColor>("a number from 0 to 255 or [red, green, blue]")
    {
        // torchvision cuts off what is behind the point.
        protected override FillColor? FromNumbers(double[] numbers) => numbers.All(number => number is >= 0 and < 256)
            ? numbers switch
            {
                [var level] => (byte)level,
                [var red, var green, var blue] => new((byte)red, (byte)green, (byte)blue),
                _ => null,
            }
            : null;

        protected override double[] ToNumbers(FillColor value) =>
            value.Red == value.Green && value.Green == value.Blue ? [value.Red] : [value.Red, value.Green, value.Blue];
    }
}
